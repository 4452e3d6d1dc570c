"""Stored events: one with its payload, and the way from one to the next."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db.models import Q, QuerySet

from issues import dictionaries
from issues.event import Event as Payload
from issues.models import Event, EventPart
from issues.payloads import unpack

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
    """The newest event of the issues that has its payload, else the newest."""
    newest = events_of_issue(*issue_ids)
    return newest.filter(payload__isnull=False).first() or newest.first()


def oldest_event(*issue_ids: int) -> Event | None:
    return events_of_issue(*issue_ids).reverse().first()


def events_of_issue(*issue_ids: int) -> QuerySet[Event]:
    """The stored events of an issue, newest first.

    Of one with which others are merged, by the ids of its family: see
    issues.merging.families.
    """
    events = Event.objects.filter(issue_id__in=issue_ids)
    return events.order_by("-received_at", "-event_id")


def neighbours(row: Event, family: Sequence[int] = ()) -> Neighbours:
    """The events before and after this one, in the order in which they came.

    `family`: the ids of its issue's family; without it, among those of its own source.
    """
    events = events_of_issue(*(family or [row.issue_id]))
    events = events.only("event_id", "received_at")
    is_older = Q(received_at__lt=row.received_at) | Q(
        received_at=row.received_at, event_id__lt=row.event_id
    )
    is_newer = Q(received_at__gt=row.received_at) | Q(
        received_at=row.received_at, event_id__gt=row.event_id
    )
    # The bounds alone let the index begin at this event, and skip days.
    older = events.filter(is_older, received_at__lte=row.received_at)[:1]
    newer = events.filter(is_newer, received_at__gte=row.received_at).reverse()[:1]
    around = Neighbours(None, None)
    for other in older.union(newer, all=True):
        is_before = (other.received_at, other.event_id.bytes) < _place(row)
        name = "older" if is_before else "newer"
        around = replace(around, **{name: other.event_id})
    return around


def _place(row: Event) -> tuple[datetime, bytes]:
    """What the issue's events are ordered by."""
    return row.received_at, row.event_id.bytes


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
    found = EventPart.objects.filter(
        day__in={day for day, _, _ in wanted},
        project_id__in={project_id for _, project_id, _ in wanted},
        hash__in={part for _, _, part in wanted},
    )
    return {(one.day, one.project_id, one.hash): bytes(one.data) for one in found}
