"""The parts of an HTTP request that the edge looks at."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.routes import Endpoint, Route

MAX_USER_AGENT_CHARACTERS = 512


class Request(NamedTuple):
    """Header names are in lower case; of a repeated header the last one counts."""

    method: str
    route: Route
    headers: Mapping[bytes, bytes]
    query_string: bytes
    remote_ip: str

    @property
    def encoding(self) -> str:
        return self.headers.get(b"content-encoding", b"").decode("latin-1")

    @property
    def user_agent(self) -> str:
        agent = self.headers.get(b"user-agent", b"").decode("latin-1")
        return agent[:MAX_USER_AGENT_CHARACTERS]

    @property
    def holds_envelope(self) -> bool:
        """An envelope may come to the address of stored events, too."""
        if self.route.endpoint is not Endpoint.STORE:
            return self.route.endpoint is Endpoint.ENVELOPE
        content_type = self.headers.get(b"content-type", b"")
        return content_type.startswith(b"application/x-sentry-envelope")

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def content_type(self) -> str:
        return self.headers.get(b"content-type", b"").decode("latin-1")


def open_request(
    scope: Mapping[str, Any], route: Route, *, trusted_proxies: int
) -> Request:
    """The request of an ASGI scope."""
    return Request(
        scope["method"],
        route,
        dict(scope["headers"]),
        scope["query_string"],
        _remote_ip(scope, trusted_proxies),
    )


def _remote_ip(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """The sender's address: the peer's, or the one that the outermost of our own
    proxies has written down. What stands before that anybody may have made up."""
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    if not trusted_proxies:
        return peer
    forwarded = b",".join(
        value for name, value in scope["headers"] if name == b"x-forwarded-for"
    )
    hops = [
        hop.strip() for hop in forwarded.decode("latin-1").split(",") if hop.strip()
    ]
    if not hops:
        return peer
    return _address(hops[-min(trusted_proxies, len(hops))]) or peer


def _address(text: str) -> str | None:
    """The address without its port, or None if it is none."""
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
