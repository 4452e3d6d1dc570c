"""A release with events and sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from projects.models import Project
from releases.models import Release
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
)
from tests.factories import store as store_events
from tests.sessions import make_update, store

NOW = datetime.now(UTC)


@pytest.fixture
def release(project: Project) -> Release:
    """Three events of one issue, four sessions of three users; one crashed."""
    for number in range(3):
        payload = make_payload(
            release="shop@1.0.0",
            environment="production",
            exception={"values": [make_exception("KeyError")]},
            timestamp=(NOW - timedelta(hours=number)).timestamp(),
        )
        store_events(make_event(project, payload))
    at = NOW.isoformat()
    for did, status in [
        ("a", "exited"),
        ("b", "exited"),
        ("b", "ok"),
        ("c", "crashed"),
    ]:
        update = make_update(did=did, status=status, started=at)
        store(project, update, received_at=NOW)
    return Release.objects.get()
