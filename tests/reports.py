"""Lets users say something of events."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from issues import reports
from issues.events import latest_event
from issues.models import Issue, UserReport
from issues.reports import NewReport
from projects.models import Project


def say(
    project: Project, comments: str, *, about: Issue | None = None, **fields: Any
) -> UserReport:
    event = latest_event(about.pk) if about else None
    values: dict[str, Any] = {
        "received_at": datetime.now(UTC),
        "event_id": event.event_id if event else None,
        "feedback_id": None if event else uuid.uuid4(),
        "name": "Ann Lee",
        "email": "ann@example.com",
        **fields,
    }
    reports.store([NewReport(project_id=project.pk, comments=comments, **values)])
    return UserReport.objects.latest("pk")
