"""Receives request bodies, each and all of them together within a bound."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ingest.body import BodyError, BodyTooLarge

# What the bodies under way may hold together, by how large the one is that asks for
# more: large ones leave room for ordinary events.
HOLD_LIMITS = ((2**16, 34 * 2**20), (2**18, 28 * 2**20), (2**40, 22 * 2**20))
BODY_DEADLINE_S = 60.0
# Whatever comes more slowly than this, for longer than this, makes room for others.
SLOW_BYTES_PER_S = 2**18
SLOW_AFTER_S = 0.5
# So much of a refused body is read and thrown away.
MAX_DISCARDED_BYTES = 32 * 2**20
DISCARD_DEADLINE_S = 5.0

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Intake:
    """The bodies under way in a process; none may be above `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        # Of that, what those hold that have been ended and do not know it yet.
        self._leaving_bytes = 0
        # In the order in which they began.
        self._arriving: dict[_Arrival, None] = {}

    async def receive(
        self, receive: Receive, headers: Mapping[bytes, bytes]
    ) -> tuple[bytes, int]:
        """The body, and how much of it is to be given back by `release`.

        Raises BodyError: 413 for a body that is too large or says that it will be,
        400 for one that ends early, 408 for one that takes too long, 503 while too
        many large ones are under way.
        """
        self._check(_declared(headers))
        first = await _piece(receive)
        if not first.get("more_body"):
            body = first.get("body", b"")
            self._check(len(body))
            self._held_bytes += len(body)
            return body, len(body)
        arrival = _Arrival()
        self._arriving[arrival] = None
        try:
            self._take(first, arrival)
            # What is taken is held once, not here as well.
            del first
            async with arrival.timeout:
                body = await self._collect(receive, arrival)
            return body, arrival.held
        except BaseException as error:
            self.release(arrival.held)
            arrival.forget()
            if isinstance(error, TimeoutError):
                raise BodyError(408, "the body took too long") from None
            raise
        finally:
            self._arriving.pop(arrival, None)
            self._leaving_bytes -= arrival.leaving

    def release(self, held: int) -> None:
        self._held_bytes -= held

    def replace(self, held: int, size: int) -> int:
        """Holds something else instead of a body; gives how much that is."""
        self._held_bytes += size - held
        return size

    async def discard(self, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        """Reads what is left of a refused body, within reason.

        With unread bytes behind it an answer may never reach its client: the
        connection is reset under it.
        """
        left = MAX_DISCARDED_BYTES
        if b"expect" in headers or _declared(headers) > left:
            return
        try:
            async with asyncio.timeout(DISCARD_DEADLINE_S):
                while left > 0:
                    message = await receive()
                    if not message.get("more_body"):
                        return
                    left -= len(message.get("body", b""))
        except TimeoutError:
            return

    async def _collect(self, receive: Receive, arrival: _Arrival) -> bytes:
        while self._take(await _piece(receive), arrival):
            pass
        return arrival.body.getvalue()

    def _take(self, message: dict[str, Any], arrival: _Arrival) -> bool:
        """Whether more is to come."""
        piece = message.get("body", b"")
        self._hold(arrival, len(piece))
        arrival.body.write(piece)
        return bool(message.get("more_body"))

    def _hold(self, arrival: _Arrival, size: int) -> None:
        """Takes room for another piece of a body."""
        total = arrival.held + size
        self._check(total)
        limit = next(limit for below, limit in HOLD_LIMITS if total <= below)
        wanting = self._held_bytes - self._leaving_bytes + size - limit
        if wanting > 0 and not self._make_room(wanting, arrival):
            raise BodyError(503, "too many large requests at once")
        self._held_bytes += size
        arrival.held = total

    def _make_room(self, wanted: int, asking: _Arrival) -> bool:
        """Ends bodies that come slowly, the oldest first; False if that is too little.

        What they hold is free once their requests go on, which is as good as now.
        """
        ended: list[_Arrival] = []
        for arrival in self._arriving:
            if wanted > 0 and arrival is not asking and arrival.is_slow():
                ended.append(arrival)
                wanted -= arrival.held
        for arrival in ended:
            del self._arriving[arrival]
            arrival.end()
            self._leaving_bytes += arrival.leaving
        return wanted <= 0

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise BodyTooLarge(self._max_bytes)


class _Arrival:
    """A body under way: how much of it is here, and how long it still may take."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self.timeout = asyncio.timeout(BODY_DEADLINE_S)
        self.held = 0
        # What of that was counted as free already.
        self.leaving = 0
        # Unlike a bytearray it gives its content away without a copy.
        self.body = io.BytesIO()

    def forget(self) -> None:
        """Lets go of the body, which the error that refuses it still refers to."""
        self.body.close()

    def is_slow(self) -> bool:
        age_s = self._loop.time() - self._began_at
        return age_s > SLOW_AFTER_S and self.held < age_s * SLOW_BYTES_PER_S

    def end(self) -> None:
        self.leaving = self.held
        self.timeout.reschedule(self._loop.time())


def _declared(headers: Mapping[bytes, bytes]) -> int:
    """The length that the body is said to have; 0 if none is."""
    length = headers.get(b"content-length", b"")
    # Of a number of absurd length the first digits tell enough.
    return int(length[:19]) if length.isdigit() else 0


async def _piece(receive: Receive) -> dict[str, Any]:
    message = await receive()
    if message["type"] != "http.request":
        raise BodyError(400, "the body ended early")
    return message
