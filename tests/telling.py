"""Has what happened to issues told, as the worker's tasks do it."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from alerts import claiming, courier
from alerts.models import Notice
from issues.models import Activity, Issue
from issues.subscriptions import set_subscribed
from projects.models import User
from tests.people import make_member


def follower(issue: Issue, email: str = "") -> User:
    """A new member of the issue's organization who follows it."""
    user = make_member(issue.project.organization).user
    if email:
        user.email = email
        user.save()
    set_subscribed([issue.pk], user, True)
    return user


def happened(
    issue: Issue,
    kind: str = "set_regression",
    *,
    by: User | None = None,
    **data: object,
) -> Activity:
    return Activity.objects.create(
        project=issue.project,
        issue=issue,
        kind=kind,
        user=by,
        data=data,
        created_at=timezone.now(),
    )


def claim() -> None:
    """Claims everything, as beat has it done."""
    claiming.claim(timezone.now(), until=time.monotonic() + 60)


def deliver() -> None:
    """Claims everything and sends it, though it is not due yet."""
    claim()
    make_due()
    courier.deliver()


def make_due() -> None:
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def told() -> dict[str, list[int]]:
    """What waits to be told, by address: activity ids, issue by issue."""
    found: dict[str, list[int]] = {}
    for notice in Notice.objects.select_related("user").order_by("pk"):
        found.setdefault(notice.user.email, []).extend(notice.activity_ids)
    return found
