"""Stored events: one with its payload, and the way from one to the next."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from issues import dictionaries
from issues.event import Event as Payload
from issues.models import Event
from issues.payloads import unpack
from projects.postgres import run, run_planned

# What an issue's events are ordered by: when one was received, and its id.
Key = tuple[datetime, uuid.UUID]

# Day, project and hash of an EventPart.
_PartKey = tuple[date, int, uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event's row with what it holds."""

    row: Event
    # None: the event was beyond the hour's sample, and only counted.
    payload: Payload | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The ids of the events around one in its issue; None at the ends."""

    older: uuid.UUID | None
    newer: uuid.UUID | None


def load_event(project_id: int, event_id: uuid.UUID) -> StoredEvent | None:
    """The event with its payload; None when it was never stored or is gone."""
    row = Event.objects.filter(project_id=project_id, event_id=event_id).first()
    return open_event(row) if row else None


def open_event(row: Event) -> StoredEvent:
    """The row's payload put together from its parts."""
    return open_events([row])[0]


def open_events(rows: Sequence[Event]) -> list[StoredEvent]:
    """The rows' payloads, in their order; one statement for the parts of all."""
    parts = _parts_of(rows)
    return [_open(row, parts) for row in rows]


def latest_event(*issue_ids: int) -> Event | None:
    """The newest event of the issues that has its payload, else the newest.

    Looked for among the newest and, where a flood was only counted since, among the
    first of its hour: those are kept.
    """
    newest = next(iter(events_of(issue_ids, 1)), None)
    if newest is None or newest.payload is not None:
        return newest
    parameters = {
        "issues": list(issue_ids),
        "count": _LOOKED_AT,
        "hour": newest.received_at.replace(minute=0, second=0, microsecond=0),
    }
    return next(iter(_read_events(_NEWEST_KEPT, parameters)), newest)


_NAMES = [field.attname for field in Event._meta.concrete_fields]
_COLUMNS = ", ".join(f"e.{name}" for name in _NAMES)

_NEWEST_OF_EACH = f"""
SELECT {_COLUMNS} FROM unnest((SELECT %(issues)s::int4[])) AS one (issue_id)
CROSS JOIN LATERAL (
    SELECT * FROM issues_event WHERE issue_id = one.issue_id
    ORDER BY received_at DESC, event_id DESC LIMIT 1
) AS e
"""


def newest_of_each(issue_ids: Iterable[int]) -> list[Event]:
    """The newest stored event of each of the issues that has one."""
    return _read_events(_NEWEST_OF_EACH, {"issues": sorted(set(issue_ids))})


def oldest_event(*issue_ids: int) -> Event | None:
    oldest = events_of(issue_ids, 1, oldest_first=True)
    return oldest[0] if oldest else None


# Each source of a family offers its next few from its own index, and of these the next
# are taken: reading them in one go would sort all events of a day. The planner must not
# know how many: it believes that no issue has many events, and would read and sort all
# of a busy one as soon as more are wanted than that. Nor whose, and since when: it then
# keeps its plan, and to plan a reading of 90 days takes longer than the reading.
_NEXT = f"""
SELECT {_COLUMNS} FROM unnest((SELECT %(issues)s::int4[])) AS one (issue_id)
CROSS JOIN LATERAL (
    SELECT * FROM issues_event WHERE issue_id = one.issue_id {{where}}
    ORDER BY received_at {{order}}, event_id {{order}} LIMIT (SELECT %(count)s::int8)
) AS e
ORDER BY received_at {{order}}, event_id {{order}} LIMIT %(count)s::int8
"""
# Both say the same; only the first lets PostgreSQL skip days.
_OLDER = """AND received_at <= %(received_at)s::timestamptz
    AND (received_at, event_id) < (%(received_at)s::timestamptz, %(event_id)s::uuid)"""
_NEWER = """AND received_at >= %(received_at)s::timestamptz
    AND (received_at, event_id) > (%(received_at)s::timestamptz, %(event_id)s::uuid)"""


def events_of(
    issue_ids: Iterable[int],
    count: int,
    *,
    oldest_first: bool = False,
    beyond: Key | None = None,
) -> list[Event]:
    """Up to `count` stored events that carry these ids, newest first.

    `issue_ids`: an issue's own, or those of its family; `beyond`: an event that they
    come after in that order.
    """
    where = (_NEWER if oldest_first else _OLDER) if beyond else ""
    statement = _NEXT.format(where=where, order="ASC" if oldest_first else "DESC")
    parameters: dict[str, Any] = {"issues": list(issue_ids), "count": count}
    if beyond:
        parameters |= {"received_at": beyond[0], "event_id": beyond[1]}
    return _read_events(statement, parameters)


_SINCE = "AND received_at >= (SELECT %(hour)s::timestamptz)"
# The newest that has its payload, of so many newest ones and of so many since an hour.
_NEWEST_KEPT = f"""
SELECT * FROM (
    {_NEXT.format(where="", order="DESC")}
) AS newest WHERE payload IS NOT NULL
UNION ALL
SELECT * FROM (
    {_NEXT.format(where=_SINCE, order="ASC")}
) AS first WHERE payload IS NOT NULL
ORDER BY received_at DESC, event_id DESC LIMIT 1
"""
_LOOKED_AT = 1_000


def _read_events(statement: str, parameters: dict[str, Any]) -> list[Event]:
    rows = run_planned(statement, parameters)
    return [Event.from_db(DEFAULT_DB_ALIAS, _NAMES, row) for row in rows]


_NEIGHBOURS = f"""
SELECT true, event_id FROM ({_NEXT.format(where=_OLDER, order="DESC")}) AS older
UNION ALL
SELECT false, event_id FROM ({_NEXT.format(where=_NEWER, order="ASC")}) AS newer
"""


def neighbours(row: Event, family: Sequence[int] = ()) -> Neighbours:
    """The events before and after this one, in the order in which they came.

    `family`: the ids of its issue's family; without it, among those of its own source.
    """
    parameters: dict[str, Any] = {
        "issues": list(family) or [row.issue_id],
        "count": 1,
        "received_at": row.received_at,
        "event_id": row.event_id,
    }
    found: dict[bool, uuid.UUID] = dict(run_planned(_NEIGHBOURS, parameters))
    return Neighbours(older=found.get(True), newer=found.get(False))


def _open(row: Event, parts: dict[_PartKey, bytes]) -> StoredEvent:
    if row.payload is None:
        return StoredEvent(row, None)
    day = row.received_at.astimezone(UTC).date()
    payload = unpack(
        bytes(row.payload),
        dictionaries.by_id(row.dictionary_id),
        parts.get((day, row.project_id, row.stack_part)),
        parts.get((day, row.project_id, row.modules_part)),
    )
    return StoredEvent(row, payload)


def _parts_of(rows: Iterable[Event]) -> dict[_PartKey, bytes]:
    wanted: set[_PartKey] = {
        (row.received_at.astimezone(UTC).date(), row.project_id, part)
        for row in rows
        if row.payload is not None
        for part in (row.stack_part, row.modules_part)
        if part
    }
    if not wanted:
        return {}
    # Days, projects and hashes each on their own find a few rows too many at most.
    asked = [list(set(one)) for one in zip(*wanted, strict=True)]
    found = run(_PARTS, *asked)
    return {(day, project, hash): data for day, project, hash, data in found}


# Parameters: days, projects, hashes. Planned each time, it reads one day of ninety.
_PARTS = """
SELECT day, project_id, hash, data FROM issues_eventpart
WHERE day = ANY(%s::date[]) AND project_id = ANY(%s::int4[]) AND hash = ANY(%s::uuid[])
"""
