"""An SDK that does not give up: it resends, with the same id, until it is answered."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.events import Sent
from tests.bench.load import Target
from tests.e2e.service import wait_for

_TIMEOUT_S = 5.0
_PAUSE_S = 0.05
# Together they keep a backlog, and leave the service time to recover.
_SENDERS = 2
_BETWEEN_EVENTS_S = 0.004


class Sender:
    """Posts events in turn, in threads, for as long as the test wants."""

    def __init__(self, target: Target, supply: Iterator[Sent]) -> None:
        self.target = target
        # Those answered 200.
        self.accepted: list[Sent] = []
        # What else the service said, and connections that broke (as 0).
        self.failures: Counter[int] = Counter()
        self._supply = supply
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        # Whose service never comes back must not keep the test run alive.
        self._threads = [
            threading.Thread(target=self._run, daemon=True) for _ in range(_SENDERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Sends no new event; returns when each one sent has been accepted."""
        self._is_over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), f"not accepted within 60 s: {self.failures}"

    def wait_for_accepted(self, more: int) -> None:
        """Returns when so many more events have been accepted."""
        wanted = len(self.accepted) + more
        wait_for(lambda: len(self.accepted) >= wanted, 60)

    def _run(self) -> None:
        connection = _Connection(self.target)
        while not self._is_over.wait(_BETWEEN_EVENTS_S):
            with self._lock:
                event = next(self._supply)
            while (status := connection.post(event)) != http.client.OK:
                with self._lock:
                    self.failures[status] += 1
                threading.Event().wait(_PAUSE_S)
            with self._lock:
                self.accepted.append(event)
        connection.close()


class _Connection:
    """Keeps alive while it can."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: http.client.HTTPConnection | None = None

    def post(self, event: Sent) -> int:
        """The status of the answer; 0 when there was none."""
        try:
            return self._post(event)
        except (OSError, http.client.HTTPException):
            self.close()
            return 0

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, event: Sent) -> int:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._target.host, self._target.port, timeout=_TIMEOUT_S
            )
            self._connection.connect()
        self._connection.sock.sendall(self._target.request(event))
        answer = http.client.HTTPResponse(self._connection.sock)
        answer.begin()
        answer.read()
        return answer.status


@contextmanager
def sending(target: Target, supply: Iterator[Sent]) -> Iterator[Sender]:
    """Sends during the block; after it every event sent has been accepted."""
    sender = Sender(target, supply)
    sender.start()
    try:
        yield sender
    finally:
        sender.finish()


def post(target: Target, event: Sent) -> int:
    """The status of one request, 0 when there was no answer."""
    connection = _Connection(target)
    try:
        return connection.post(event)
    finally:
        connection.close()
