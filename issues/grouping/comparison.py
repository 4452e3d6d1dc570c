"""Why two events are two issues: their parts side by side, and what separates them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from issues.grouping.parts import Part
from issues.grouping.v1.holes import without_kinds


class Side(NamedTuple):
    """A part as it stands in one of the groupings, without the parts in it.

    ``counts`` is false where a hint stands at the part or at one that it is in.
    """

    depth: int
    component: str
    values: tuple[str, ...]
    hint: str
    counts: bool


class Row(NamedTuple):
    """What stands at one place; None where one of the two has nothing there."""

    left: Side | None
    right: Side | None
    is_same: bool


class Comparison(NamedTuple):
    """The rows in their order, and the place of the first one that separates.

    ``first`` is None where the same parts count in both.
    """

    rows: tuple[Row, ...]
    first: int | None


def compare(left: Sequence[Part], right: Sequence[Part]) -> Comparison:
    """The parts of two groupings, aligned."""
    rows = tuple(_aligned(list(_flat(left)), list(_flat(right))))
    places = (place for place, row in enumerate(rows) if _separates(row))
    return Comparison(rows, next(places, None))


def _flat(parts: Sequence[Part], depth: int = 0, counts: bool = True) -> Iterator[Side]:
    for part in parts:
        own = counts and part.contributes
        yield Side(depth, part.component, part.values, part.hint, own)
        yield from _flat(part.parts, depth + 1, own)


def _aligned(left: list[Side], right: list[Side]) -> Iterator[Row]:
    a_keys, b_keys = list(map(_key, left)), list(map(_key, right))
    matcher = SequenceMatcher(None, a_keys, b_keys, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(left[a:a_end], right[b:b_end], strict=True)
            for one, other in pairs:
                yield Row(one, other, one.counts == other.counts)
        else:
            yield from _unequal(left[a:a_end], right[b:b_end])


def _key(side: Side) -> tuple[int, str, tuple[str, ...]]:
    """What must be the same; the kinds of variable data need not be."""
    values = side.values
    if side.component in ("message", "value"):
        values = tuple(without_kinds(value) for value in values)
    return side.depth, side.component, values


def _unequal(left: list[Side], right: list[Side]) -> Iterator[Row]:
    """Parts of one kind at one depth stand side by side, the others alone."""
    while left and right:
        one, other = left[0], right[0]
        if one[:2] == other[:2]:
            yield Row(left.pop(0), right.pop(0), is_same=False)
        elif one[:2] in [side[:2] for side in right]:
            yield Row(None, right.pop(0), is_same=False)
        else:
            yield Row(left.pop(0), None, is_same=False)
    yield from (Row(side, None, is_same=False) for side in left)
    yield from (Row(None, side, is_same=False) for side in right)


def _separates(row: Row) -> bool:
    if row.is_same:
        return False
    told = [side for side in (row.left, row.right) if side and side.counts]
    # What only holds other parts is told by them.
    return any(side.values for side in told)
