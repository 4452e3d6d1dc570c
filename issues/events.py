"""Stored events: one with its payload, and the way from one to the next."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC

from django.db.models import Q, QuerySet

from issues import dictionaries
from issues.event import Event as Payload
from issues.models import Event, EventPart
from issues.payloads import unpack


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
    if row.payload is None:
        return StoredEvent(row, None)
    parts = _parts_of(row)
    payload = unpack(
        bytes(row.payload),
        dictionaries.by_id(row.dictionary_id),
        parts.get(row.stack_part),
        parts.get(row.modules_part),
    )
    return StoredEvent(row, payload)


def latest_event(issue_id: int) -> Event | None:
    """The newest event of the issue that has its payload, else the newest."""
    newest = events_of_issue(issue_id)
    return newest.filter(payload__isnull=False).first() or newest.first()


def oldest_event(issue_id: int) -> Event | None:
    return events_of_issue(issue_id).reverse().first()


def events_of_issue(issue_id: int) -> QuerySet[Event]:
    """The issue's stored events, newest first."""
    return Event.objects.filter(issue_id=issue_id).order_by("-received_at", "-event_id")


def neighbours(row: Event) -> Neighbours:
    """The events before and after this one, in the order in which they came."""
    events = events_of_issue(row.issue_id).only("event_id")
    is_older = Q(received_at__lt=row.received_at) | Q(
        received_at=row.received_at, event_id__lt=row.event_id
    )
    is_newer = Q(received_at__gt=row.received_at) | Q(
        received_at=row.received_at, event_id__gt=row.event_id
    )
    older = events.filter(is_older).first()
    newer = events.filter(is_newer).reverse().first()
    return Neighbours(
        older.event_id if older else None, newer.event_id if newer else None
    )


def _parts_of(row: Event) -> dict[uuid.UUID | None, bytes]:
    wanted = [part for part in (row.stack_part, row.modules_part) if part]
    if not wanted:
        return {}
    found = EventPart.objects.filter(
        day=row.received_at.astimezone(UTC).date(),
        project_id=row.project_id,
        hash__in=wanted,
    )
    return {part.hash: bytes(part.data) for part in found}
