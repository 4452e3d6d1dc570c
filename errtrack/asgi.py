"""The web process: the ingest edge in front, Django's pages in a few threads."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.conf import settings

from errtrack.watchers import PATH as WATCHERS_PATH
from errtrack.watchers import watchers
from errtrack.wsgi import application as pages_in_django
from ingest import answers
from ingest.answers import Send
from ingest.body import BodyError
from ingest.edge import Edge
from ingest.gate import refused
from ingest.intake import Receive
from ingest.routes import find_route

# Everything of a query that may stand in an address as it is.
_QUERY_SAFE = "!#$%&'()*+,/:;=?@[]~\"<>\\^`{|}"
# The headers that say where a body ends.
_FRAMING = (b"content-length", b"transfer-encoding")

_edge = Edge()
# Django's own types know only what it returns itself.
_pages: Any = WSGIMiddleware(cast(Any, pages_in_django), workers=settings.WEB_THREADS)


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and find_route(scope["path"]) is not None:
        await _edge(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == WATCHERS_PATH:
        await watchers(scope, send)
    elif scope["type"] == "http" and _has_body(scope):
        await _serve_with_body(scope, receive, send)
    else:
        await _pages(_plain(scope), receive, send)


async def _serve_with_body(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Takes the body before a thread: of these there are few, and a slow sender would
    have one for as long as it likes. It has the bounds of those that the edge takes."""
    intake = _edge.intake
    headers = dict(scope["headers"])
    try:
        body, held = await intake.receive(receive, headers)
    except BodyError as error:
        await intake.discard(receive, headers)
        await answers.refused(refused(error)).send(send)
        return
    # A body in chunks has no length that the bridge to WSGI could pass on.
    told = [header for header in scope["headers"] if header[0] not in _FRAMING]
    told.append((b"content-length", b"%d" % len(body)))
    try:
        await _pages({**_plain(scope), "headers": told}, _again(body, receive), send)
    finally:
        intake.release(held)


def _has_body(scope: dict[str, Any]) -> bool:
    return any(name in _FRAMING and value != b"0" for name, value in scope["headers"])


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was received, and then whatever comes after it."""
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def following() -> dict[str, Any]:
        return received.pop() if received else await receive()

    return following


async def _live(receive: Receive, send: Send) -> None:
    """Tells the server that nothing has to be waited for, and ends with it."""
    await receive()
    _edge.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await watchers.close()
    await _edge.close()
    await send({"type": "lifespan.shutdown.complete"})


def _plain(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope with its query in ASCII, as the bridge to WSGI takes it."""
    query: bytes = scope.get("query_string", b"")
    if query.isascii():
        return scope
    return {**scope, "query_string": quote_from_bytes(query, _QUERY_SAFE).encode()}
