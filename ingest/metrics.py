"""Running totals of the whole service, kept in Valkey for /metrics to read.

Not in each process: any number of workers and edges, on any machines, add to the
same totals, and whichever web process is asked can tell them all.

Redis keys:
    errtrack:metrics    hash, name of a total → its value since Valkey was first
                        started: "digested" and "duplicates" (events), "seconds" (of
                        batches), "batch:<n>" (batches whose time fell into bucket n of
                        BUCKETS_S), "requests:<outcome>" (at the edge)
"""

from __future__ import annotations

from bisect import bisect_left

import redis
import structlog

from issues.store import Stored
from projects import valkey

log = structlog.get_logger(__name__)

NAME = "errtrack:metrics"

# Upper bounds of the histogram of batch times; a last bucket takes what is slower.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def observe_batch(stored: Stored, seconds: float) -> None:
    """Counts a stored batch. A total that cannot be told is lost, the batch is not."""
    pipe = valkey.blocking().pipeline(transaction=False)
    pipe.hincrby(NAME, "digested", len(stored.events))
    pipe.hincrby(NAME, "duplicates", stored.duplicates)
    pipe.hincrby(NAME, f"batch:{bisect_left(BUCKETS_S, seconds)}", 1)
    pipe.hincrbyfloat(NAME, "seconds", seconds)
    try:
        pipe.execute()
    except redis.RedisError as error:
        log.warning("batch not counted for /metrics", error=str(error))


def read_totals() -> dict[str, float]:
    """Every total by its name. Raises redis.RedisError."""
    totals: dict[bytes, bytes] = valkey.blocking().hgetall(NAME)
    return {name.decode(): float(total) for name, total in totals.items()}
