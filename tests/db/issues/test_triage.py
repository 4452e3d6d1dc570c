"""Status changes: once each, with their activity, and back."""

from __future__ import annotations

import pytest

from issues import triage
from issues.models import Activity, Bookmark, Issue, IssueState, Status, Substatus
from issues.snoozes import Until
from projects.models import User
from tests import settling
from tests.factories import make_issue, make_project
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make_issue(make_project())


@pytest.fixture
def user() -> User:
    return make_user()


def status_of(issue: Issue) -> tuple[Status, Substatus]:
    state = IssueState.objects.get(issue=issue)
    return Status(state.status), Substatus(state.substatus)


def kinds(issue: Issue) -> list[str]:
    """What happened to the issue since its first event."""
    activity = Activity.objects.filter(issue=issue).exclude(kind="first_seen")
    return list(activity.order_by("created_at", "pk").values_list("kind", flat=True))


def test_resolving_says_who_and_when(issue: Issue, user: User) -> None:
    assert settling.resolve([issue.pk], user=user) == [issue.pk]
    assert status_of(issue) == (Status.RESOLVED, Substatus.NONE)
    activity = Activity.objects.get(issue=issue, kind=Activity.Kind.RESOLVED)
    assert activity.user == user
    assert IssueState.objects.get(issue=issue).status_at == activity.created_at


def test_a_second_resolving_changes_nothing(issue: Issue, user: User) -> None:
    settling.resolve([issue.pk], user=user)
    assert settling.resolve([issue.pk], user=user) == []
    assert kinds(issue) == ["set_resolved"]


def test_reopening_and_ignoring(issue: Issue, user: User) -> None:
    assert settling.unresolve([issue.pk], user=user) == []
    settling.ignore([issue.pk], user=user)
    settling.unresolve([issue.pk], user=user)
    assert status_of(issue) == (Status.UNRESOLVED, Substatus.ONGOING)
    assert kinds(issue) == ["set_ignored", "set_unresolved"]


def test_undo_brings_back_what_was(issue: Issue, user: User) -> None:
    changes = triage.set_status([issue.pk], Status.RESOLVED, user=user)
    assert triage.undo(changes, Status.RESOLVED, user=user) == [issue.pk]
    assert status_of(issue) == (Status.UNRESOLVED, Substatus.NEW)
    assert kinds(issue) == ["set_resolved", "set_unresolved"]


def test_undo_leaves_alone_what_has_changed_since(issue: Issue, user: User) -> None:
    changes = triage.set_status([issue.pk], Status.RESOLVED, user=user)
    settling.ignore([issue.pk], user=user)
    assert triage.undo(changes, Status.RESOLVED, user=user) == []
    assert status_of(issue)[0] == Status.IGNORED


def test_undo_leaves_alone_what_was_done_again_since(issue: Issue, user: User) -> None:
    changes = triage.set_status([issue.pk], Status.IGNORED, user=user)
    settling.ignore_until([issue.pk], Until(events=5), user=user)
    assert triage.undo(changes, Status.IGNORED, user=user) == []
    assert status_of(issue) == (Status.IGNORED, Substatus.UNTIL_CONDITION)


def test_unknown_issues_are_nobodys(user: User) -> None:
    assert settling.resolve([2**31 - 1], user=user) == []
    assert settling.resolve([], user=user) == []


def test_bookmarks_are_set_once_and_removed(issue: Issue, user: User) -> None:
    assert triage.set_bookmark([issue.pk, issue.pk], user, True) == [issue.pk]
    assert triage.set_bookmark([issue.pk], user, True) == []
    assert Bookmark.objects.count() == 1
    assert triage.set_bookmark([issue.pk], user, False) == [issue.pk]
    assert triage.set_bookmark([issue.pk], user, False) == []
