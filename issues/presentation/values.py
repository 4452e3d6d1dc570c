"""Event data of any shape as rows of a name and a text, nested where it is nested."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from issues.presentation.allowance import Allowance

FILTERED = "[Filtered]"
# A longer text shows its beginning until asked for the rest, and a very long one
# has its end in the event's JSON only.
CUT_AT = 1024
_REST = 4096
# What is nested shows in one line up to this length, and opens beyond.
_INLINE = 80
_DEEPEST = 4
_ENTRIES = 30
# Of one value, all depths together.
_NODES = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One named value; `rest` is what is hidden at first."""

    name: str
    text: str
    rest: str = ""
    # Characters that are not on the page at all.
    left_out: int = 0
    # What is in a list or a mapping; `text` is then its beginning in one line.
    inner: list[Value] = field(default_factory=list)
    # Entries that are not among them; without any, of the list that this row ends.
    more: int = 0

    @property
    def is_filtered(self) -> bool:
        return self.text == FILTERED


def plain(
    values: dict[str, Any] | Iterable[list[Any]], allowance: Allowance | None = None
) -> list[Value]:
    """The rows of a mapping or of a list of pairs, in the order they have.

    Where the allowance ends a row without a name says how many are not shown.
    """
    pairs = list(values.items() if isinstance(values, dict) else values)
    rows = list[Value]()
    for place, (name, value) in enumerate(pairs):
        if allowance is not None and allowance.is_used_up:
            return [*rows, Value(name="", text="", more=len(pairs) - place)]
        rows.append(row(str(name), value))
        if allowance is not None:
            spend(allowance, rows[-1])
    return rows


def spend(allowance: Allowance, value: Value) -> None:
    """Takes off what the value with all that is in it costs a page."""
    allowance.spend(value.name, value.text, value.rest)
    for inner in value.inner:
        spend(allowance, inner)


def row(name: str, value: object) -> Value:
    return _row(name, value, 0, [_NODES])


def _row(name: str, value: object, depth: int, left: list[int]) -> Value:
    """`left` is how many rows may still be made."""
    whole = text(value)
    is_nested = isinstance(value, (dict, list)) and len(whole) > _INLINE
    if is_nested and depth < _DEEPEST and left[0] > 0:
        return _nested(name, value, whole, depth, left)
    end = CUT_AT + _REST
    return Value(
        name=name,
        text=whole[:CUT_AT],
        rest=whole[CUT_AT:end],
        left_out=max(0, len(whole) - end),
    )


def _nested(name: str, value: Any, whole: str, depth: int, left: list[int]) -> Value:
    entries = list(value.items() if isinstance(value, dict) else enumerate(value))
    inner = []
    for key, held in entries[:_ENTRIES]:
        if left[0] <= 0:
            break
        left[0] -= 1
        inner.append(_row(str(key), held, depth + 1, left))
    return Value(
        name=name,
        text=f"{whole[:_INLINE]}…",
        inner=inner,
        more=len(entries) - len(inner),
    )


def text(value: object) -> str:
    """A string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
