"""Running totals of the whole service, kept in Valkey for /metrics to read.

Not in each process: any number of workers and edges, on any machines, add to the
same totals, and whichever web process is asked can tell them all. A process adds up
on its own and sends the sums every few seconds; killed, it takes the last with it.

Redis keys:
    errtrack:totals    hash, name of a total → its value since Valkey was first
                       started; the names are those that `add` was given
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import defaultdict
from typing import cast

import redis

from projects import valkey

NAME = "errtrack:totals"
SEND_EVERY_S = 2.0

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_unsent: dict[str, float] = defaultdict(float)
_timer: threading.Timer | None = None


def add(name: str, value: float = 1) -> None:
    """Adds to a total, for less than a microsecond."""
    with _lock:
        _unsent[name] += value
        if _timer is None:
            _start_timer()


def send() -> None:
    """Sends what was added; while Valkey is away it is kept for the next time."""
    global _timer
    with _lock:
        sums = dict(_unsent)
        _unsent.clear()
    is_sent = _push(sums)
    with _lock:
        if not is_sent:
            for name, value in sums.items():
                _unsent[name] += value
        _timer = None
        if _unsent:
            _start_timer()


def read() -> dict[str, float]:
    """Every total by its name. Raises redis.RedisError."""
    totals = cast("dict[bytes, bytes]", valkey.blocking().hgetall(NAME))
    return {name.decode(): float(total) for name, total in totals.items()}


def _push(sums: dict[str, float]) -> bool:
    pipe = valkey.blocking().pipeline(transaction=True)
    for name, value in sums.items():
        pipe.hincrbyfloat(NAME, name, value)
    try:
        pipe.execute()
    except redis.RedisError as error:
        _log.debug("totals wait: %s", error)
        return False
    return True


def _start_timer() -> None:
    # A thread of its own, and started only when there is something to send: none
    # exists yet when a process is forked.
    global _timer
    _timer = threading.Timer(SEND_EVERY_S, send)
    _timer.daemon = True
    _timer.start()


@atexit.register
def _send_last() -> None:
    if _unsent:
        _push(dict(_unsent))
