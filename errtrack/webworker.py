"""gunicorn's asgi worker with bounds on what its connections may take.

The server bounds each request. It does not bound how many connections there are, how
long they take for their headers, or how much these are together.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from http import HTTPStatus
from itertools import chain
from typing import Any

from gunicorn.asgi import protocol
from gunicorn.asgi.parser import PythonProtocol
from gunicorn.workers import gasgi

from errtrack import trimming
from errtrack.listener import BACKLOG
from errtrack.watchers import watchers
from ingest import answers
from ingest.answers import Refused
from ingest.counting import count_request
from ingest.outcomes import Outcome

MAX_HEADERS_BYTES = 32 * 1024
HEADERS_DEADLINE_S = 15.0
# So long the work on a request goes on after its connection was lost.
_LOST_GRACE_S = 3.0

# What may stand in a header's name, and what may not in its value (RFC 9110, 5.5, 5.6).
_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search

_OUTCOMES = {414: Outcome.TOO_LARGE, 431: Outcome.TOO_LARGE}


class _Parser(PythonProtocol):  # type: ignore[misc]  # gunicorn has no types.
    """The server's parser, which looks at headers byte by byte: 24 ms for 256 KiB of
    them and 21 µs for those of an SDK, which take 15 µs so."""

    __slots__ = ()

    def _is_valid_token(self, data: bytes) -> bool:
        return _is_token(data) is not None

    def _has_invalid_header_chars(self, value: bytes) -> bool:
        return _find_control(value) is not None


class Connection(protocol.ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types.
    """One client's connection."""

    opened_at = 0.0
    _headers_bytes = 0
    _is_opening = True
    # The server's own.
    _task: asyncio.Task[Any] | None
    _callback_parser: Any
    _body_receiver: Any
    _current_request: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.opened_at = self.worker.loop.time()
        self.worker.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if len(data) > MAX_HEADERS_BYTES and self._current_request is None:
            # What is beyond the bound is not even looked at unless it is a body.
            self.data_received(data[:MAX_HEADERS_BYTES])
            if self._closed:
                return
            data = data[MAX_HEADERS_BYTES:]
        super().data_received(data)
        if self._current_request is None:
            self._count_headers(len(data))
        elif self._is_opening or self._headers_bytes or len(data) > MAX_HEADERS_BYTES:
            self._begin_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what nobody waits for at once: kept for seconds, as gunicorn does, the
        connections of a flood add up."""
        task, self._task = self._task, None
        if task is not None and self._current_request is None:
            task.cancel()
        super().connection_lost(exc)
        self.worker.connections.remove(self, task)

    def forget(self) -> None:
        """Lets go what refers back here, which would wait for the garbage collector."""
        self._callback_parser = self._body_receiver = self._current_request = None

    def refuse(self, status: int, text: str) -> None:
        self._send_error_response(status, text)
        self.end()

    def end(self) -> None:
        """Closes the connection, and lets the task that waits on it know."""
        self._close_transport()
        self._request_ready.set()

    def abort(self) -> None:
        """Closes the connection without a word."""
        self._closed = True
        self._request_ready.set()
        self.transport.abort()

    def waits_for_client(self) -> bool:
        """Whether no request would be lost with it that its client has sent whole."""
        if self._current_request is None:
            return True
        receiver = self._body_receiver
        return receiver is not None and not receiver._complete

    def _count_headers(self, size: int) -> None:
        self._headers_bytes += size
        if self._headers_bytes > MAX_HEADERS_BYTES and not self._closed:
            self.refuse(431, f"headers of more than {MAX_HEADERS_BYTES} bytes")

    def _begin_request(self) -> None:
        """The headers are whole; behind them the first of the body may have come."""
        self._is_opening = False
        self._headers_bytes = 0
        self.worker.connections.has_opened(self)
        headers = self._current_request.headers_bytes
        if sum(map(len, chain.from_iterable(headers))) > MAX_HEADERS_BYTES:
            self.refuse(431, f"headers of more than {MAX_HEADERS_BYTES} bytes")

    def _send_error_response(
        self, status: int, message: str, extra_headers: Iterable[Any] = ()
    ) -> None:
        """The server's own refusals, as the edge words them."""
        # 501 is about a Transfer-Encoding that nobody has: the client is wrong, not we.
        status = 400 if status == 501 else status
        outcome = _OUTCOMES.get(status, Outcome.INVALID)
        count_request(outcome)
        answer = answers.refused(Refused(outcome, message, status=status))
        lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
        lines += [b"%b: %b" % header for header in answer.headers]
        lines += [b"%b: %b" % _encoded(header) for header in extra_headers]
        head = b"\r\n".join([*lines, b"connection: close", b"", b""])
        self._safe_write(head + answer.body)


