"""The worker's sign of life: the time of its last beat, in Valkey.

Redis key: errtrack:heartbeat:worker, string, Unix time in seconds, LIVES_S seconds.
Any worker's beat will do: what a stuck one leaves undone shows in the backlog.
"""

from __future__ import annotations

import logging
import threading
import time

import redis

from projects import valkey

KEY = "errtrack:heartbeat:worker"
EVERY_S = 5.0
LIVES_S = 30

_log = logging.getLogger(__name__)


def start(**_details: object) -> None:
    """Beats from now on, from a thread that ends with the process.

    A worker is ready only after it was forked, so that the thread is in it.
    """
    threading.Thread(target=_beat_forever, name="heartbeat", daemon=True).start()


def beat() -> None:
    """Writes one beat. Raises redis.RedisError."""
    valkey.blocking().set(KEY, f"{time.time():.3f}", ex=LIVES_S)


def age_s() -> float | None:
    """Seconds since the last beat; None when there was none for LIVES_S seconds.

    Raises redis.RedisError.
    """
    beaten_at = valkey.blocking().get(KEY)
    if not isinstance(beaten_at, bytes):
        return None
    return max(0.0, time.time() - float(beaten_at))


def _beat_forever() -> None:
    while True:
        try:
            beat()
        except redis.RedisError as error:
            _log.debug("no heartbeat: %s", error)
        time.sleep(EVERY_S)
