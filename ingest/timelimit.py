"""Ends the process when entries take too long to prepare.

A thread that comes to no end cannot be stopped, and a regular expression in it keeps
every other thread from running. So the kernel's timer ends the process, which first
writes where each thread is. Whoever takes over tries the entries alone, and finds out
which one it is.
"""

from __future__ import annotations

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_STDERR = 2

_lock = threading.Lock()
# The limits in force, in any thread. The process has one timer: it begins anew with the
# longest of them whenever one begins or ends.
_in_force: list[float] = []


@contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """The block has this long; then the process dies of SIGALRM."""
    _say_where_before_the_end()
    with _lock:
        _in_force.append(limit_s)
        _restart_timer()
    try:
        yield
    finally:
        with _lock:
            _in_force.remove(limit_s)
            _restart_timer()


def _restart_timer() -> None:
    signal.setitimer(signal.ITIMER_REAL, max(_in_force, default=0.0))


@cache
def _say_where_before_the_end() -> None:
    faulthandler.register(signal.SIGALRM, file=_STDERR, all_threads=True, chain=True)
