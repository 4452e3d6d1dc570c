"""Attaches files to events; tests that do so need the fixture `data_folder`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from issues import attachments
from issues.attachments import NewAttachment
from issues.events import latest_event
from issues.filestore import Incoming
from issues.models import Attachment, Issue
from projects.models import Project

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def attach(issue: Issue, data: bytes, name: str, **fields: Any) -> Attachment:
    """A file of the issue's event."""
    event = latest_event(issue.pk)
    assert event is not None
    return attach_to(issue.project, event.event_id, data, name, **fields)


def attach_to(
    project: Project, event_id: uuid.UUID, data: bytes, name: str, **fields: Any
) -> Attachment:
    values: dict[str, Any] = {
        "content_type": "",
        "kind": "event.attachment",
        **fields,
    }
    file = NewAttachment(
        project_id=project.pk,
        event_id=event_id,
        received_at=datetime.now(UTC),
        name=name,
        file=Incoming(data),
        has_event=False,
        **values,
    )
    attachments.store([file])
    return Attachment.objects.latest("pk")
