"""What time alone changes: issues are not new for ever, and quiet ones are resolved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from issues import operations, triage
from issues.models import IssueState, Status
from issues.operations import Selection, status
from projects.models import Project

# For so long an issue is new, regressed or escalating; then it is just there.
NEW_FOR = timedelta(days=7)

# Of each kind in one run.
_AT_ONCE = 1000


def settle(now: datetime) -> bool:
    """Does what is due, of bounded size; gives whether nothing is left.

    Done twice, it changes nothing more.
    """
    is_done = _grow_old(now)
    for project in Project.objects.filter(resolve_age_h__gt=0, deleted_at=None):
        is_done &= _resolve_quiet(project, now)
    return is_done


def _grow_old(now: datetime) -> bool:
    fresh = IssueState.objects.filter(
        status=Status.UNRESOLVED, substatus__in=triage.FRESH
    )
    due = fresh.filter(status_at__lt=now - NEW_FOR)
    ids = list(due.order_by("issue_id").values_list("issue_id", flat=True)[:_AT_ONCE])
    triage.make_ongoing(ids, before=now - NEW_FOR)
    return len(ids) < _AT_ONCE


def _resolve_quiet(project: Project, now: datetime) -> bool:
    """Resolves what has been quiet, as one operation, which can be undone."""
    hours = project.resolve_age_h
    with transaction.atomic():
        ids = _quiet(project, now - timedelta(hours=hours))
        if ids:
            selection = Selection.of(project.organization, [project], ids)
            operations.apply(selection, status.resolve_quiet(hours), user=None)
    return len(ids) < _AT_ONCE


def _quiet(project: Project, since: datetime) -> Sequence[int]:
    """Issues of which nothing was heard since, locked against the digest.

    What was begun or reopened since was not quiet, however old its events are.
    """
    states: QuerySet[IssueState] = IssueState.objects.filter(
        project=project,
        status=Status.UNRESOLVED,
        last_seen_minute__lt=int(since.timestamp()) // 60,
        status_at__lt=since,
    )
    first = list(states.order_by("last_seen_minute").values_list("pk")[:_AT_ONCE])
    locked = states.filter(pk__in=[pk for (pk,) in first]).order_by("issue_id")
    return list(locked.select_for_update().values_list("issue_id", flat=True))
