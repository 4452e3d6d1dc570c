"""What happened is claimed once, whoever claims and whoever dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from alerts.models import Notice
from issues.models import Activity, Issue, Status
from issues.triage import set_status
from projects.models import Project, User
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.statements import recorded
from tests.telling import claim, follower, happened, told


def test_a_second_claim_finds_nothing(issue: Issue, ann: User) -> None:
    activity = happened(issue)
    claim()
    claim()
    assert told() == {ann.email: [activity.pk]}


def test_what_happens_meanwhile_becomes_one_mail(issue: Issue, ann: User) -> None:
    first = happened(issue)
    claim()
    second = happened(issue, "set_escalating")
    claim()
    notice = Notice.objects.get()
    assert notice.activity_ids == [first.pk, second.pk]
    assert notice.due_at == first.created_at + timedelta(seconds=60)


def test_what_happens_after_the_mail_was_taken_is_another(
    issue: Issue, ann: User
) -> None:
    happened(issue)
    claim()
    Notice.objects.update(is_taken=True)
    second = happened(issue)
    claim()
    assert Notice.objects.get(is_taken=False).activity_ids == [second.pk]


def test_what_is_long_past_is_not_told(issue: Issue, ann: User) -> None:
    old = happened(issue)
    Activity.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=2)
    )
    claim()
    assert told() == {}


def test_what_the_digest_writes_is_told(project: Project) -> None:
    exception = {"values": [make_exception()]}
    issue = make_issue(project, exception=exception)
    ann = follower(issue)
    set_status([issue.pk], Status.RESOLVED, user=ann)
    store(make_event(project, make_payload(exception=exception)))
    claim()
    regressed = Activity.objects.get(kind="set_regression")
    assert told() == {ann.email: [regressed.pk]}


def killed_in_a_claim() -> None:
    """Another process claims everything, and is killed before it commits."""
    child = os.fork()
    if child == 0:
        # The parent's connection must not be said goodbye to.
        ours, connection.connection = connection.connection, None
        with transaction.atomic():
            claim()
            assert Notice.objects.exists()
            assert ours is not connection.connection
            os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_killed_has_claimed_nothing(committed_db: None) -> None:
    issue = make_issue(make_project())
    user = follower(issue)
    activity = happened(issue)
    killed_in_a_claim()
    assert told() == {}
    claim()
    assert told() == {user.email: [activity.pk]}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_gets_it(committed_db: None) -> None:
    issue = make_issue(make_project())
    user = follower(issue)
    activity = happened(issue)
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda _: claim_apart(), range(2)):
            pass
    assert told() == {user.email: [activity.pk]}


def claim_apart() -> None:
    try:
        claim()
    finally:
        connection.close()


def test_many_activities_cost_as_many_statements_as_one(
    issue: Issue, ann: User
) -> None:
    happened(issue)
    with recorded() as one:
        claim()
    for _ in range(50):
        happened(issue)
    with recorded() as many:
        claim()
    assert len(many) == len(one)
