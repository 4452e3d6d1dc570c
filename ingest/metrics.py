"""Running totals of the whole service, kept in Valkey for /metrics to read.

Not in each process: any number of workers and edges, on any machines, add to the
same totals, and whichever web process is asked can tell them all.

Redis keys:
    errtrack:metrics    hash, name of a total → its value since Valkey was first
                        started: "digested" and "duplicates" (events), "poison"
                        (entries), "seconds" (of batches), "batch:<n>" (batches whose
                        time fell into bucket n of BUCKETS_S), "requests:<outcome>" (at
                        the edge)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import cast

import redis
import structlog

from issues.store import Stored
from projects import valkey

log = structlog.get_logger(__name__)

NAME = "errtrack:metrics"
REQUESTS = "requests:"

# Upper bounds of the histogram of batch times; one more bucket takes what is slower.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def observe_batch(stored: Stored, seconds: float) -> None:
    """Counts a batch that was stored and acknowledged."""
    _add(
        {
            "digested": len(stored.events),
            "duplicates": stored.duplicates,
            f"batch:{bisect_left(BUCKETS_S, seconds)}": 1,
            "seconds": seconds,
        }
    )


def count_poison() -> None:
    """Counts an entry that was set aside."""
    _add({"poison": 1})


def read_totals() -> dict[str, float]:
    """Every total by its name. Raises redis.RedisError."""
    totals = cast("dict[bytes, bytes]", valkey.blocking().hgetall(NAME))
    return {name.decode(): float(total) for name, total in totals.items()}


def _add(totals: Mapping[str, float]) -> None:
    """What cannot be told to Valkey is lost: no batch may fail for it."""
    pipe = valkey.blocking().pipeline(transaction=False)
    for name, value in totals.items():
        if value:
            pipe.hincrbyfloat(NAME, name, value)
    try:
        pipe.execute()
    except redis.RedisError as error:
        log.warning("not counted for /metrics", totals=totals, error=str(error))
