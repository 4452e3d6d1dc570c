"""Pages of an issue's events that match a filter, at a bounded price.

Only the time of receipt stands in an index of an issue's events. So a page looks
through them in that order, up to a limit, and says how far it came: whoever wants more
goes on from there. What matches often fills the page at once; what matches rarely costs
as much as the limit says, however many events the issue has.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from issues.eventsearch import EventFilter
from projects.moments import micros_of, moment_of

# Rows that a page looks at: 10,000 take 25 ms (one core of two, rows of 1.5 KB in
# memory). What is common is found among the first few.
LOOKED_AT = 10_000
_FIRST_LOOK = 400
# Of merged issues each offers its own next events: so many are read of all together, or
# a page of each.
_READ = 50_000
# A clock of a sender may be that far ahead; what is later is received later, too.
_AHEAD = timedelta(minutes=2)
# An event of a window of time that was received later than this after it is not looked
# for: SDKs that were offline send late.
LATE = timedelta(hours=1)

_CURSOR = re.compile(r"(\d{1,17}):([0-9a-f]{32}):([01])")

# When an event was received, and its id: what events are ordered by.
Key = tuple[datetime, uuid.UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as tables show it: no payload is read."""

    issue_id: int
    event_id: uuid.UUID
    received_at: datetime
    timestamp: datetime
    level: int
    user_id: int | None
    tag_ids: list[int]
    # False: it was beyond the hour's sample, and only counted.
    has_payload: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page holds what stands before (newer) or after (older) this event."""

    key: Key
    is_backward: bool

    def __str__(self) -> str:
        received_at, event_id = self.key
        return f"{micros_of(received_at)}:{event_id.hex}:{int(self.is_backward)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    """Rows, newest first, and the cursors of the pages around them."""

    rows: list[EventRow]
    newer: Place | None = None
    older: Place | None = None
    # Set where the search ended before the page was full and before the last event:
    # it looked no further than this, at so many events.
    looked_to: datetime | None = None
    looked_at: int = 0


def read_place(cursor: str) -> Place | None:
    """The place that a cursor names; None for a text that is none."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        return None
    key = (moment_of(int(match[1])), uuid.UUID(match[2]))
    return Place(key=key, is_backward=match[3] == "1")


def page_of_events(
    issue_ids: Sequence[int],
    wanted: EventFilter,
    *,
    place: Place | None = None,
    limit: int,
) -> EventsPage:
    """The events of the issues that match, from a place on (None: the newest)."""
    if wanted.finds_nothing:
        return EventsPage(rows=[])
    found, depth = _Look(rows=[], last=None), 0
    for depth in _depths(len(issue_ids), wanted, limit):
        found = _look(issue_ids, wanted, place, limit + 1, depth)
        if found.last is None or len(found.rows) > limit:
            break
    return _page(found, place, limit, depth)


