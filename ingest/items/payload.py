"""The payload of an item that is one JSON object."""

from __future__ import annotations

from typing import Any

from ingest.envelope import Item
from ingest.eventjson import decode_event
from ingest.items.kind import Refusal
from ingest.outcomes import Outcome


def object_of(item: Item) -> dict[str, Any]:
    """The decoded object. Raises Refusal."""
    try:
        tree = decode_event(bytes(item.payload))
    except ValueError:
        raise Refusal(Outcome.INVALID, "json") from None
    if not isinstance(tree, dict):
        raise Refusal(Outcome.INVALID, "not_an_object")
    return tree
