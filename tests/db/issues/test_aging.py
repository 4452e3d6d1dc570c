"""What time alone changes: new issues grow old, quiet ones are resolved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import aging, operations
from issues.models import Activity, Issue, IssueState, Operation, Status, Substatus
from projects.models import Project
from tests import settling
from tests.factories import make_event, make_issue, make_payload, make_project, store

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def project() -> Project:
    return make_project("shop", resolve_age_h=48)


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def state(issue: Issue) -> tuple[int, int]:
    row = IssueState.objects.get(issue=issue)
    return row.status, row.substatus


def now() -> datetime:
    return datetime.now(UTC)


NEW = (Status.UNRESOLVED, Substatus.NEW)
ONGOING = (Status.UNRESOLVED, Substatus.ONGOING)
QUIET = (Status.RESOLVED, Substatus.BY_AGE)


def test_after_a_week_an_issue_is_not_new(issue: Issue) -> None:
    Project.objects.update(resolve_age_h=0)
    aging.settle(now() + 6 * DAY)
    assert state(issue) == NEW
    assert aging.settle(now() + 8 * DAY)
    assert state(issue) == ONGOING
    aging.settle(now() + 9 * DAY)
    assert Activity.objects.filter(kind="auto_set_ongoing").count() == 1


def test_what_came_back_is_ongoing_a_week_later(issue: Issue) -> None:
    Project.objects.update(resolve_age_h=0)
    settling.resolve([issue.pk], user=None)
    store(make_event(issue.project, make_payload()))
    assert state(issue)[1] == Substatus.REGRESSED
    aging.settle(now() + 8 * DAY)
    assert state(issue) == ONGOING


def test_quiet_issues_are_resolved_once_and_told_why(issue: Issue) -> None:
    aging.settle(now() + DAY)
    assert state(issue) == NEW
    for later in (3 * DAY, 4 * DAY):
        aging.settle(now() + later)
    assert state(issue) == QUIET
    told = Activity.objects.get(kind="set_resolved_by_age")
    assert (told.user, told.data) == (None, {"age": 48})


def test_what_was_resolved_as_quiet_can_be_undone(issue: Issue) -> None:
    aging.settle(now() + 3 * DAY)
    operations.undo(Operation.objects.get(), None)
    assert state(issue) == NEW


def test_an_event_brings_it_back(issue: Issue) -> None:
    IssueState.objects.update(
        last_seen_minute=0, status_at=now() - 3 * DAY, first_seen=now() - 3 * DAY
    )
    aging.settle(now())
    assert state(issue) == QUIET
    store(make_event(issue.project, make_payload()))
    assert state(issue) == (Status.UNRESOLVED, Substatus.REGRESSED)


def test_old_events_that_arrive_late_are_not_quiet(project: Project) -> None:
    then = (now() - 5 * DAY).timestamp()
    late = make_issue(project, timestamp=then)
    aging.settle(now())
    assert state(late) == NEW


def test_only_projects_that_ask_for_it(issue: Issue) -> None:
    elsewhere = make_issue(make_project())
    aging.settle(now() + 3 * DAY)
    assert state(elsewhere) == NEW
