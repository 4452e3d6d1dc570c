"""A batch of events becomes rows and exact counts, whatever comes twice."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from issues import events, partitions, sql
from issues.models import (
    Activity,
    Event,
    HourCount,
    Issue,
    IssueState,
    IssueUser,
    Level,
    Status,
    Substatus,
)
from issues.tagcounts import VALUES_OF_A_KEY, tags_of_issue
from projects.models import Project
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.statements import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def state_of(project: Project) -> IssueState:
    return IssueState.objects.get(project=project)


def test_equal_events_make_one_issue_and_count(project: Project) -> None:
    store(*[make_event(project) for _ in range(3)])
    state = state_of(project)
    assert (state.event_count, state.user_count) == (3, 3)
    assert Event.objects.filter(issue_id=state.issue_id).count() == 3


def test_second_delivery_changes_nothing(project: Project) -> None:
    payload = make_payload()
    store(make_event(project, payload))
    stored = store(make_event(project, payload))
    assert (stored.events, stored.duplicates) == ([], 1)
    state = state_of(project)
    assert (state.event_count, state.user_count) == (1, 1)
    assert HourCount.objects.get(issue_id=state.issue_id).count == 1
    assert [tag.total for tag in tags_of_issue(state.issue_id)] == [1] * len(
        tags_of_issue(state.issue_id)
    )


def test_same_event_twice_in_one_batch_counts_once(project: Project) -> None:
    payload = make_payload()
    stored = store(make_event(project, payload), make_event(project, payload))
    assert len(stored.events) == 1
    assert state_of(project).event_count == 1


@pytest.mark.parametrize("is_backwards", [False, True])
def test_same_event_either_side_of_midnight_counts_once(
    project: Project, is_backwards: bool
) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    moments = [midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)]
    payload = make_payload()
    for moment in reversed(moments) if is_backwards else moments:
        store(make_event(project, payload, received_at=moment))
    assert state_of(project).event_count == 1
    assert Event.objects.count() == 1


def test_same_event_id_in_two_projects_counts_in_each(project: Project) -> None:
    other, payload = make_project("blog"), make_payload()
    store(make_event(project, payload), make_event(other, payload))
    assert state_of(project).event_count == 1
    assert state_of(other).event_count == 1


def test_no_partition_takes_an_event_twice(project: Project) -> None:
    event = make_event(project)
    store(event)
    row = Event.objects.get()
    again = "INSERT INTO issues_event SELECT * FROM issues_event WHERE event_id = %s"
    with pytest.raises(psycopg.errors.UniqueViolation):
        sql.run(again, row.event_id)


def test_other_functions_make_other_issues(project: Project) -> None:
    store(
        make_event(project, with_exception(function="parse")),
        make_event(project, with_exception(function="render")),
    )
    numbers = Issue.objects.filter(project=project).order_by("number")
    assert list(numbers.values_list("number", flat=True)) == [1, 2]


def with_exception(**fields: Any) -> dict[str, Any]:
    return make_payload(exception={"values": [make_exception(**fields)]})


def test_hours_are_of_the_events_own_time(project: Project) -> None:
    now = datetime.now(UTC)
    for hours in (0, 1, 1):
        moment = now - timedelta(hours=hours)
        store(make_event(project, make_payload(timestamp=moment.timestamp())))
    hour = int(now.timestamp()) // 3600
    counts = HourCount.objects.order_by("hour").values_list("hour", "count")
    assert list(counts) == [(hour - 1, 2), (hour, 1)]


def test_first_and_last_seen_hold_whatever_the_order(project: Project) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for minutes in (10, 30, 0, 20):
        moment = now - timedelta(minutes=minutes)
        store(make_event(project, make_payload(timestamp=moment.timestamp())))
    state = state_of(project)
    assert state.first_seen == now - timedelta(minutes=30)
    assert state.last_seen == now
    assert state.last_seen_minute == int(now.timestamp()) // 60


def test_users_are_counted_once_an_issue(project: Project) -> None:
    user = {"id": "7"}
    store(make_event(project, make_payload(user=user)))
    store(*[make_event(project, make_payload(user=user)) for _ in range(2)])
    store(make_event(project, make_payload(user={"email": "a@example.com"})))
    state = state_of(project)
    assert (state.event_count, state.user_count) == (4, 2)
    assert IssueUser.objects.filter(issue_id=state.issue_id).count() == 2


def test_tags_are_counted_by_value(project: Project) -> None:
    for region in ("eu", "us", "eu"):
        store(make_event(project, make_payload(tags={"region": region})))
    tags = {tag.key: tag for tag in tags_of_issue(state_of(project).issue_id)}
    assert tags["region"].values == [("eu", 2), ("us", 1)]
    assert tags["region"].total == 3


def test_values_beyond_the_cap_count_as_other(project: Project) -> None:
    payloads = [
        make_payload(tags={"request": str(number)}, user=None)
        for number in range(VALUES_OF_A_KEY + 20)
    ]
    store(*[make_event(project, payload) for payload in payloads])
    tags = {tag.key: tag for tag in tags_of_issue(state_of(project).issue_id)}
    assert tags["request"].total == len(payloads)
    assert len(tags["request"].values) <= VALUES_OF_A_KEY + 1


def test_newest_event_names_the_issue(project: Project) -> None:
    store(make_event(project, with_exception(value="first")))
    store(make_event(project, with_exception(value="second")))
    issue = Issue.objects.get()
    assert (issue.title, issue.value) == ("ValueError: second", "second")
    now = datetime.now(UTC)
    late = with_exception(value="late") | {"timestamp": now.timestamp() - 600}
    store(make_event(project, late))
    issue.refresh_from_db()
    assert issue.value == "second"


def test_newest_event_sets_the_level(project: Project) -> None:
    store(make_event(project, make_payload(level="warning")))
    store(make_event(project, make_payload(level="fatal")))
    assert state_of(project).level == Level.FATAL


def test_new_issue_is_new_and_unresolved_with_activity(project: Project) -> None:
    issue = make_issue(project)
    state = state_of(project)
    assert (state.status, state.substatus) == (Status.UNRESOLVED, Substatus.NEW)
    assert Activity.objects.get(issue=issue).kind == Activity.Kind.FIRST_SEEN
    project.refresh_from_db()
    assert project.first_event_at is not None


def test_resolved_issue_comes_back_as_a_regression(project: Project) -> None:
    issue = make_issue(project)
    settling.resolve([issue.pk], user=None)
    stored = store(make_event(project))
    assert stored.reopened_issues == [issue.pk]
    state = state_of(project)
    assert (state.status, state.substatus) == (Status.UNRESOLVED, Substatus.REGRESSED)
    kinds = Activity.objects.filter(issue=issue).order_by("pk")
    assert list(kinds.values_list("kind", flat=True))[-1] == Activity.Kind.REGRESSION


def test_event_from_before_the_resolving_does_not_reopen(project: Project) -> None:
    issue = make_issue(project)
    earlier = datetime.now(UTC) - timedelta(seconds=5)
    settling.resolve([issue.pk], user=None)
    store(make_event(project, received_at=earlier))
    state = state_of(project)
    assert (state.status, state.event_count) == (Status.RESOLVED, 2)


def test_ignored_issue_stays_ignored(project: Project) -> None:
    issue = make_issue(project)
    settling.ignore([issue.pk], user=None)
    store(make_event(project))
    assert state_of(project).status == Status.IGNORED


def test_stored_payload_is_the_event_that_came(project: Project) -> None:
    payload = with_exception()
    store(make_event(project, payload))
    found = events.load_event(project.pk, uuid.UUID(payload["event_id"]))
    assert found is not None
    assert found.payload is not None
    frames = found.payload["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[1]["vars"] == {"raw": "'12x'", "count": "3"}
    assert frames[1]["context_line"] == "    return parse(raw)"
    assert found.payload["modules"] == {"django": "5.2.19"}


def test_event_beyond_the_sample_is_counted_without_payload(project: Project) -> None:
    payload = make_payload()
    store(make_event(project, payload, sample_per_hour=0))
    assert state_of(project).event_count == 1
    found = events.load_event(project.pk, uuid.UUID(payload["event_id"]))
    assert found is not None
    assert found.payload is None
    assert store(make_event(project, payload)).duplicates == 1


def test_days_get_their_partition_when_first_needed(project: Project) -> None:
    old = datetime(2026, 1, 5, 12, tzinfo=UTC)
    store(make_event(project, received_at=old))
    assert old.date() in partitions.existing()


def test_neighbours_walk_the_issue_in_order_of_arrival(project: Project) -> None:
    start = datetime.now(UTC) - timedelta(minutes=5)
    for minute in range(3):
        store(make_event(project, received_at=start + timedelta(minutes=minute)))
    issue_id = state_of(project).issue_id
    newest = events.latest_event(issue_id)
    oldest = events.oldest_event(issue_id)
    assert newest is not None
    assert oldest is not None
    middle = events.neighbours(newest).older
    assert middle == events.neighbours(oldest).newer
    assert events.neighbours(newest).newer is None
    assert events.neighbours(oldest).older is None


def count_statements(project: Project, n: int) -> int:
    """Statements of one batch of n events, of which half are new to their issue."""
    batch = [
        make_event(project, with_exception(function=f"step_{number // 2}"))
        for number in range(n)
    ]
    with recorded() as statements:
        store(*batch)
    return len(statements)


def test_statements_of_a_batch_do_not_grow_with_it(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        store(make_event(project))
    with django_capture_on_commit_callbacks(execute=True):
        small = count_statements(project, 2)
    with django_capture_on_commit_callbacks(execute=True):
        large = count_statements(project, 200)
    steady = count_statements(project, 200)
    assert large == small
    # Beginning and end of the transaction are two of them.
    assert steady <= 13
