"""An event as the API tells it. Source: protocol.md, "MCP server client"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from issues.api.entries import EntryShape, entries_json
from issues.event import Event as Payload
from issues.events import Neighbours, StoredEvent, open_events
from issues.merging.families import seen_instead
from issues.models import Event, EventUser, Issue, Level, Tag
from issues.tagcounts import OTHER
from issues.titles import Description, describe

# How the identity of an EventUser begins, and the field that holds the rest.
_USER_FIELDS = {
    "id": "id",
    "email": "email",
    "username": "username",
    "ip": "ip_address",
}


class EventTagShape(TypedDict):
    key: str
    value: str


class EventUserShape(TypedDict):
    id: str | None
    email: str | None
    username: str | None
    name: str | None
    ip_address: str | None


class EventReleaseShape(TypedDict):
    version: str


class EventSummaryShape(TypedDict):
    id: str
    eventID: str
    groupID: str
    projectID: str
    title: str
    message: str
    type: str
    level: str
    platform: str
    culprit: str
    location: str | None
    metadata: dict[str, Any]
    tags: list[EventTagShape]
    user: EventUserShape | None
    dateCreated: datetime
    dateReceived: datetime
    crashFile: str | None
    # False: beyond the sample of full payloads, the event was only counted.
    hasPayload: bool


class EventShape(EventSummaryShape):
    entries: list[EntryShape]
    contexts: dict[str, Any]
    # What SDKs call extra.
    context: dict[str, Any]
    packages: dict[str, str]
    sdk: dict[str, Any] | None
    release: EventReleaseShape | None
    dist: str | None
    environment: str | None
    fingerprint: list[str]
    errors: list[dict[str, Any]]


class EventDetailShape(EventShape):
    previousEventID: str | None
    nextEventID: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """An event with what is stored about it elsewhere."""

    stored: StoredEvent
    issue: Issue
    tags: list[EventTagShape]
    # EventUser.identity; None where the event named nobody.
    identity: str | None

    @property
    def description(self) -> Description:
        """What the event itself is called; its issue's name where nobody knows."""
        if self.stored.payload is not None:
            return describe(self.stored.payload)
        issue = self.issue
        return Description(
            issue.kind,
            issue.title,
            issue.type,
            issue.value,
            issue.culprit,
            issue.metadata,
        )


def told_events(rows: Sequence[Event]) -> list[ToldEvent]:
    """The events with their payloads, tags, users and issues, in their order.

    The same four statements however many events there are.
    """
    issues = seen_instead(row.issue_id for row in rows)
    tags = Tag.objects.in_bulk({tag for row in rows for tag in row.tag_ids})
    users = EventUser.objects.in_bulk({row.user_id for row in rows if row.user_id})
    return [
        ToldEvent(
            stored=stored,
            issue=issues[stored.row.issue_id],
            tags=_tags(stored, tags),
            identity=_identity(stored.row, users),
        )
        for stored in open_events(rows)
        # Retention or a deletion may run between the statements.
        if stored.row.issue_id in issues
    ]


def summary_json(event: ToldEvent) -> EventSummaryShape:
    row, payload, described = event.stored.row, event.stored.payload, event.description
    entry = payload.get("logentry") if payload else None
    return {
        "id": row.event_id.hex,
        "eventID": row.event_id.hex,
        "groupID": str(event.issue.pk),
        "projectID": str(row.project_id),
        "title": described.title,
        "message": entry["formatted"] if entry else described.value,
        "type": described.kind,
        "level": Level(row.level).name.lower(),
        "platform": payload["platform"] if payload else event.issue.platform,
        "culprit": described.culprit,
        "location": described.metadata.get("filename"),
        "metadata": described.metadata,
        "tags": event.tags,
        "user": _user_json(payload, event.identity),
        "dateCreated": row.timestamp,
        "dateReceived": row.received_at,
        "crashFile": None,
        "hasPayload": payload is not None,
    }


def event_json(event: ToldEvent) -> EventShape:
    """All of the event; what only its payload holds is empty without one."""
    payload: Any = event.stored.payload or {}
    tags = {tag["key"]: tag["value"] for tag in event.tags}
    release = payload.get("release") or tags.get("release")
    return {
        **summary_json(event),
        "entries": entries_json(payload),
        "contexts": payload.get("contexts", {}),
        "context": payload.get("extra", {}),
        "packages": payload.get("modules", {}),
        "sdk": payload.get("sdk"),
        "release": {"version": release} if release else None,
        "dist": payload.get("dist") or tags.get("dist"),
        "environment": payload.get("environment") or tags.get("environment"),
        "fingerprint": payload.get("fingerprint", []),
        "errors": payload.get("errors", []),
    }


def detail_json(event: ToldEvent, around: Neighbours) -> EventDetailShape:
    return {
        **event_json(event),
        "previousEventID": around.older.hex if around.older else None,
        "nextEventID": around.newer.hex if around.newer else None,
    }


def _tags(stored: StoredEvent, tags: dict[int, Tag]) -> list[EventTagShape]:
    """The event's tags by key; where only "other" was counted, the value sent."""
    sent = dict(stored.payload.get("tags", ())) if stored.payload else {}
    told: list[EventTagShape] = []
    for tag_id in stored.row.tag_ids:
        tag = tags.get(tag_id)
        if tag is not None:
            value = sent.get(tag.key, "") if tag.value == OTHER else tag.value
            told.append({"key": tag.key, "value": value})
    return sorted(told, key=lambda tag: tag["key"])


def _identity(row: Event, users: dict[int, EventUser]) -> str | None:
    user = users.get(row.user_id) if row.user_id else None
    return user.identity if user else None


def _user_json(payload: Payload | None, identity: str | None) -> EventUserShape | None:
    """Strings only: clients refuse a user with anything else."""
    fields: Any = payload.get("user", {}) if payload else {}
    if not fields and identity:
        prefix, _, value = identity.partition(":")
        fields = {_USER_FIELDS.get(prefix, "id"): value}
    if not fields:
        return None
    return {
        "id": fields.get("id"),
        "email": fields.get("email"),
        "username": fields.get("username"),
        "name": fields.get("name"),
        "ip_address": fields.get("ip_address"),
    }
