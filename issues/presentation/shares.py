"""How the values of a tag share the events of an issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from issues.presentation.event import tag_chip
from issues.tagcounts import TagKey
from projects.ui import share

_SIDE_KEYS = 5
SIDE_VALUES = 4
# These say most, so they stand first at the side.
_FIRST = ("environment", "release", "browser", "browser.name", "os", "os.name")
# Told elsewhere, or different in nearly every event.
_UNTOLD = frozenset({"level", "url"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A tag value with its share of the key's events."""

    value: str
    count: int
    percent: float
    query: str
    # The percentage as it is shown.
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    key: str
    shares: list[Share]
    other_count: int
    other_percent: float
    other_share: str
    total: int
    # Some of the other values can be named.
    is_cut: bool


def telling(keys: Sequence[TagKey]) -> list[Distribution]:
    """The keys that tell most with their commonest values."""
    order = {key: i for i, key in enumerate(_FIRST)}
    names = {key.key for key in keys}
    told = sorted(
        # "browser" says what "browser.name" says, and the version too.
        (k for k in keys if k.key not in _UNTOLD and not _is_part(k.key, names)),
        key=lambda key: (order.get(key.key, len(order)), key.key),
    )
    return [distribution(key, values=SIDE_VALUES) for key in told[:_SIDE_KEYS]]


def _is_part(key: str, names: set[str]) -> bool:
    return key.endswith(".name") and key.removesuffix(".name") in names


def distribution(key: TagKey, *, values: int) -> Distribution:
    """The key's commonest values; all others are one figure."""
    named = [(value, count) for value, count in key.values if value][:values]
    other = key.total - sum(count for _, count in named)
    return Distribution(
        key=key.key,
        shares=[
            Share(
                value=value,
                count=count,
                percent=100 * count / key.total,
                query=tag_chip(key.key, value).query,
                share=share(count, key.total),
            )
            for value, count in named
        ],
        other_count=other,
        other_percent=100 * other / key.total,
        other_share=share(other, key.total),
        total=key.total,
        is_cut=key.known > len(named),
    )
