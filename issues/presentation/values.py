"""Event data of any shape as rows of a name and a text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

FILTERED = "[Filtered]"
# A longer text shows its beginning until asked for the rest.
CUT_AT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One named value; `rest` is what is hidden at first."""

    name: str
    text: str
    rest: str = ""

    @property
    def is_filtered(self) -> bool:
        return self.text == FILTERED


def plain(values: dict[str, Any] | Iterable[list[Any]]) -> list[Value]:
    """The rows of a mapping or of a list of pairs, in the order they have."""
    pairs = values.items() if isinstance(values, dict) else values
    return [row(str(name), value) for name, value in pairs]


def row(name: str, value: object) -> Value:
    whole = text(value)
    return Value(name=name, text=whole[:CUT_AT], rest=whole[CUT_AT:])


def text(value: object) -> str:
    """A string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
