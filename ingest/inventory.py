"""What items are counted under, and as how many, told by their headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ingest.envelope import Item
from ingest.outcomes import category_of

# Types whose items may hold several records, and say so in their header.
_CONTAINERS = frozenset({"log", "trace_metric", "span"})
# The least that a record and its separator can take.
_RECORD_MIN_BYTES = 2
# Profiles of what people look at are another category than those of servers.
_UI_PLATFORMS = ("android", "cocoa", "javascript")


def category_of_item(item: Item) -> str:
    """An event's is that of an error, whatever its payload says."""
    return category_told(item.type, item.headers.get("platform"))


def category_told(item_type: str, platform: object) -> str:
    """The same by what an item's header says."""
    if item_type == "profile_chunk" and platform in _UI_PLATFORMS:
        return category_of("profile_chunk_ui")
    return category_of(item_type)


def quantity_of(item: Item) -> int:
    """How many records the item holds: by its `item_count`, where that can be true."""
    return quantity_told(item.type, item.headers.get("item_count"), len(item.payload))


def quantity_told(item_type: str, item_count: object, size: int) -> int:
    """The same by what an item's header says, and the size of its payload."""
    if item_type not in _CONTAINERS:
        return 1
    if not isinstance(item_count, int) or isinstance(item_count, bool):
        return 1
    return max(1, min(item_count, size // _RECORD_MIN_BYTES))


def count_items(items: Iterable[Item]) -> Counter[str]:
    """How many records of each category the items hold."""
    counts: Counter[str] = Counter()
    for item in items:
        counts[category_of_item(item)] += quantity_of(item)
    return counts
