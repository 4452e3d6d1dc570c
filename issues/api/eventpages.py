"""Pages of a project's events, the newest first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from issues.eventscan import Key, Place, read_place
from issues.models import Event, Status
from projects.api.paging import FIRST, PAST_LAST, Slice, bad_cursor


def page_of_project(project_id: int, *, cursor: str, limit: int) -> Slice[Event]:
    """A page of the project's events. Raises ParseError for an unknown cursor."""
    if cursor == PAST_LAST:
        return Slice(rows=[], previous=None, next=None)
    place = _read(cursor)
    keys = _keys_of_project(project_id, place, limit + 1)
    rows = rows_of(project_id, keys)
    return _slice(rows, place, limit)


# The events of a project stand in no index by time; those of each of its issues do.
# So each issue offers its newest few, and the newest of these are taken: what it costs
# grows with the issues of the project, not with its events.
_BY_ISSUE = """
SELECT e.received_at, e.event_id
FROM issues_issuestate s
CROSS JOIN LATERAL (
    SELECT received_at, event_id FROM issues_event
    WHERE issue_id = s.issue_id
      AND received_at >= %(since)s AND received_at <= %(until)s
      AND (received_at, event_id) {compare} (%(received_at)s, %(event_id)s)
    ORDER BY received_at {order}, event_id {order}
    LIMIT %(count)s
) e
WHERE s.project_id = %(project)s AND s.status <> %(deleted)s
ORDER BY e.received_at {order}, e.event_id {order}
LIMIT %(count)s
"""
# Blocks of events by time: what it costs grows with the events of all projects in it.
_BY_TIME = """
WITH near AS MATERIALIZED (
    SELECT issue_id, received_at, event_id FROM issues_event
    WHERE project_id = %(project)s
      AND received_at >= %(since)s AND received_at <= %(until)s
      AND (received_at, event_id) {compare} (%(received_at)s, %(event_id)s)
)
SELECT received_at, event_id FROM near
WHERE (SELECT s.status FROM issues_issuestate s WHERE s.issue_id = near.issue_id)
    <> %(deleted)s
ORDER BY received_at {order}, event_id {order} LIMIT %(count)s
"""
# How many issues a project has, up to a bound, and when the last of them was seen, as
# the index of the list tells.
_ISSUES = """
SELECT (SELECT count(*) FROM (SELECT FROM issues_issuestate
        WHERE project_id = %(project)s LIMIT %(few)s + 1) AS a_few),
    (SELECT to_timestamp(max(newest.last_seen_minute) * 60)
        FROM unnest(%(statuses)s::int2[]) AS one(status)
        CROSS JOIN LATERAL (SELECT last_seen_minute FROM issues_issuestate
            WHERE project_id = %(project)s AND status = one.status
            ORDER BY last_seen_minute DESC LIMIT 1) newest)
"""
_NEWEST = uuid.UUID(int=2**128 - 1)
# Of so few issues each is asked at once, for so much time first, which is most often
# enough. Where there are more, a minute and ten are looked through before.
_FEW_ISSUES = 2_000
_FIRST_LOOK = timedelta(days=1)
_FOREVER = timedelta(days=36_500)
_MINUTE = timedelta(minutes=1)
_LONGER = 10


def _keys_of_project(project_id: int, place: Place | None, count: int) -> list[Key]:
    """Up to `count` keys beyond the place, the nearest to it first."""
    if place is None:
        # Servers' clocks may differ a little.
        place = Place(
            key=(datetime.now(UTC) + timedelta(hours=1), _NEWEST), is_backward=False
        )
    found = _keys_nearby(project_id, place, count)
    for span in (_FIRST_LOOK, _FOREVER):
        if len(found) == count:
            break
        found = _look(_BY_ISSUE, project_id, place, span, count)
    return found


def _keys_nearby(project_id: int, place: Place, count: int) -> list[Key]:
    """The same of a project of many issues, where minutes hold as many; else fewer."""
    wanted: dict[str, Any] = {
        "project": project_id,
        "few": _FEW_ISSUES,
        "statuses": [status.value for status in Status],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ISSUES, wanted)
        issues, last_seen = cursor.fetchone()
    if issues <= _FEW_ISSUES:
        return []
    # No event may have come for long: time counts from the last.
    idle = timedelta(0)
    if not place.is_backward:
        idle = max(idle, place.key[0] - last_seen)
    found = _look(_BY_TIME, project_id, place, idle + _MINUTE, count)
    if count > len(found) >= count / _LONGER:
        span = idle + _MINUTE * _LONGER
        found = _look(_BY_TIME, project_id, place, span, count)
    return found


def _look(
    template: str, project_id: int, place: Place, span: timedelta, count: int
) -> list[Key]:
    received_at, event_id = place.key
    back, forth = (timedelta(0), span) if place.is_backward else (span, timedelta(0))
    statement = template.format(
        compare=">" if place.is_backward else "<",
        order="ASC" if place.is_backward else "DESC",
    )
    parameters: dict[str, Any] = {
        "project": project_id,
        "deleted": Status.DELETED.value,
        "since": received_at - back,
        "until": received_at + forth,
        "received_at": received_at,
        "event_id": event_id,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(row[0], row[1]) for row in cursor.fetchall()]


def rows_of(project_id: int, keys: Sequence[Key]) -> list[Event]:
    """The events of these keys, in their order."""
    if not keys:
        return []
    moments = [received_at for received_at, _ in keys]
    found = Event.objects.filter(
        project_id=project_id,
        event_id__in=[event_id for _, event_id in keys],
        received_at__range=(min(moments), max(moments)),
    )
    by_key = {(row.received_at, row.event_id): row for row in found}
    return [by_key[key] for key in keys if key in by_key]


def _read(cursor: str) -> Place | None:
    """The place that a cursor names; None is the beginning."""
    if cursor in FIRST:
        return None
    place = read_place(cursor)
    if place is None:
        raise bad_cursor()
    return place


def _slice(found: list[Event], place: Place | None, limit: int) -> Slice[Event]:
    """The page of up to limit + 1 rows in reading direction."""
    has_more = len(found) > limit
    rows = found[:limit]
    is_backward = place is not None and place.is_backward
    if is_backward:
        rows.reverse()
    has_next = has_more or is_backward
    has_previous = has_more if is_backward else place is not None
    return Slice(
        rows=rows,
        previous=_cursor(rows[0], is_backward=True) if rows and has_previous else None,
        next=_cursor(rows[-1], is_backward=False) if rows and has_next else None,
    )


def _cursor(row: Event, *, is_backward: bool) -> str:
    return str(Place(key=(row.received_at, row.event_id), is_backward=is_backward))
