"""What users report: stored once, linked to event and issue whichever comes first."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from issues import knownevents
from issues.models import Status, UserReport
from issues.newevent import NewEvent
from projects import arrays, postgres
from projects.models import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A user's message, bounded and free of secrets, not stored yet."""

    project_id: int
    received_at: datetime
    # The event that it is about, and its own id; feedback may have only its own.
    event_id: uuid.UUID | None
    feedback_id: uuid.UUID | None
    name: str
    email: str
    comments: str
    url: str = ""

    @property
    def key(self) -> uuid.UUID:
        return key_of(self.event_id or self.feedback_id, self.comments)


def key_of(event_id: uuid.UUID | None, comments: str) -> uuid.UUID:
    """What tells a report: the same text about the same event is the same report."""
    about = event_id.bytes if event_id else b""
    digest = hashlib.sha256(about + comments.encode(errors="replace")).digest()
    return uuid.UUID(bytes=digest[:16])


# Parameters: project ids, keys, event ids, feedback ids, issue ids, times, names,
# addresses, texts, URLs. Gives (project id, key) of those that are new.
_INSERT = """
INSERT INTO issues_userreport (project_id, key, event_id, feedback_id, issue_id,
    received_at, name, email, comments, url, is_resolved)
SELECT n.*, false FROM unnest(%s::int4[], %s::uuid[], %s::uuid[], %s::uuid[],
    %s::int4[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS n(project_id, key, event_id, feedback_id, issue_id, received_at, name, email,
         comments, url)
JOIN projects_project p ON p.id = n.project_id
ON CONFLICT (project_id, key) DO NOTHING
RETURNING project_id, key
"""


def store(reports: Sequence[NewReport]) -> list[bool]:
    """Stores the reports that are new; gives for each whether it was.

    The caller holds a transaction, in which the batch's events are stored.
    """
    unique = {(report.project_id, report.key): report for report in reversed(reports)}
    # In order, so that two who store the same cannot wait for each other.
    rows = [unique[mark] for mark in sorted(unique)]
    issue_of = _issues_of(rows)
    new = postgres.run(
        _INSERT,
        [row.project_id for row in rows],
        [row.key for row in rows],
        [row.event_id for row in rows],
        [row.feedback_id for row in rows],
        issue_of,
        [row.received_at for row in rows],
        [row.name for row in rows],
        [row.email for row in rows],
        [row.comments for row in rows],
        [row.url for row in rows],
    )
    fresh = {(row[0], row[1]) for row in new}
    return [unique[r.project_id, r.key] is r and _mark(r) in fresh for r in reports]


def _mark(report: NewReport) -> tuple[int, uuid.UUID]:
    return report.project_id, report.key


def _issues_of(reports: Sequence[NewReport]) -> list[int | None]:
    """The issues that are known to hold the reports' events."""
    keys = {(r.project_id, r.event_id) for r in reports if r.event_id is not None}
    oldest = min(report.received_at for report in reports)
    known = knownevents.find(keys, since=oldest - _kept())
    events = [
        known.get((report.project_id, report.event_id)) if report.event_id else None
        for report in reports
    ]
    return [event.issue_id if event else None for event in events]


# Parameter: project ids.
_HAS_WAITING = """
SELECT EXISTS (SELECT FROM issues_userreport
    WHERE project_id = ANY(%s::int4[]) AND issue_id IS NULL AND event_id IS NOT NULL)
"""

# Parameters: project ids, event ids, issue ids.
_LINK = """
UPDATE issues_userreport r SET issue_id = n.issue_id
FROM unnest(%s::int4[], %s::uuid[], %s::int4[]) AS n(project_id, event_id, issue_id)
WHERE r.project_id = n.project_id AND r.event_id = n.event_id AND r.issue_id IS NULL
"""


def link(events: Sequence[NewEvent], issue_of: Sequence[int]) -> None:
    """Gives reports that came before their events the events' issues.

    Nearly always none is waiting: to ask costs a batch of 200 a quarter of linking.
    """
    projects = arrays.of_numbers({event.project_id for event in events})
    if not postgres.run(_HAS_WAITING, projects)[0][0]:
        return
    postgres.run(
        _LINK,
        arrays.of_numbers(event.project_id for event in events),
        arrays.of_hashes(event.event_id.bytes for event in events),
        arrays.of_numbers(issue_of),
    )


def of_project(project: Project, *, unresolved: bool) -> QuerySet[UserReport]:
    """The project's reports, newest first; with their issues."""
    rows = UserReport.objects.filter(project=project)
    rows = rows.exclude(issue__state__status=Status.DELETED)
    if unresolved:
        # What belongs to no issue waits until somebody marks it.
        open_issue = (
            Q(issue__isnull=True)
            | Q(issue__state__status=Status.UNRESOLVED)
            | Q(issue__membership__survivor__state__status=Status.UNRESOLVED)
        )
        rows = rows.filter(open_issue, is_resolved=False)
    return _in_order(
        rows.select_related("issue__state", "issue__membership__survivor__state")
    )


def of_issue(*issue_ids: int) -> QuerySet[UserReport]:
    """The reports of an issue, newest first; of a family by all of its ids."""
    rows = UserReport.objects.filter(issue__in=issue_ids)
    return _in_order(rows.select_related("issue__membership__survivor__state"))


def of_event(project_id: int, event_id: uuid.UUID) -> list[UserReport]:
    rows = UserReport.objects.filter(project=project_id, event_id=event_id)
    return list(_in_order(rows))


def expire(before: datetime) -> int:
    """Deletes what was received before; gives how many."""
    # By project, as the index has them.
    old = UserReport.objects.filter(
        project__in=Project.objects.values("pk"), received_at__lt=before
    )
    return old.delete()[0]


def _in_order(rows: QuerySet[UserReport]) -> QuerySet[UserReport]:
    return rows.order_by("-received_at", "-pk")


def _kept() -> timedelta:
    return timedelta(days=settings.RETENTION_DAYS)
