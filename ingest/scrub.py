"""Takes secrets out of an event before it is stored.

What is looked at is the JSON that would be stored. A field with a telling name is
filtered whole, a text with a telling sign is cleaned, and the JSON around them stays.
"""

from __future__ import annotations

from typing import Any

import orjson

from ingest.redaction import redacted
from ingest.secrets import FILTERED
from issues.event import Event
from issues.payloads import Pieces, pieces_of, replace_rest

DEPTH_MAX = 16
"""Where containers are nested too deeply to write, deeper ones become three dots."""


def scrub(event: Event) -> Pieces:
    """The event's JSON without secrets, each replaced by ``[Filtered]``.

    The event itself is cleaned but for its variables and breadcrumbs, which are of
    use only to who reads it. Source code is left as it is.
    """
    for pair in event.get("request", {}).get("cookies", ()):
        # Secrets, whatever their names.
        pair[1] = FILTERED
    pieces = _written(event)
    pieces.variables = redacted(pieces.variables)
    pieces.breadcrumbs = redacted(pieces.breadcrumbs)
    rest = redacted(pieces.rest)
    if rest is not pieces.rest:
        pieces.rest = rest
        replace_rest(event, orjson.loads(rest))
    return pieces


def _written(event: Event) -> Pieces:
    try:
        return pieces_of(event)
    except TypeError:
        _cut(event, 0)
    return pieces_of(event)


def _cut(node: Any, depth: int) -> None:
    """Replace what lies too deep by dots."""
    for key, value in node.items() if type(node) is dict else enumerate(node):
        if isinstance(value, dict | list):
            if depth == DEPTH_MAX:
                node[key] = "..."
            else:
                _cut(value, depth + 1)