def _encoded(header: tuple[Any, Any]) -> tuple[bytes, bytes]:
    name, value = header
    return str(name).encode("latin-1"), str(value).encode("latin-1", "replace")


class Connections:
    """The connections of a worker, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Dicts, because they keep the order in which connections were opened.
        self._all: dict[Connection, None] = {}
        self._opening: dict[Connection, None] = {}
        # What still works on a request whose connection was lost, and since when.
        self._lost: dict[asyncio.Task[Any], float] = {}

    def add(self, connection: Connection) -> None:
        """Takes a new connection, for which the oldest that can may have to go."""
        if len(self._all) >= self._limit:
            waiting = (one for one in self._all if one.waits_for_client())
            oldest = next(waiting, connection)
            self._all.pop(oldest, None)
            self._opening.pop(oldest, None)
            oldest.abort()
        self._all[connection] = None
        self._opening[connection] = None

    def has_opened(self, connection: Connection) -> None:
        self._opening.pop(connection, None)

    def remove(self, connection: Connection, task: asyncio.Task[Any] | None) -> None:
        self._all.pop(connection, None)
        self._opening.pop(connection, None)
        if task is None or task.done():
            connection.forget()
            return
        self._lost[task] = asyncio.get_running_loop().time()
        task.add_done_callback(lambda done: self._forget(connection, done))

    def _forget(self, connection: Connection, task: asyncio.Task[Any]) -> None:
        del self._lost[task]
        connection.forget()

    def sweep(self, now: float) -> None:
        """Ends those that have been slow for too long."""
        for connection in list(self._opening):
            if connection.opened_at > now - HEADERS_DEADLINE_S:
                break
            self._opening.pop(connection, None)
            connection.refuse(408, "the headers took too long")
        for task, since in list(self._lost.items()):
            if since < now - _LOST_GRACE_S:
                task.cancel()


class WebWorker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types.
    """The asgi worker, with our connections."""

    connections: Connections
    _has_long_queues = False

    def init_process(self) -> None:
        # By these names the worker makes its connections, and these their parsers.
        gasgi.ASGIProtocol = Connection
        protocol.PythonProtocol = _Parser
        self.connections = Connections(self.cfg.worker_connections)
        self._trimmer = trimming.Trimmer()
        super().init_process()

    def _lengthen_queues(self) -> None:
        """The event loop shortens the queue of connections to be taken to 100, and
        whoever comes to a full one waits a second."""
        if not self._has_long_queues:
            self._has_long_queues = True
            # All of a queue are taken at once: none may have to go for another of it.
            length = min(BACKLOG, self.cfg.worker_connections * 2 // 3)
            for listener in self.sockets:
                listener.sock.listen(length)

    def notify(self) -> None:
        """Called every second."""
        super().notify()
        if self.loop is not None and self.servers:
            self._lengthen_queues()
            self.connections.sweep(self.loop.time())
        self._trimmer.trim_if_grown()

    async def _shutdown(self) -> None:
        """Ends the streams first: the server would wait for them."""
        watchers.end()
        await super()._shutdown()
