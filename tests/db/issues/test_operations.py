"""Actions on many issues: a fixed set, exactly undone, whoever dies in between."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from issues import operations, triage
from issues.models import (
    Activity,
    Bookmark,
    Issue,
    IssueState,
    Operation,
    OperationChunk,
    Sighting,
    Status,
    Substatus,
)
from issues.operations import CannotUndo, Selection, marks, running, status
from issues.resolutions import FixedIn
from issues.snoozes import Until
from projects.models import Project, User
from tests import settling
from tests.factories import make_issue, make_project
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def project() -> Project:
    return make_project("shop")


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    return [
        make_issue(project, exception=None, message=f"no {word}")
        for word in ("bread", "milk", "salt")
    ]


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two issues are many, and one goes at a time."""
    monkeypatch.setattr(running, "ONCE", 1)
    monkeypatch.setattr(running, "CHUNK", 1)


def chosen(issues: list[Issue]) -> Selection:
    project = issues[0].project
    ids = [issue.pk for issue in issues]
    return Selection.of(project.organization, [project], ids)


def statuses() -> list[tuple[int, int]]:
    rows = IssueState.objects.order_by("issue_id")
    return list(rows.values_list("status", "substatus"))


RESOLVED = (Status.RESOLVED, Substatus.NONE)
NEW = (Status.UNRESOLVED, Substatus.NEW)


def test_each_activity_names_its_operation(issues: list[Issue], user: User) -> None:
    done = operations.apply(chosen(issues), status.resolve(chosen(issues)), user=user)
    assert (done.count, done.done, done.changed, done.is_running) == (3, 3, 3, False)
    assert statuses() == [RESOLVED] * 3
    told = Activity.objects.filter(operation=done)
    assert {(one.kind, one.user) for one in told} == {("set_resolved", user)}


def test_what_changes_nothing_leaves_no_row(issues: list[Issue], user: User) -> None:
    settling.resolve([issue.pk for issue in issues], user=user)
    done = operations.apply(chosen(issues), status.resolve(chosen(issues)), user=user)
    assert done.changed == 0
    assert not Operation.objects.exists()


def test_undo_leaves_alone_what_has_changed_since(
    issues: list[Issue], user: User
) -> None:
    done = operations.apply(chosen(issues), status.resolve(chosen(issues)), user=user)
    settling.ignore([issues[1].pk], user=user)
    undone = operations.undo(done, user)
    assert (undone.restored, undone.changed_since) == (2, 1)
    assert statuses() == [NEW, (Status.IGNORED, Substatus.NONE), NEW]


def test_only_what_really_changed_is_undone(issues: list[Issue], user: User) -> None:
    settling.resolve([issues[0].pk], user=user)
    done = operations.apply(chosen(issues), status.resolve(chosen(issues)), user=user)
    assert done.changed == 2
    operations.undo(done, user)
    assert statuses() == [RESOLVED, NEW, NEW]


def test_nobody_undoes_twice(issues: list[Issue], user: User) -> None:
    done = operations.apply(chosen(issues), status.ignore(), user=user)
    operations.undo(done, user)
    with pytest.raises(CannotUndo):
        operations.undo(done, user)


def test_a_month_later_it_is_too_late(issues: list[Issue], user: User) -> None:
    done = operations.apply(chosen(issues), status.ignore(), user=user)
    old = timezone.now() - timedelta(days=operations.UNDO_DAYS)
    Operation.objects.update(created_at=old)
    done.refresh_from_db()
    assert not operations.can_undo(done)
    with pytest.raises(CannotUndo):
        operations.undo(done, user)


def test_pruning_keeps_the_history(issues: list[Issue], user: User) -> None:
    operations.apply(chosen(issues), status.ignore(), user=user)
    now = timezone.now()
    assert operations.prune(now + timedelta(days=operations.UNDO_DAYS)) == 0
    assert operations.prune(now + timedelta(days=operations.UNDO_DAYS + 2)) == 1
    assert Operation.objects.count() == 1
    assert not OperationChunk.objects.exists()


