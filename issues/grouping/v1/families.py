"""Errors that are one and the same in every app, whatever their texts and stacks."""

from __future__ import annotations

import re

from issues.event import Event

_CHUNK = re.compile(
    r"ChunkLoadError|Loading (?:CSS )?chunk \S+ failed|"
    r"Failed to fetch dynamically imported module|"
    r"error loading dynamically imported module|"
    r"Importing a module script failed|Unable to preload CSS"
)
_HYDRATION = re.compile(
    r"Hydration failed because|Text content does not match server-rendered HTML|"
    r"There was an error while hydrating|"
    r"Minified React error #(?:418|419|422|423|425)\b|"
    r"entire root will switch to client rendering"
)
_SCRIPTS = frozenset({"javascript", "node", "electron", "react-native"})


def family_of(event: Event) -> str:
    """The family's name, empty for nearly all events.

    Chunks that a browser could not load are one issue of the deployment; markup of
    the server that React could not use is one issue for each transaction.
    """
    if event["platform"] not in _SCRIPTS or "exception" not in event:
        return ""
    last = event["exception"]["values"][-1]
    said = last.get("value", "")
    if last.get("type") == "ChunkLoadError" or _CHUNK.search(said[:300]):
        return "a chunk of the app's scripts could not be loaded"
    if _HYDRATION.search(said[:300]):
        return f"hydration failed {event.get('transaction', '')}".rstrip()
    return ""
