"""Runs something beside a test, on a connection of its own, until it waits or ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from django.db import connection

_DEADLINE_S = 10.0

_IS_WAITING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)
"""


class Beside:
    """One piece of work in a thread; what it raises is raised where it is joined."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._pid = 0
        self._error: Exception | None = None
        self._thread = Thread(target=self._run)
        self._thread.start()

    def wait_until_it_waits(self) -> None:
        """Returns once it waits for a lock of somebody else."""
        self.wait_or_end()
        assert self._thread.is_alive(), "it ended without waiting for anybody"

    def wait_or_end(self) -> None:
        """Returns once it waits for a lock of somebody else, or is over."""
        ends_at = time.monotonic() + _DEADLINE_S
        while self._thread.is_alive() and not self._is_waiting():
            assert time.monotonic() < ends_at
            time.sleep(0.005)

    def join(self) -> None:
        self._thread.join(_DEADLINE_S)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._pid = cursor.fetchone()[0]
            self._work()
        except Exception as error:  # noqa: BLE001  # Raised where it is joined.
            self._error = error
        finally:
            connection.close()

    def _is_waiting(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_IS_WAITING, [self._pid])
            return bool(cursor.fetchone()[0])
