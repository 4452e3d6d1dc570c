"""The addresses of the ingest protocol, however a client spells them."""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import NamedTuple


class Endpoint(enum.Enum):
    """What is sent to an address."""

    ENVELOPE = enum.auto()
    STORE = enum.auto()
    SECURITY = enum.auto()
    NEL = enum.auto()
    MINIDUMP = enum.auto()
    UNREAL = enum.auto()
    ATTACHMENTS = enum.auto()
    CRON = enum.auto()
    OTLP_TRACES = enum.auto()
    OTLP_LOGS = enum.auto()
    # Under a project, but nothing that we know.
    UNKNOWN = enum.auto()


# The methods that are taken besides OPTIONS.
METHODS = {
    **dict.fromkeys(Endpoint, ("POST",)),
    Endpoint.STORE: ("POST", "GET"),
    Endpoint.CRON: ("POST", "GET"),
}


class Route(NamedTuple):
    """Where a request goes; the oldest clients leave the project to their key.

    `key` is a public key that stands in the path, `argument` what the endpoint is
    about: a monitor's slug, an event's id.
    """

    endpoint: Endpoint
    project_id: int | None
    key: str = ""
    argument: str = ""


# `/api/0/` is the web API's.
_PROJECT = r"/api/0*([1-9][0-9]{0,17})/"
# A DSN may have a path before it, which a proxy takes away or not.
_ENDPOINT = re.compile(rf"(?s:.*){_PROJECT}([a-z][a-z0-9/-]*)")
_WITH_ARGUMENT = re.compile(
    rf"(?s:.*){_PROJECT}(?:"
    r"cron/(?P<slug>[^/]+)(?:/(?P<cron_key>[^/]+))?"
    r"|events/(?P<event>[^/]+)/attachments"
    r"|unreal/(?P<unreal_key>[^/]+))"
)
_UNKNOWN = re.compile(rf"{_PROJECT}(?s:.*)")
_OLDEST = re.compile(r"(?s:.*)/api/store")
# Envelopes without any credentials but their own, whatever project they are for.
_TUNNELS = frozenset({"/tunnel", "/api/tunnel"})
# The web API and the pages: what follows may hold anybody's names, "api" included.
_NOT_OURS = ("/api/0/", "/o/")
_SLASHES = re.compile("//+")
_ENDPOINTS = {
    "envelope": Endpoint.ENVELOPE,
    "store": Endpoint.STORE,
    "security": Endpoint.SECURITY,
    "csp-report": Endpoint.SECURITY,
    "nel": Endpoint.NEL,
    "minidump": Endpoint.MINIDUMP,
    "otlp/v1/traces": Endpoint.OTLP_TRACES,
    "integration/otlp/v1/traces": Endpoint.OTLP_TRACES,
    "integration/otlp/v1/logs": Endpoint.OTLP_LOGS,
}


@lru_cache(maxsize=512)
def find_route(path: str) -> Route | None:
    """Where the path leads, or None where it is not the edge's to answer.

    Doubled and missing slashes do not matter. Source: protocol, "Routes".
    """
    folded = _SLASHES.sub("/", path).rstrip("/")
    if folded.startswith(_NOT_OURS):
        return None
    if match := _ENDPOINT.fullmatch(folded):
        endpoint = _ENDPOINTS.get(match[2])
        if endpoint is not None:
            return Route(endpoint, int(match[1]))
    if match := _WITH_ARGUMENT.fullmatch(folded):
        return _route_with_argument(match)
    if _OLDEST.fullmatch(folded):
        return Route(Endpoint.STORE, None)
    if folded in _TUNNELS:
        return Route(Endpoint.ENVELOPE, None)
    if match := _UNKNOWN.fullmatch(folded):
        return Route(Endpoint.UNKNOWN, int(match[1]))
    return None


def _route_with_argument(match: re.Match[str]) -> Route:
    project_id = int(match[1])
    if slug := match["slug"]:
        return Route(Endpoint.CRON, project_id, match["cron_key"] or "", slug)
    if event := match["event"]:
        return Route(Endpoint.ATTACHMENTS, project_id, argument=event)
    return Route(Endpoint.UNREAL, project_id, match["unreal_key"])
