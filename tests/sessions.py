"""Makes what SDKs send of sessions, and stores it as the digest does."""

from __future__ import annotations

import itertools
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from ingest.envelope import Item
from ingest.items.kind import Context
from ingest.items.sessions import SESSIONS
from ingest.stream import Entry
from projects.models import Project
from releases.session import SessionGroups, SessionUpdate

_numbers = itertools.count(1)

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def make_update(**fields: Any) -> dict[str, Any]:
    """A session that has just begun, of a user of its own."""
    release = fields.pop("release", "shop@1.0.0")
    environment = fields.pop("environment", "production")
    return {
        "sid": str(uuid.uuid4()),
        "did": f"user-{next(_numbers)}",
        "init": True,
        "started": NOW.isoformat(),
        "timestamp": NOW.isoformat(),
        "status": "ok",
        "errors": 0,
        "attrs": {"release": release, "environment": environment},
        **fields,
    }


def make_groups(*groups: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    """Sessions as a server's SDK counts them."""
    return {
        "aggregates": [{"started": NOW.isoformat(), **group} for group in groups],
        "attrs": {"release": "shop@1.0.0", "environment": "production", **attrs},
    }


def read(
    payload: object,
    *,
    project_id: int = 1,
    received_at: datetime = NOW,
    sent_at: datetime | None = None,
) -> SessionUpdate | SessionGroups:
    """The payload as the digest reads it. Raises Refusal."""
    is_group = isinstance(payload, dict) and "aggregates" in payload
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    item = Item({"type": "sessions" if is_group else "session"}, memoryview(data))
    record: SessionUpdate | SessionGroups = SESSIONS.read(
        item, Context(_entry(project_id, received_at), {}, sent_at)
    )
    return record


def store(
    project: Project, *payloads: dict[str, Any], received_at: datetime = NOW
) -> None:
    """Counts the payloads as one batch."""
    records = [
        read(payload, project_id=project.pk, received_at=received_at)
        for payload in payloads
    ]
    with transaction.atomic():
        SESSIONS.store(records)


def _entry(project_id: int, received_at: datetime) -> Entry:
    return Entry(
        project_id=project_id,
        key_id=1,
        received_at=received_at,
        kind="envelope",
        encoding="",
        event_id="",
        client="",
        remote_ip="",
        user_agent="",
        body=b"",
    )
