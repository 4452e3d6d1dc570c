"""Deleted issues: gone at once, brought back exactly, and what comes of them later."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection
from pytest_django import Settings

from issues import operations
from issues.locks import shard_lock
from issues.merging.changes import merge
from issues.models import (
    Activity,
    Fingerprint,
    Issue,
    IssueState,
    Operation,
    Status,
)
from issues.operations import Selection, deleting
from issues.repair import repair
from projects.models import DiscardedIssue, Project
from projects.policies import discarded_of
from tests import settling
from tests.factories import make_event, make_issue, make_payload, make_project, store
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_folder")]


@pytest.fixture
def project() -> Project:
    return make_project("shop")


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def do(issue: Issue, action: operations.Action) -> Operation:
    project = issue.project
    selection = Selection.of(project.organization, [project], [issue.pk])
    return operations.apply(selection, action, user=make_user())


def status_of(issue: Issue) -> Status:
    return Status(IssueState.objects.get(issue=issue).status)


def hashes() -> list[tuple[str, int]]:
    rows = Fingerprint.objects.order_by("hash").values_list("hash", "issue_id")
    return [(one.hex, issue) for one, issue in rows]


def test_the_next_event_begins_a_new_issue(project: Project, issue: Issue) -> None:
    do(issue, deleting.delete())
    assert status_of(issue) == Status.DELETED
    again = make_issue(project)
    assert again.number == issue.number + 1
    assert repair(dry_run=True).differences == 0


def test_undo_brings_back_state_and_fingerprints(issue: Issue) -> None:
    settling.ignore([issue.pk], user=None)
    before = hashes()
    done = do(issue, deleting.delete())
    assert hashes() == []
    assert operations.undo(done, None).restored == 1
    assert (status_of(issue), hashes()) == (Status.IGNORED, before)
    kinds = Activity.objects.filter(operation=done).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["deleted", "restored"]


def test_a_fingerprint_stays_with_the_issue_that_has_it_by_then(
    project: Project, issue: Issue
) -> None:
    done = do(issue, deleting.delete())
    again = make_issue(project)
    operations.undo(done, None)
    assert status_of(issue) == Status.UNRESOLVED
    assert {owner for _, owner in hashes()} == {again.pk}
    assert repair(dry_run=True).differences == 0


def test_nobody_changes_what_is_deleted(issue: Issue) -> None:
    do(issue, deleting.delete())
    assert settling.resolve([issue.pk], user=None) == []
    assert (
        Selection.of(issue.project.organization, [issue.project], [issue.pk]).issue_ids
        == ()
    )


def test_a_family_goes_and_comes_together(project: Project, issue: Issue) -> None:
    other = make_issue(project, exception=None, message="no bread")
    merge(project, [issue.pk, other.pk], into=issue.pk, user=None)
    before = hashes()
    done = do(issue, deleting.delete())
    assert hashes() == []
    assert repair(dry_run=True).details == ()
    again = make_issue(project, exception=None, message="no bread")
    assert again.pk not in (issue.pk, other.pk)
    Fingerprint.objects.all().delete()
    operations.undo(done, None)
    assert hashes() == before
    store(make_event(project, make_payload(exception=None, message="no bread")))
    assert IssueState.objects.get(issue=issue).event_count == 3
    assert repair(dry_run=True).differences == 0


def test_what_is_discarded_is_known_to_the_digest(
    project: Project, issue: Issue
) -> None:
    marks = {row.hash.bytes for row in Fingerprint.objects.all()}
    done = do(issue, deleting.discard())
    assert discarded_of([project.pk]) == {project.pk: marks}
    kept = DiscardedIssue.objects.get()
    assert (kept.title, kept.number) == (issue.title, issue.number)
    operations.undo(done, None)
    assert discarded_of([project.pk]) == {}


@pytest.mark.usefixtures("committed_db")
def test_deleting_and_undoing_beside_the_digest_loses_nothing(
    settings: Settings,
) -> None:
    project = make_project("shop")
    issue = make_issue(project)
    shard = project.pk % settings.SHARDS
    stored = 0

    def digest() -> None:
        nonlocal stored
        try:
            for _ in range(25):
                with shard_lock(shard, wait=True):
                    store(*(make_event(project, make_payload()) for _ in range(3)))
                stored += 3
        finally:
            connection.close()

    digesting = Thread(target=digest)
    digesting.start()
    while digesting.is_alive():
        done = do(issue, deleting.delete())
        operations.undo(done, None)
    digesting.join()
    counts = IssueState.objects.values_list("event_count", flat=True)
    assert stored == 75
    assert sum(counts) == stored + 1
    # Whoever has a fingerprint can be seen.
    owners = Fingerprint.objects.values_list("issue__state__status", flat=True)
    assert list(owners) == [Status.UNRESOLVED]
    assert repair(dry_run=True).differences == 0
