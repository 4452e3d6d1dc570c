"""Drives an ASGI callable in-process, in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

App = Callable[..., Awaitable[None]]
JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `pieces` are the body as it comes in, None a lost connection."""

    path: str
    pieces: tuple[bytes | None, ...] = (b"",)
    method: str = "POST"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    peer: str = "203.0.113.7"


def call(
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    method: str = "POST",
    **more: Any,
) -> Call:
    path, _, query = target.partition("?")
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    pieces = more.pop("pieces", (body,))
    return Call(path, pieces, method, query, tuple(pairs), **more)


class Client:
    def __init__(self, app: App) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.close()

    def run(self, awaitable: Any) -> Any:
        """The result of any coroutine in the client's event loop."""
        return self._runner.run(awaitable)

    def send(self, one: Call) -> Response:
        return self.send_all([one])[0]

    def send_all(self, calls: list[Call]) -> list[Response]:
        """All of them at once."""
        return list(self._runner.run(self._gather(calls)))

    def post(self, *arguments: Any, **more: Any) -> Response:
        return self.send(call(*arguments, **more))

    async def _gather(self, calls: list[Call]) -> list[Response]:
        return await asyncio.gather(*map(self._one, calls))

    async def _one(self, one: Call) -> Response:
        pieces = list(one.pieces)
        sent: list[JSON] = []

        async def receive() -> JSON:
            piece = pieces.pop(0) if pieces else None
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: JSON) -> None:
            sent.append(message)

        await self._app(_scope(one), receive, send)
        start, *bodies = sent
        headers = {k.decode(): v.decode() for k, v in start["headers"]}
        body = b"".join(message["body"] for message in bodies)
        # An answer to HEAD tells of a body that it does not have.
        told = 0 if one.method == "HEAD" else int(headers["content-length"])
        assert told == len(body)
        return Response(start["status"], headers, body)


def _scope(one: Call) -> JSON:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": one.method,
        "scheme": "http",
        "path": one.path,
        "raw_path": one.path.encode(),
        "query_string": one.query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in one.headers
        ],
        "server": ("127.0.0.1", 8000),
        "client": (one.peer, 50000),
    }
