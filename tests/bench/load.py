"""A load generator: keep-alive connections that post prepared events, no more.

The requests are built beforehand and an answer is only looked at for its status, so
that on two cores little is taken from what is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.events import Sent

CONNECTIONS = 16
_DEADLINE_S = 120.0
_GATE_EVERY_S = 0.02
# Answers that ask to come again, and how soon we do.
_BUSY = frozenset({429, 503})
_BUSY_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post, as a DSN says it."""

    host: str
    port: int
    project_id: int
    public_key: str

    @classmethod
    def of(cls, dsn: str) -> Target:
        parts = urlsplit(dsn)
        assert parts.hostname
        assert parts.port
        assert parts.username
        project_id = int(parts.path.rsplit("/", 1)[1])
        return cls(parts.hostname, parts.port, project_id, parts.username)

    def request(self, event: Sent) -> bytes:
        head = (
            f"POST /api/{self.project_id}/envelope/ HTTP/1.1\r\n"
            f"Host: {self.host}:{self.port}\r\n"
            "User-Agent: sentry.python/2.75.0\r\n"
            "Content-Type: application/x-sentry-envelope\r\n"
            "Content-Encoding: gzip\r\n"
            f"X-Sentry-Auth: Sentry sentry_key={self.public_key}, sentry_version=7, "
            "sentry_client=sentry.python/2.75.0\r\n"
            f"Content-Length: {len(event.body)}\r\n\r\n"
        )
        return head.encode() + event.body


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a load."""

    elapsed_s: float
    statuses: Counter[int]
    # From the first byte sent to the answer, in seconds, sorted.
    answer_s: list[float]


# Gives how many more events may be posted now.
Gate = Callable[[int], int]


def post(target: Target, events: Iterable[Sent], gate: Gate | None = None) -> Posted:
    """Posts every event until it is accepted, as fast as the service answers.

    `gate` is asked every 20 ms, with the number posted so far, up to which number
    it may go on: so the backlog stays bounded. Raises TimeoutError after two minutes.
    """
    requests = deque(target.request(event) for event in events)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_post_all(target, requests, gate))


class _Load:
    """What the connections share."""

    def __init__(self, requests: deque[bytes], allowed: int) -> None:
        self.requests = requests
        self.total = len(requests)
        self.allowed = allowed
        self.statuses: Counter[int] = Counter()
        self.answer_s: list[float] = []
        self.taken = 0
        self.idle: list[_Connection] = []
        self.done = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        if not self.requests or self.taken >= self.allowed:
            return None
        self.taken += 1
        return self.requests.popleft()

    def answered(self, status: int, request: bytes, elapsed_s: float) -> None:
        self.statuses[status] += 1
        self.answer_s.append(elapsed_s)
        if status in _BUSY:
            self.taken -= 1
            self.requests.append(request)
        elif status != 200:
            self.fail(AssertionError(f"the service answered {status}"))
        elif self.statuses[200] == self.total:
            self.finish()

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class _Connection(asyncio.Protocol):
    """Posts one request after the other."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = b""
        self._request = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of a TCP connection it is one, though uvloop's does not say so.
        self._transport = cast(asyncio.Transport, transport)
        self.go_on()

    def go_on(self) -> None:
        request = self._load.next()
        if request is None:
            self._load.idle.append(self)
            return
        assert self._transport is not None
        self._request = request
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head, separator, body = received.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            self._received = received
            return
        self._received = b""
        status = int(head[9:12])
        elapsed_s = time.perf_counter() - self._sent_at
        self._load.answered(status, self._request, elapsed_s)
        if status in _BUSY:
            asyncio.get_running_loop().call_later(_BUSY_PAUSE_S, self.go_on)
        else:
            self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.fail(exc or ConnectionError("the service closed a connection"))

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[start:].split(b"\r\n", 1)[0])


async def _post_all(
    target: Target, requests: deque[bytes], gate: Gate | None
) -> Posted:
    load = _Load(requests, allowed=0 if gate else len(requests))
    loop = asyncio.get_running_loop()
    connections: list[_Connection] = []

    def connection() -> _Connection:
        connections.append(_Connection(load))
        return connections[-1]

    watch = loop.create_task(_keep_gate(load, gate)) if gate else None
    started = time.perf_counter()
    try:
        for _ in range(min(CONNECTIONS, load.total)):
            await loop.create_connection(connection, target.host, target.port)
        await asyncio.wait_for(load.done, _DEADLINE_S)
        elapsed_s = time.perf_counter() - started
    finally:
        if watch:
            watch.cancel()
        for one in connections:
            one.close()
    return Posted(elapsed_s, load.statuses, sorted(load.answer_s))


async def _keep_gate(load: _Load, gate: Gate) -> None:
    while True:
        load.allowed = gate(load.taken)
        idle, load.idle = load.idle, []
        for connection in idle:
            connection.go_on()
        await asyncio.sleep(_GATE_EVERY_S)
