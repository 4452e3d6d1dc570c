"""Event data of any shape as rows of a name and a text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

FILTERED = "[Filtered]"
# A longer text shows its beginning until asked for the rest, and a very long one
# has its end in the event's JSON only.
CUT_AT = 1024
_REST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One named value; `rest` is what is hidden at first."""

    name: str
    text: str
    rest: str = ""
    # Characters that are not on the page at all.
    left_out: int = 0

    @property
    def is_filtered(self) -> bool:
        return self.text == FILTERED


def plain(values: dict[str, Any] | Iterable[list[Any]]) -> list[Value]:
    """The rows of a mapping or of a list of pairs, in the order they have."""
    pairs = values.items() if isinstance(values, dict) else values
    return [row(str(name), value) for name, value in pairs]


def row(name: str, value: object) -> Value:
    whole = text(value)
    end = CUT_AT + _REST
    return Value(
        name=name,
        text=whole[:CUT_AT],
        rest=whole[CUT_AT:end],
        left_out=max(0, len(whole) - end),
    )


def text(value: object) -> str:
    """A string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
