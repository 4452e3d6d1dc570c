"""Issues that are ignored until they escalate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import escalation
from issues.models import Activity, HourCount, Issue, IssueState, Status, Substatus
from issues.snoozes import Until
from projects.hours import hour_of
from projects.models import Project
from tests import settling
from tests.factories import make_event, make_issue, make_payload, make_project, store

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def project() -> Project:
    return make_project("shop")


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def counted(issue: Issue, hours_ago: int, count: int) -> None:
    """So many events were in that hour."""
    HourCount.objects.update_or_create(
        issue=issue,
        hour=hour_of(datetime.now(UTC)) - hours_ago,
        defaults={"project_id": issue.project_id, "count": count},
    )


def happen(project: Project, times: int) -> None:
    store(*(make_event(project, make_payload()) for _ in range(times)))


def state(issue: Issue) -> tuple[int, int]:
    row = IssueState.objects.get(issue=issue)
    return row.status, row.substatus


def ignore(issue: Issue) -> None:
    settling.ignore_until([issue.pk], Until(escalates=True), user=None)


WAITING = (Status.IGNORED, Substatus.UNTIL_ESCALATING)
AWAKE = (Status.UNRESOLVED, Substatus.ESCALATING)


def test_the_forecast_is_half_more_than_the_busiest_hour(issue: Issue) -> None:
    counted(issue, 5, 40)
    counted(issue, 24 * 14 + 1, 1000)
    now = datetime.now(UTC)
    assert escalation.limits_of([issue.pk, 0], now) == {issue.pk: 60, 0: 10}


def test_an_hour_above_the_forecast_reopens_it(project: Project, issue: Issue) -> None:
    ignore(issue)
    assert state(issue) == WAITING
    counted(issue, 0, 9)
    happen(project, 1)
    assert state(issue) == WAITING
    happen(project, 1)
    assert state(issue) == AWAKE
    told = Activity.objects.get(kind="set_escalating")
    assert (told.data["forecast"], told.data["count"]) == (10, 11)


def test_what_is_usual_leaves_it_alone(project: Project, issue: Issue) -> None:
    counted(issue, 30, 100)
    ignore(issue)
    happen(project, 60)
    assert state(issue) == WAITING


def test_events_of_long_ago_are_no_escalation(project: Project, issue: Issue) -> None:
    ignore(issue)
    counted(issue, 3, 50)
    then = (datetime.now(UTC) - 3 * HOUR).timestamp()
    store(make_event(project, make_payload(timestamp=then)))
    assert state(issue) == WAITING


def test_forecasts_follow_what_is_usual(issue: Issue) -> None:
    ignore(issue)
    counted(issue, 2, 40)
    now = datetime.now(UTC)
    assert escalation.renew_limits(now) == 1
    assert issue.snooze.hour_limit == 60
    assert escalation.renew_limits(now) == 0
    assert escalation.renew_limits(now + timedelta(days=15)) == 1
