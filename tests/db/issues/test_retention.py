"""Days past their retention go whole, and nothing that is shown changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from issues import partitions, retention
from issues.merging.changes import merge, unmerge
from issues.models import (
    Event,
    HourCount,
    IssueState,
    PayloadDictionary,
    ProjectHour,
)
from issues.repair import repair
from issues.retention import keep_partitions
from issues.store import forget_everything
from issues.tagcounts import tags_of_issue
from projects.models import Project
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _ten_days(settings: Settings) -> Iterator[None]:
    """Days older than ten go; the days of a test leave no trace, nor find one."""
    settings.RETENTION_DAYS = 10
    _drop_all_days()
    yield
    _drop_all_days()


def _drop_all_days() -> None:
    for day in partitions.existing():
        partitions.drop(day)
    forget_everything()


@pytest.fixture
def project() -> Project:
    """An issue with two events of twelve days ago and two of today."""
    project = make_project("shop")
    for days, user, region in [
        (12, "1", "eu"),
        (12, "2", "us"),
        (0, "1", "us"),
        (0, "3", "ap"),
    ]:
        moment = NOW - timedelta(days=days)
        payload = make_payload(
            timestamp=moment.timestamp(),
            user={"id": user},
            tags={"region": region},
            environment=region,
        )
        store(make_event(project, payload, received_at=moment))
    return project


def shown(project: Project) -> dict[str, object]:
    """What pages show of the project's one issue."""
    state = IssueState.objects.get(project=project)
    hours = HourCount.objects.filter(issue=state.issue_id).order_by("hour")
    return {
        "events": state.event_count,
        "users": state.user_count,
        "seen": (state.first_seen, state.last_seen),
        "hours": list(hours.values_list("hour", "count")),
        "tags": tags_of_issue(state.issue_id),
        "project": list(
            ProjectHour.objects.filter(project=project)
            .order_by("pk")
            .values_list("environment_id", "hour", "level", "count")
        ),
    }


@contextmanager
def another_connection() -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other


def test_today_and_the_days_ahead_have_partitions() -> None:
    kept = keep_partitions()
    assert kept.created == [TODAY + timedelta(days=ahead) for ahead in range(4)]
    assert keep_partitions().created == []


def test_a_day_is_made_beside_those_who_read(project: Project) -> None:
    with another_connection() as reader, connection.cursor() as cursor:
        reader.execute("SELECT count(*) FROM issues_event")
        cursor.execute("SET lock_timeout = '100ms'")
        assert partitions.ensure([TODAY + timedelta(days=9)])
        cursor.execute("RESET lock_timeout")


def test_dropping_a_day_changes_nothing_that_is_shown(project: Project) -> None:
    before = shown(project)
    kept = keep_partitions()
    assert kept.dropped == [TODAY - timedelta(days=12)]
    assert shown(project) == before
    assert Event.objects.filter(project=project).count() == 2


def test_repair_finds_nothing_after_a_drop(project: Project) -> None:
    keep_partitions()
    assert repair(dry_run=True).details == ()


def test_repair_mends_after_a_drop_what_it_counted(project: Project) -> None:
    before = shown(project)
    keep_partitions()
    IssueState.objects.update(event_count=0, user_count=0)
    HourCount.objects.update(count=0)
    ProjectHour.objects.update(count=0)
    repair()
    assert shown(project) == before


def test_counting_goes_on_after_a_drop(project: Project) -> None:
    keep_partitions()
    store(make_event(project, make_payload(user={"id": "1"}, tags={"region": "eu"})))
    state = IssueState.objects.get(project=project)
    assert (state.event_count, state.user_count) == (5, 3)
    assert repair(dry_run=True).details == ()


def test_all_days_may_go(project: Project) -> None:
    before = shown(project)
    later = NOW + timedelta(days=11)
    assert keep_partitions(later).dropped == [TODAY - timedelta(days=12), TODAY]
    assert shown(project) == before
    assert repair(dry_run=True).details == ()


def test_the_last_day_of_the_retention_stays(project: Project) -> None:
    assert keep_partitions(NOW + timedelta(days=10)).dropped == [
        TODAY - timedelta(days=12)
    ]


def test_a_day_that_is_being_read_waits(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_PAUSE_S", 0.0)
    monkeypatch.setattr(retention, "_WAIT_FOR_READERS", "20ms")
    before = shown(project)
    with another_connection() as reader:
        reader.execute("SELECT count(*) FROM issues_event")
        kept = keep_partitions()
    day = TODAY - timedelta(days=12)
    assert (kept.dropped, kept.postponed) == ([], [day])
    assert shown(project) == before
    assert repair(dry_run=True).details == ()
    assert keep_partitions().dropped == [day]


def test_a_drop_waits_for_the_digest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_PAUSE_S", 0.0)
    monkeypatch.setattr(retention, "_WAIT_FOR_DIGESTS", "20ms")
    with another_connection() as digest:
        digest.execute("SELECT pg_advisory_lock(7410, 0)")
        assert keep_partitions().dropped == []


def test_hours_that_no_graph_reaches_go(project: Project) -> None:
    keep_partitions()
    later = NOW + timedelta(days=10 + 90)
    kept = keep_partitions(later)
    assert kept.hours == 1
    assert repair(dry_run=True).details == ()


def test_only_dictionaries_long_replaced_and_unused_go(project: Project) -> None:
    def trained(days_ago: int) -> int:
        made = PayloadDictionary.objects.create(
            project=project, data=b"", trained_at_count=50
        )
        PayloadDictionary.objects.filter(pk=made.pk).update(
            created_at=NOW - timedelta(days=days_ago)
        )
        return made.pk

    used, _unused, newest = trained(90), trained(80), trained(70)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE issues_event SET dictionary_id = %s", [used])
    assert keep_partitions().dictionaries == 1
    left = PayloadDictionary.objects.order_by("pk").values_list("pk", flat=True)
    assert list(left) == [used, newest]


def test_cleanup_says_what_it_did(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("cleanup")
    dropped: date = TODAY - timedelta(days=12)
    assert f"Days dropped: {dropped}" in capsys.readouterr().out


def test_merged_issues_show_the_same_after_a_drop_and_apart(project: Project) -> None:
    survivor = IssueState.objects.get(project=project).issue_id
    for days in (12, 0):
        moment = NOW - timedelta(days=days)
        exception = {"values": [make_exception("OtherError", function="other")]}
        payload = make_payload(
            exception=exception, timestamp=moment.timestamp(), user={"id": "9"}
        )
        store(make_event(project, payload, received_at=moment))
    other = IssueState.objects.exclude(issue=survivor).get().issue_id
    merge(project, [survivor, other], user=None)
    keep_partitions(NOW)
    states = IssueState.objects.in_bulk()
    numbers = {
        issue: (state.event_count, state.user_count, state.expired_count)
        for issue, state in states.items()
    }
    assert (numbers[survivor], numbers[other]) == ((6, 4, 3), (2, 1, 1))
    assert repair(dry_run=True).details == ()
    unmerge(project, survivor, [other], user=None)
    state = IssueState.objects.get(issue=survivor)
    assert (state.event_count, state.user_count, state.expired_count) == (4, 3, 2)
    assert repair(dry_run=True).details == ()
