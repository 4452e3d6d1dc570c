"""Two groupings side by side, as the page that compares issues shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from issues.grouping import Part
from issues.grouping.comparison import Row, Side, compare
from issues.presentation.why import difference, hint_of, name_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A part on one side; `hint` says why it does not count."""

    name: str
    text: str
    hint: str
    depth: int
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What stands at one place; `is_first`: it separates the two."""

    left: Cell | None
    right: Cell | None
    is_same: bool
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`hidden` lines count on neither side, and are shown only when asked for."""

    sentence: str
    lines: list[Line]
    hidden: int
    are_one: bool


def compared(
    left: Sequence[Part], right: Sequence[Part], *, with_all: bool
) -> Compared:
    found = compare(left, right)
    numbered = list(enumerate(found.rows))
    shown = [(i, row) for i, row in numbered if with_all or _counts(row)]
    return Compared(
        sentence=difference(found),
        lines=[_line(row, is_first=i == found.first) for i, row in shown],
        hidden=len(numbered) - len(shown),
        are_one=found.first is None,
    )


def _counts(row: Row) -> bool:
    return any(side is not None and side.counts for side in (row.left, row.right))


def _line(row: Row, *, is_first: bool) -> Line:
    return Line(
        left=_cell(row.left),
        right=_cell(row.right),
        is_same=row.is_same,
        is_first=is_first,
    )


def _cell(side: Side | None) -> Cell | None:
    if side is None:
        return None
    return Cell(
        name=name_of(side.component),
        text=text_of(side.values),
        hint=hint_of(side.hint),
        depth=min(side.depth, 3),
        counts=side.counts,
    )
