"""Where a page of the issue list begins, as text that fits a URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_CURSOR = re.compile(r"([np])\.(-?\d{1,18})\.(\d{1,10})\.(\d{1,9})")


class CursorError(ValueError):
    """A cursor that no page gave out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What tells of a dear key before it is computed, as SQL."""

    # Whose keys are dear, by the state `s`. All others' are lower, and below zero.
    where: str
    # A SELECT of issues and what their keys, where they are dear, never exceed; of
    # issues that are not in it, zero.
    bounds: str
    # A key that is lower is not dear.
    least: int


class Sort(StrEnum):
    """The orders of the list, each from high to low."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    EVENTS = "events"
    USERS = "users"
    PRIORITY = "priority"
    TREND = "trend"

    @property
    def key(self) -> str:
        """The whole number that is sorted by, as SQL over the state `s`.

        `%(hour)s` in it is the running hour.
        """
        return _KEYS[self]

    @property
    def bounds(self) -> Bounds | None:
        """Where most keys are dear: how to come by the highest without them."""
        return _TREND_BOUNDS if self == Sort.TREND else None


# What a day without events costs, and ten times the events or users, a level, or news
# are worth, in thousandths of a point.
_PRIORITY = """(1000 * (s.last_seen_minute / 1440.0::float8
    + log(1 + s.event_count::float8) + log(1 + s.user_count::float8)
    + s.level / 10.0::float8
    + CASE WHEN s.substatus IN (1, 3, 7) THEN 1 ELSE 0 END))::bigint"""

# Seven times the last 24 hours' events less those of the seven days before. What had
# none in the last 24 hours comes after all else, as it was seen.
_TREND = """CASE WHEN s.last_seen_minute / 60 > %(hour)s - 24 THEN (
        SELECT coalesce(sum(CASE WHEN h.hour > %(hour)s - 24 THEN 7 * h.count
            ELSE -h.count END), 0)::bigint
        FROM issues_hourcount h
        WHERE h.issue_id = s.issue_id AND h.hour > %(hour)s - 192)
    ELSE s.last_seen_minute - 1000000000000000 END"""

# The hours of one day stand side by side in their table, those of an issue do not.
_TREND_BOUNDS = Bounds(
    where="s.last_seen_minute >= (%(hour)s - 23) * 60",
    bounds="""SELECT h.issue_id, 7 * sum(h.count) AS bound FROM issues_hourcount h
        WHERE h.project_id = ANY(%(projects)s::int4[]) AND h.hour > %(hour)s - 24
        GROUP BY h.issue_id""",
    least=-900_000_000_000_000,
)

# Minutes are what the index of the default order holds.
_KEYS = {
    Sort.PRIORITY: _PRIORITY,
    Sort.TREND: _TREND,
    Sort.LAST_SEEN: "s.last_seen_minute",
    Sort.FIRST_SEEN: "(extract(epoch FROM s.first_seen) * 1000000)::bigint",
    Sort.EVENTS: "s.event_count",
    Sort.USERS: "s.user_count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A row's key and id: the page holds what follows it in reading direction."""

    key: int
    issue_id: int
    # Rows before the page, or, when read backwards, before the row.
    offset: int
    is_backward: bool

    def __str__(self) -> str:
        direction = "p" if self.is_backward else "n"
        return f"{direction}.{self.key}.{self.issue_id}.{self.offset}"


def read_cursor(text: str) -> Cursor:
    """The cursor of a URL. Raises CursorError.

    >>> str(read_cursor("n.29384.12.25"))
    'n.29384.12.25'
    """
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[3]) > 2**31 - 1:
        raise CursorError(f"expected a cursor of this list, got {text[:80]!r}")
    return Cursor(
        key=int(match[2]),
        issue_id=int(match[3]),
        offset=int(match[4]),
        is_backward=match[1] == "p",
    )
