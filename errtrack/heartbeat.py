"""Signs of life of worker and beat: the time of the last one, in Valkey.

Redis key: errtrack:heartbeat:<role>, string, Unix time in seconds, LIVES_S seconds.
Any worker's will do: what a stuck one leaves undone shows in the backlog.
"""

from __future__ import annotations

import logging
import threading
import time

import redis
from celery import signals

from projects import valkey

EVERY_S = 5.0
LIVES_S = 30

_log = logging.getLogger(__name__)


def give(role: str) -> None:
    """Writes a sign of life; it is only missing while Valkey is away."""
    try:
        valkey.blocking().set(_key(role), f"{time.time():.3f}", ex=LIVES_S)
    except redis.RedisError as error:
        _log.debug("no sign of life: %s", error)


def age_s(role: str) -> float | None:
    """Seconds since the last; None when there was none for LIVES_S seconds.

    Raises redis.RedisError.
    """
    given_at = valkey.blocking().get(_key(role))
    if not isinstance(given_at, bytes):
        return None
    return max(0.0, time.time() - float(given_at))


@signals.worker_ready.connect
def start_in_worker(**_details: object) -> None:
    """Gives signs from a thread that ends with the process.

    A worker is ready only after it was forked, so that the thread is in it.
    """
    threading.Thread(target=_give_forever, name="heartbeat", daemon=True).start()


@signals.beat_init.connect
def start_in_beat(**_details: object) -> None:
    """Gives a sign with each task that beat sends: it lives by sending."""
    signals.after_task_publish.connect(_give_for_beat)


def _give_for_beat(**_details: object) -> None:
    give("beat")


def _give_forever() -> None:
    while True:
        give("worker")
        time.sleep(EVERY_S)


def _key(role: str) -> str:
    return f"errtrack:heartbeat:{role}"
