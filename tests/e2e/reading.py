"""What a service has stored, read by its own code in a process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import service

_PROGRAM = """
import json, sys
from issues.events import open_event
from issues.models import Event, EventUser, Issue, Tag
from issues.titles import describe
issues = Issue.objects.in_bulk()
users = dict(EventUser.objects.values_list("id", "identity"))
tags = {row.id: (row.key, row.value) for row in Tag.objects.all()}
for row in Event.objects.order_by("received_at"):
    issue = issues[row.issue_id]
    payload = open_event(row).payload
    line = {
        "project": row.project_id,
        "event_id": row.event_id.hex,
        "issue": {
            "id": issue.id, "title": issue.title, "type": issue.type,
            "value": issue.value, "culprit": issue.culprit, "kind": issue.kind,
        },
        "user": users.get(row.user_id),
        "tags": dict(tags[one] for one in row.tag_ids),
        "level": row.level,
        "payload": payload,
        "title": describe(payload).title if payload else "",
    }
    print("EVENT", json.dumps(line))
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the service keeps it, with its issue's texts."""

    project: int
    event_id: str
    issue: dict[str, Any]
    # "id:…" and the like.
    user: str | None
    tags: dict[str, str]
    level: int
    # None: beyond the sample, and only counted.
    payload: dict[str, Any] | None
    # Its own title: an issue has that of its newest event.
    title: str


def stored_events(data: Path) -> dict[str, Stored]:
    """All events of a running service, by id."""
    done = service.run("shell", "--no-imports", "--command", _PROGRAM, data=data)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    rows = [json.loads(line[6:]) for line in lines if line.startswith("EVENT ")]
    return {row["event_id"]: Stored(**row) for row in rows}
