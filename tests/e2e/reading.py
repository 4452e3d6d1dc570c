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


# What came besides events, each kind as a list of rows.
_OTHERS = """
import json
from django.db.models import Sum
from ingest.models import OutcomeCount
from issues.models import Attachment, UserReport
from monitors.models import CheckIn
from releases.models import Release, SessionState
from releases.session import Health
places = ("category", "outcome")
print("OTHERS", json.dumps({
    "files": [
        (one.event_id.hex, one.name, one.size) for one in Attachment.objects.all()
    ],
    "reports": [
        (one.event_id.hex if one.event_id else None, one.comments, one.email)
        for one in UserReport.objects.all()
    ],
    "sessions": [
        (one.sid.hex, Health(one.health).name.lower())
        for one in SessionState.objects.all()
    ],
    "runs": [
        (one.monitor.slug, one.status)
        for one in CheckIn.objects.select_related("monitor")
    ],
    "releases": list(Release.objects.values_list("version", flat=True)),
    "counts": list(OutcomeCount.objects.values_list(*places).annotate(Sum("count"))),
}))
"""


@dataclass(frozen=True, slots=True)
class Others:
    """What a service keeps besides events; ids are 32 hexadecimal digits."""

    # (event's id, name, bytes).
    files: list[tuple[str, str, int]]
    # (id of the event that it is about, text, address).
    reports: list[tuple[str | None, str, str]]
    # (id, how it went at the worst).
    sessions: list[tuple[str, str]]
    # (monitor's slug, status).
    runs: list[tuple[str, str]]
    releases: list[str]
    # (category, outcome, how many).
    counts: list[tuple[str, str, int]]


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
    rows = _printed(data, _PROGRAM, "EVENT ")
    return {row["event_id"]: Stored(**row) for row in rows}


def stored_others(data: Path) -> Others:
    """All else that a running service keeps of what it was sent."""
    (parts,) = _printed(data, _OTHERS, "OTHERS ")
    # JSON has made lists of what are rows.
    told: dict[str, Any] = {
        name: [tuple(row) if isinstance(row, list) else row for row in rows]
        for name, rows in parts.items()
    }
    return Others(**told)


def _printed(data: Path, program: str, label: str) -> list[Any]:
    """What the program prints behind the label."""
    done = service.run("shell", "--no-imports", "--command", program, data=data)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return [
        json.loads(line.removeprefix(label)) for line in lines if line.startswith(label)
    ]
