"""Receives request bodies, each and all of them together within a bound."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ingest.body import BodyError, BodyTooLarge

# Bodies that come in several pieces are held until their request is answered.
MAX_HELD_BYTES = 64 * 2**20
BODY_DEADLINE_S = 60.0
# So much of a refused body is read and thrown away.
MAX_DISCARDED_BYTES = 32 * 2**20
DISCARD_DEADLINE_S = 5.0

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Intake:
    """The bodies under way in a process; none may be above `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0

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
            return body, 0
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                return await self._collect(receive, first)
        except TimeoutError:
            raise BodyError(408, "the body took too long") from None

    def release(self, held: int) -> None:
        self._held_bytes -= held

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

    async def _collect(
        self, receive: Receive, message: dict[str, Any]
    ) -> tuple[bytes, int]:
        # Unlike a bytearray it gives its content away without a copy.
        body = io.BytesIO()
        held = 0
        try:
            while True:
                piece = message.get("body", b"")
                held += self._hold(len(piece))
                self._check(held)
                body.write(piece)
                if not message.get("more_body"):
                    return body.getvalue(), held
                message = await _piece(receive)
        except BaseException:
            self.release(held)
            raise

    def _hold(self, size: int) -> int:
        if self._held_bytes + size > MAX_HELD_BYTES:
            raise BodyError(503, "too many large requests at once")
        self._held_bytes += size
        return size

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise BodyTooLarge(self._max_bytes)


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