def _depths(issues: int, wanted: EventFilter, limit: int) -> tuple[int, ...]:
    """How many events are looked at, at first and where those do not fill the page."""
    if wanted.finds_all:
        return (limit + 1,)
    deepest = min(LOOKED_AT, max(limit + 1, _READ // max(1, issues)))
    return (_FIRST_LOOK, deepest) if deepest > _FIRST_LOOK else (deepest,)


@dataclass(frozen=True, slots=True)
class _Look:
    """Matching rows in reading direction."""

    rows: list[EventRow]
    # The last event looked at, where there may be more; None where all were seen.
    last: Key | None


# Each issue offers its own next events, so that the index serves several as one; why
# the planner must not know how many: see issues.events.
# Gives what matches and, last and with no issue, the event at which the look ended.
_STATEMENT = """
WITH seen AS MATERIALIZED (
    SELECT e.* FROM unnest(%(issues)s::int4[]) AS one(issue_id)
    CROSS JOIN LATERAL (
        SELECT issue_id, event_id, received_at, "timestamp", level, user_id, tag_ids,
            payload IS NOT NULL AS has_payload
        FROM issues_event WHERE issue_id = one.issue_id {bounds}
        ORDER BY received_at {order}, event_id {order} LIMIT (SELECT %(depth)s)
    ) e
    ORDER BY received_at {order}, event_id {order} LIMIT %(depth)s
)
(SELECT * FROM seen WHERE {where}
 ORDER BY received_at {order}, event_id {order} LIMIT %(limit)s)
UNION ALL
(SELECT NULL, event_id, received_at, NULL, NULL, NULL, NULL, NULL FROM seen
 ORDER BY received_at {order}, event_id {order} LIMIT 1 OFFSET %(depth)s - 1)
"""


def _look(
    issue_ids: Sequence[int],
    wanted: EventFilter,
    place: Place | None,
    limit: int,
    depth: int,
) -> _Look:
    bounds, parameters = _bounds(wanted, place)
    where, more = _where(wanted)
    statement = _STATEMENT.format(
        bounds=bounds,
        where=where,
        order="ASC" if place is not None and place.is_backward else "DESC",
    )
    parameters |= more | {"issues": list(issue_ids), "depth": depth, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    last = None
    if rows and rows[-1]["issue_id"] is None:
        end = rows.pop()
        last = (end["received_at"], end["event_id"])
    return _Look(rows=[EventRow(**row) for row in rows], last=last)


def _bounds(wanted: EventFilter, place: Place | None) -> tuple[str, dict[str, Any]]:
    """What the index can skip: by the place, and by when events can have come."""
    clauses, parameters = list[str](), dict[str, Any]()
    if place is not None:
        compare = ">" if place.is_backward else "<"
        # Both say the same; only the first lets PostgreSQL skip days.
        clauses += [
            f"received_at {compare}= %(at)s",
            f"(received_at, event_id) {compare} (%(at)s, %(id)s)",
        ]
        parameters |= {"at": place.key[0], "id": place.key[1]}
    if wanted.since is not None:
        clauses.append("received_at >= %(received_since)s")
        parameters["received_since"] = wanted.since - _AHEAD
    if wanted.until is not None:
        clauses.append("received_at < %(received_until)s")
        parameters["received_until"] = wanted.until + LATE
    return "".join(f" AND {clause}" for clause in clauses), parameters


def _where(wanted: EventFilter) -> tuple[str, dict[str, Any]]:
    clauses, parameters = ["true"], dict[str, Any]()
    for number, group in enumerate(wanted.tags):
        clauses.append(f"tag_ids && %(tags{number})s::int4[]")
        parameters[f"tags{number}"] = list(group)
    for number, group in enumerate(wanted.users):
        clauses.append(f"user_id = ANY(%(users{number})s::int4[])")
        parameters[f"users{number}"] = list(group)
    if wanted.no_tags:
        clauses.append("NOT tag_ids && %(no_tags)s::int4[]")
        parameters["no_tags"] = list(wanted.no_tags)
    if wanted.no_users:
        clauses.append("(user_id IS NULL OR user_id <> ALL(%(no_users)s::int4[]))")
        parameters["no_users"] = list(wanted.no_users)
    if wanted.levels is not None:
        clauses.append("level = ANY(%(levels)s::int2[])")
        parameters["levels"] = list(wanted.levels)
    for name, compare in (("since", ">="), ("until", "<")):
        bound = getattr(wanted, name)
        if bound is not None:
            clauses.append(f'"timestamp" {compare} %({name})s')
            parameters[name] = bound
    return " AND ".join(clauses), parameters


def _page(found: _Look, place: Place | None, limit: int, looked_at: int) -> EventsPage:
    """The page of up to limit + 1 rows in reading direction."""
    is_backward = place is not None and place.is_backward
    rows = found.rows[:limit]
    is_full = len(found.rows) > limit
    ahead = _key(rows[-1]) if is_full else found.last
    behind = _key(rows[0]) if rows and place is not None else None
    if is_backward:
        rows.reverse()
    before, after = (ahead, behind) if is_backward else (behind, ahead)
    return EventsPage(
        rows=rows,
        newer=Place(key=before, is_backward=True) if before else None,
        older=Place(key=after, is_backward=False) if after else None,
        looked_to=None if is_full or found.last is None else found.last[0],
        looked_at=looked_at,
    )


def _key(row: EventRow) -> Key:
    return row.received_at, row.event_id
