"""An ignored issue comes back exactly when what was waited for has happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import triage
from issues.models import Activity, Issue, IssueState, Snooze, Status, Substatus
from issues.newevent import NewEvent
from issues.repair import repair
from issues.snoozes import Until
from projects.models import User
from tests import settling
from tests.factories import make_event, make_issue, make_payload, make_project, store
from tests.people import make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def issue() -> Issue:
    return make_issue(make_project(), user={"id": "first"})


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def now() -> datetime:
    """After whatever a test does first."""
    return datetime.now(UTC) + MINUTE


def event_of(issue: Issue, at: datetime | None = None, who: str = "ann") -> NewEvent:
    payload = make_payload(user={"id": who})
    return make_event(issue.project, payload, received_at=at)


def is_open(issue: Issue) -> bool:
    return IssueState.objects.get(issue=issue).status == Status.UNRESOLVED


def test_the_nth_event_reopens_and_none_before(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(events=3), user=user)
    store(event_of(issue))
    store(event_of(issue))
    assert not is_open(issue)
    last = event_of(issue)
    assert store(last).reopened_issues == [issue.pk]
    state = IssueState.objects.get(issue=issue)
    assert (state.status, state.substatus) == (Status.UNRESOLVED, Substatus.ONGOING)
    assert state.event_count == 4
    assert not Snooze.objects.exists()
    told = Activity.objects.get(issue=issue, kind=Activity.Kind.UNRESOLVED)
    assert told.user is None
    assert told.data["ignoreCount"] == 3
    assert told.data["event_id"] == last.event_id.hex


def test_a_batch_counts_all_its_events(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(events=3), user=user)
    store(event_of(issue), event_of(issue), event_of(issue))
    assert is_open(issue)


def test_a_second_delivery_does_not_count(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(events=2), user=user)
    event = event_of(issue)
    for _ in range(3):
        store(event)
    assert not is_open(issue)
    store(event_of(issue))
    assert is_open(issue)


def test_only_users_that_are_new_to_the_issue_count(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(users=2), user=user)
    for who in ("ann", "ann", "first"):
        store(event_of(issue, who=who))
    assert not is_open(issue)
    store(event_of(issue, who="bob"))
    assert is_open(issue)


def test_events_must_come_within_the_window(
    issue: Issue, user: User, now: datetime
) -> None:
    until = Until(events=3, event_window=10)
    settling.ignore_until([issue.pk], until, user=user)
    for minute in (0, 6, 12, 18):
        store(event_of(issue, now + minute * MINUTE))
    assert not is_open(issue)
    store(event_of(issue, now + 20 * MINUTE))
    assert is_open(issue)


def test_the_windows_end_inside_a_batch_counts(
    issue: Issue, user: User, now: datetime
) -> None:
    """Of a backlog: three within ten minutes, and a fourth long after them."""
    until = Until(events=3, event_window=10)
    settling.ignore_until([issue.pk], until, user=user)
    store(event_of(issue, now), event_of(issue, now + MINUTE))
    store(event_of(issue, now + 2 * MINUTE), event_of(issue, now + 60 * MINUTE))
    assert is_open(issue)


def test_what_leaves_the_window_as_the_next_comes_is_out(
    issue: Issue, user: User, now: datetime
) -> None:
    until = Until(events=2, event_window=10)
    settling.ignore_until([issue.pk], until, user=user)
    store(event_of(issue, now), event_of(issue, now + 10 * MINUTE))
    store(event_of(issue, now + 20 * MINUTE))
    assert not is_open(issue)
    store(event_of(issue, now + 30 * MINUTE - timedelta(seconds=1)))
    assert is_open(issue)


def test_users_must_come_within_the_window(
    issue: Issue, user: User, now: datetime
) -> None:
    settling.ignore_until([issue.pk], Until(users=2, user_window=10), user=user)
    store(event_of(issue, now, "first"), event_of(issue, now + MINUTE, "first"))
    store(event_of(issue, now + 20 * MINUTE, "ann"))
    assert not is_open(issue)
    store(event_of(issue, now + 25 * MINUTE, "first"))
    assert is_open(issue)


def test_after_its_time_the_next_event_reopens(
    issue: Issue, user: User, now: datetime
) -> None:
    settling.ignore_until([issue.pk], Until(minutes=30), user=user)
    store(event_of(issue, now))
    assert not is_open(issue)
    store(event_of(issue, now + 30 * MINUTE))
    assert is_open(issue)


def test_after_its_time_it_is_reopened_without_an_event(
    issue: Issue, user: User, now: datetime
) -> None:
    settling.ignore_until([issue.pk], Until(minutes=30), user=user)
    assert triage.wake_due(now) == 0
    assert not is_open(issue)
    assert triage.wake_due(now + 30 * MINUTE) == 1
    assert is_open(issue)
    assert triage.wake_due(now + 30 * MINUTE) == 0
    assert Activity.objects.filter(kind=Activity.Kind.UNRESOLVED).count() == 1


def test_whatever_comes_first_ends_it(issue: Issue, user: User) -> None:
    until = Until(minutes=30, events=100, users=1)
    settling.ignore_until([issue.pk], until, user=user)
    store(event_of(issue))
    assert is_open(issue)


def test_forever_is_forever(issue: Issue, user: User, now: datetime) -> None:
    settling.ignore_until([issue.pk], Until(events=1), user=user)
    assert settling.ignore([issue.pk], user=user) == [issue.pk]
    store(event_of(issue, now + timedelta(days=1)))
    assert triage.wake_due(now + timedelta(days=10_000)) == 0
    assert not is_open(issue)


def test_ignoring_anew_counts_anew(issue: Issue, user: User) -> None:
    for _ in range(2):
        settling.ignore_until([issue.pk], Until(events=2), user=user)
        store(event_of(issue))
    assert not is_open(issue)


def test_undo_counts_on_from_where_it_was(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(events=2), user=user)
    store(event_of(issue))
    changes = triage.set_status([issue.pk], Status.RESOLVED, user=user)
    assert triage.undo(changes, Status.RESOLVED, user=user) == [issue.pk]
    store(event_of(issue))
    assert is_open(issue)


def test_repair_finds_no_difference(issue: Issue, user: User) -> None:
    settling.ignore_until([issue.pk], Until(events=2), user=user)
    store(event_of(issue), event_of(issue))
    assert repair(dry_run=True).differences == 0
