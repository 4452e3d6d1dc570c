"""What a merge would make, without making it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from issues import shortid
from issues.merging.changes import choose_survivor
from issues.merging.families import survivors_of
from issues.models import VISIBLE_STATUSES, Issue, IssueUser
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Candidate:
    """An issue that may be merged; its state is loaded."""

    issue: Issue
    short_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The issues that people see, the survivor first, and what it would be then."""

    candidates: list[Candidate]
    survivor: Issue
    # Whose newest event gives the title.
    newest: Issue
    events: int
    users: int
    first_seen: datetime
    last_seen: datetime


def preview(
    project: Project, issue_ids: Iterable[int], *, into: int | None = None
) -> Preview:
    """What `issues.merging.changes.merge` would make of these. Raises CannotMerge."""
    issues = _seen(project, issue_ids)
    survivor = choose_survivor(issues, into)
    states = [issue.state for issue in issues]
    users = IssueUser.objects.filter(issue__in=[issue.pk for issue in issues])
    ordered = sorted(
        issues, key=lambda one: (one != survivor, -one.state.event_count, one.pk)
    )
    return Preview(
        candidates=[
            Candidate(one, shortid.encode(project.slug, one.number)) for one in ordered
        ],
        survivor=survivor,
        newest=max(issues, key=lambda one: one.state.last_seen),
        events=sum(state.event_count for state in states),
        users=users.values("user_id").distinct().count(),
        first_seen=min(state.first_seen for state in states),
        last_seen=max(state.last_seen for state in states),
    )


def _seen(project: Project, issue_ids: Iterable[int]) -> Sequence[Issue]:
    ids = set(issue_ids)
    survivors = survivors_of(ids)
    return list(
        Issue.objects.select_related("state", "project")
        .filter(
            project=project,
            pk__in={survivors.get(one, one) for one in ids},
            state__status__in=VISIBLE_STATUSES,
        )
        .order_by("pk")
    )