def test_terms_and_fixes_come_back(issues: list[Issue], user: User) -> None:
    settling.ignore_until([issues[0].pk], Until(events=5), user=user)
    before = issues[0].snooze
    action = status.resolve(chosen(issues), FixedIn(is_next=True))
    operations.undo(operations.apply(chosen(issues), action, user=user), user)
    again = Issue.objects.get(pk=issues[0].pk).snooze
    assert (again.events, again.event_base) == (before.events, before.event_base)
    assert statuses()[0] == (Status.IGNORED, Substatus.UNTIL_CONDITION)


def test_bookmarks_and_sightings_come_back(issues: list[Issue], user: User) -> None:
    triage.set_bookmark([issues[0].pk], user, True)
    marked = operations.apply(chosen(issues), marks.bookmark(True), user=user)
    assert (marked.changed, Bookmark.objects.count()) == (2, 3)
    operations.undo(marked, user)
    assert Bookmark.objects.get().issue_id == issues[0].pk
    triage.mark_seen(issues[0].pk, user)
    before = list(Sighting.objects.values_list("issue_id", "seen_at"))
    seen = operations.apply(chosen(issues), marks.seen(True), user=user)
    assert seen.changed == 3
    operations.undo(seen, user)
    assert list(Sighting.objects.values_list("issue_id", "seen_at")) == before


def test_other_projects_issues_cannot_be_chosen(issues: list[Issue]) -> None:
    elsewhere = make_issue(make_project())
    ids = [issues[0].pk, elsewhere.pk, 2**31 - 1, -1]
    project = issues[0].project
    selection = Selection.of(project.organization, [project], ids)
    assert selection.issue_ids == (issues[0].pk,)
    assert selection.project_id == project.pk


@pytest.mark.usefixtures("_large")
def test_many_change_in_the_background(
    issues: list[Issue],
    user: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        done = operations.apply(chosen(issues), status.ignore(), user=user)
    assert len(callbacks) == 1
    assert (done.done, done.is_running) == (0, True)
    assert statuses() == [NEW] * 3
    # A worker that has no time for more than one.
    assert operations.proceed(time.monotonic()) is False
    assert operations.proceed(time.monotonic() + 60) is True
    done.refresh_from_db()
    assert (done.done, done.changed, done.is_running) == (3, 3, False)


@pytest.mark.usefixtures("_large")
def test_what_arrives_meanwhile_is_not_touched(
    project: Project, issues: list[Issue], user: User
) -> None:
    operations.apply(chosen(issues), status.ignore(), user=user)
    late = make_issue(project, exception=None, message="late")
    operations.proceed(time.monotonic() + 60)
    assert IssueState.objects.get(issue=late).status == Status.UNRESOLVED


@pytest.mark.usefixtures("_large")
def test_what_fails_leaves_whole_chunks_and_holds_up_no_other(
    issues: list[Issue], user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = operations.apply(chosen(issues), status.ignore(), user=user)
    other = operations.apply(chosen(issues), marks.bookmark(True), user=user)
    real = triage._note

    def fail(states: list[IssueState], *details: Any) -> None:
        if any(state.issue_id == issues[1].pk for state in states):
            raise OSError
        real(states, *details)

    with monkeypatch.context() as broken:
        broken.setattr(triage, "_note", fail)
        assert operations.proceed(time.monotonic() + 60)
    first.refresh_from_db()
    other.refresh_from_db()
    assert statuses() == [(Status.IGNORED, Substatus.NONE), NEW, NEW]
    assert (first.done, first.is_running, other.done) == (1, True, 3)
    operations.proceed(time.monotonic() + 60)
    first.refresh_from_db()
    assert (first.done, first.changed, first.is_running) == (3, 3, False)


@pytest.mark.usefixtures("_large")
def test_an_undo_stops_what_is_under_way(issues: list[Issue], user: User) -> None:
    done = operations.apply(chosen(issues), status.ignore(), user=user)
    running._take_chunk(done)
    assert statuses().count(NEW) == 2
    undone = operations.undo(done, user)
    assert undone.is_running
    operations.proceed(time.monotonic() + 60)
    done.refresh_from_db()
    assert statuses() == [NEW] * 3
    assert (done.restored, done.changed_since, done.is_running) == (1, 0, False)


def test_a_set_without_issues_is_through_at_once(
    issues: list[Issue], user: User
) -> None:
    empty = Selection.of(issues[0].project.organization, [], [])
    done = operations.apply(empty, status.ignore(), user=user)
    assert done.count == 0
    assert not Operation.objects.exists()
