"""Waits for processes that are not our children to end, and kills those that do not."""

import time
from collections.abc import Sequence
from contextlib import suppress

import psutil

_TIMEOUT_S = 5.0
_POLL_S = 0.02


def await_end(processes: Sequence[psutil.Process]) -> None:
    """Returns when all have ended that were told to; kills after five seconds."""
    if _wait_until_gone(processes):
        return
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _wait_until_gone(processes)


def _wait_until_gone(processes: Sequence[psutil.Process]) -> bool:
    deadline = time.monotonic() + _TIMEOUT_S
    while any(_is_alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _is_alive(process: psutil.Process) -> bool:
    """Whether it still does something: a zombie only waits for its parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
