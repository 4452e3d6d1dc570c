"""The web process: the ingest edge in front, Django's pages in a few threads."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.conf import settings

from errtrack.wsgi import application as pages_in_django
from ingest.answers import Send
from ingest.edge import Edge
from ingest.intake import Receive
from ingest.routes import find_route

# Everything of a query that may stand in an address as it is.
_QUERY_SAFE = "!#$%&'()*+,/:;=?@[]~\"<>\\^`{|}"

_edge = Edge()
# Django's own types know only what it returns itself.
_pages: Any = WSGIMiddleware(cast(Any, pages_in_django), workers=settings.WEB_THREADS)


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and find_route(scope["path"]) is not None:
        await _edge(scope, receive, send)
    else:
        await _pages(_plain(scope), receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Tells the server that nothing has to be waited for, and ends with it."""
    await receive()
    _edge.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _edge.close()
    await send({"type": "lifespan.shutdown.complete"})


def _plain(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope with its query in ASCII, as the bridge to WSGI takes it."""
    query: bytes = scope.get("query_string", b"")
    if query.isascii():
        return scope
    return {**scope, "query_string": quote_from_bytes(query, _QUERY_SAFE).encode()}
