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
    # Under a project, but nothing that we know.
    UNKNOWN = enum.auto()


# The methods that are taken besides OPTIONS.
METHODS = {Endpoint.ENVELOPE: ("POST",), Endpoint.STORE: ("POST", "GET")}


class Route(NamedTuple):
    """Where a request goes; the oldest clients leave the project to their key."""

    endpoint: Endpoint
    project_id: int | None


# `/api/0/` is the web API's.
_PROJECT = r"/api/0*([1-9][0-9]{0,17})/"
# A DSN may have a path before it, which a proxy takes away or not.
_KNOWN = re.compile(rf"(?s:.*){_PROJECT}(envelope|store)")
_UNKNOWN = re.compile(rf"{_PROJECT}(?s:.*)")
_OLDEST = re.compile(r"(?s:.*)/api/store")
_SLASHES = re.compile("//+")
_ENDPOINTS = {"envelope": Endpoint.ENVELOPE, "store": Endpoint.STORE}


@lru_cache(maxsize=512)
def find_route(path: str) -> Route | None:
    """Where the path leads, or None where it is not the edge's to answer.

    Doubled and missing slashes do not matter. Source: protocol, "Routes".
    """
    folded = _SLASHES.sub("/", path).rstrip("/")
    if match := _KNOWN.fullmatch(folded):
        return Route(_ENDPOINTS[match[2]], int(match[1]))
    if _OLDEST.fullmatch(folded):
        return Route(Endpoint.STORE, None)
    if match := _UNKNOWN.fullmatch(folded):
        return Route(Endpoint.UNKNOWN, int(match[1]))
    return None
