"""Failures are events of one issue for each environment, and recovery resolves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from issues import operations
from issues.events import latest_event, open_event
from issues.models import (
    Activity,
    Event,
    Issue,
    IssueState,
    Operation,
    Status,
    Substatus,
)
from issues.operations import Selection, deleting
from issues.repair import repair
from issues.tagcounts import tags_of_issue
from monitors import services
from monitors.models import Monitor
from projects.models import Project
from tests import settling
from tests.monitoring import (
    NOON,
    at,
    check_in,
    environment,
    make_monitor,
    make_report,
    send,
    watch,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def monitor(project: Project) -> Monitor:
    return make_monitor(project, "nightly-backup", name="Nightly backup")


def state_of(monitor: Monitor) -> IssueState:
    return IssueState.objects.get(project=monitor.project)


def payload_of(issue: Issue) -> Any:
    event = latest_event(issue.pk)
    assert event is not None
    return open_event(event).payload


def test_failed_check_in_is_an_issue(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", NOON, release="1.0", trace_id="a" * 32)
    check_in(monitor, "error", NOON + MINUTE, guid=guid)
    issue = Issue.objects.get()
    assert issue.title == "Failed check-in: nightly-backup"
    assert (issue.kind, issue.culprit) == ("error", "production")
    tags = {tag.key: tag.values[0][0] for tag in tags_of_issue(issue.pk)}
    assert tags == {
        "environment": "production",
        "level": "error",
        "monitor.slug": "nightly-backup",
        "release": "1.0",
    }
    payload = payload_of(issue)
    assert payload["contexts"]["trace"]["trace_id"] == "a" * 32
    assert payload["contexts"]["monitor"] == {
        "type": "monitor",
        "slug": "nightly-backup",
        "name": "Nightly backup",
        "schedule": "0 * * * *",
        "timezone": "UTC",
        "status": "error",
        "check_in_id": guid.hex,
        "failures_in_a_row": 1,
        "started_at": "2026-11-23T12:00:00Z",
        "duration_seconds": 60.0,
    }


def discard(issue: Issue) -> Operation:
    selection = Selection.of(issue.project.organization, [issue.project], [issue.pk])
    return operations.apply(selection, deleting.discard(), user=None)


def test_a_discarded_issue_does_not_come_back(monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    check_in(monitor, "error", NOON + MINUTE, environment="staging")
    first, second = Issue.objects.order_by("pk")
    done = discard(first)
    check_in(monitor, "error", NOON + 2 * MINUTE)
    check_in(monitor, "error", NOON + 3 * MINUTE, environment="staging")
    assert Event.objects.filter(issue_id=second.pk).count() == 2
    assert Issue.objects.count() == 2
    operations.undo(done, None)
    check_in(monitor, "error", NOON + 4 * MINUTE)
    assert Event.objects.filter(issue_id=first.pk).count() == 2


def test_a_discarded_issue_does_not_come_back_under_another_slug(
    monitor: Monitor,
) -> None:
    check_in(monitor, "error", NOON)
    discard(Issue.objects.get())
    renamed = services.change_monitor(
        monitor,
        services.Wanted(name="Other", slug="other", schedule=monitor.schedule),
    )
    check_in(renamed, "error", NOON + MINUTE)
    assert Issue.objects.count() == 1


def test_missed_check_in_is_an_issue(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    watch(at("13:01"))
    issue = Issue.objects.get()
    assert issue.title == "Missed check-in: nightly-backup"
    context = payload_of(issue)["contexts"]["monitor"]
    assert context["expected_at"] == "2026-11-23T13:00:00Z"
    assert context["checkin_margin_minutes"] == 1


def test_timed_out_check_in_is_an_issue(monitor: Monitor) -> None:
    check_in(monitor, "in_progress", NOON)
    watch(at("12:30"))
    issue = Issue.objects.get()
    assert issue.title == "Timed-out check-in: nightly-backup"
    assert payload_of(issue)["contexts"]["monitor"]["max_runtime_minutes"] == 30


def test_whatever_fails_there_is_one_issue(monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    watch(at("13:01"))
    check_in(monitor, "in_progress", at("13:10"))
    watch(at("13:40"))
    issue = Issue.objects.get()
    assert issue.title == "Timed-out check-in: nightly-backup"
    assert state_of(monitor).event_count == 3
    assert Event.objects.count() == 3


def test_each_environment_and_monitor_has_an_issue_of_its_own(
    monitor: Monitor, project: Project
) -> None:
    check_in(monitor, "error", NOON)
    check_in(monitor, "error", NOON, environment="staging")
    check_in(make_monitor(project, "other"), "error", NOON)
    assert set(Issue.objects.values_list("title", "culprit")) == {
        ("Failed check-in: nightly-backup", "production"),
        ("Failed check-in: nightly-backup", "staging"),
        ("Failed check-in: other", "production"),
    }


def test_issue_waits_for_the_threshold(project: Project) -> None:
    monitor = make_monitor(project, failure_issue_threshold=3)
    check_in(monitor, "error", NOON)
    check_in(monitor, "error", at("12:10"))
    assert not Issue.objects.exists()
    check_in(monitor, "error", at("12:20"))
    assert state_of(monitor).event_count == 1
    assert environment(monitor).incident_since == at("12:20")
    check_in(monitor, "error", at("12:30"))
    assert state_of(monitor).event_count == 2


def test_success_begins_the_count_anew(project: Project) -> None:
    monitor = make_monitor(project, failure_issue_threshold=2)
    for n, status in enumerate(("error", "ok", "error", "ok", "error")):
        check_in(monitor, status, NOON + n * MINUTE)
    assert not Issue.objects.exists()


def test_recovery_resolves_the_issue_and_says_why(monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    check_in(monitor, "ok", at("13:00"))
    assert state_of(monitor).status == Status.RESOLVED
    resolved = Activity.objects.get(kind=Activity.Kind.RESOLVED)
    assert resolved.user is None
    assert resolved.data == {"monitor": "nightly-backup", "environment": "production"}
    assert environment(monitor).incident_since is None


def test_recovery_waits_for_its_threshold(project: Project) -> None:
    monitor = make_monitor(project, recovery_threshold=2)
    for n, status in enumerate(("error", "ok", "error", "ok")):
        check_in(monitor, status, NOON + n * MINUTE)
    assert state_of(monitor).status == Status.UNRESOLVED
    assert environment(monitor).standing == "error"
    check_in(monitor, "ok", at("12:10"))
    assert state_of(monitor).status == Status.RESOLVED
    assert environment(monitor).standing == "ok"


def test_new_failure_reopens_the_issue(monitor: Monitor) -> None:
    for n, status in enumerate(("error", "ok", "error")):
        check_in(monitor, status, NOON + n * MINUTE)
    state = state_of(monitor)
    assert (state.status, state.substatus) == (Status.UNRESOLVED, Substatus.REGRESSED)
    assert state.event_count == 2


def test_order_within_a_batch_counts(monitor: Monitor) -> None:
    """A backlog of hours comes in one batch."""
    statuses = ("error", "ok", "error", "error", "ok", "error")
    reports = [
        make_report(monitor.project, monitor.slug, status, NOON + n * MINUTE)
        for n, status in enumerate(statuses)
    ]
    assert send(*reports) == [None] * len(reports)
    state = state_of(monitor)
    assert (state.status, state.event_count) == (Status.UNRESOLVED, 4)
    kinds = Activity.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [
        Activity.Kind.FIRST_SEEN,
        Activity.Kind.RESOLVED,
        Activity.Kind.REGRESSION,
        Activity.Kind.RESOLVED,
        Activity.Kind.REGRESSION,
    ]


def test_issue_that_somebody_ignores_stays_ignored(monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    settling.ignore([Issue.objects.get().pk], user=None)
    check_in(monitor, "ok", at("12:10"))
    assert state_of(monitor).status == Status.IGNORED


def test_muted_monitor_fails_in_silence(project: Project) -> None:
    monitor = make_monitor(project, is_muted=True)
    check_in(monitor, "error", NOON)
    watch(at("13:01"))
    assert not Issue.objects.exists()
    assert environment(monitor).failures == 2


def test_monitor_muted_meanwhile_still_recovers(monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    Monitor.objects.update(is_muted=True)
    check_in(monitor, "ok", at("12:10"))
    assert state_of(monitor).status == Status.RESOLVED


def test_names_of_environments_are_no_fingerprint_variables(monitor: Monitor) -> None:
    for name in ("{{ message }}", "{{ default }}"):
        check_in(monitor, "error", NOON, environment=name)
        check_in(monitor, "ok", at("12:10"), environment=name)
    states = IssueState.objects.values_list("status", flat=True)
    assert list(states) == [Status.RESOLVED] * 2


def test_counts_are_exact_afterwards(monitor: Monitor) -> None:
    for n, status in enumerate(("error", "error", "ok", "error")):
        check_in(monitor, status, NOON + n * MINUTE)
    watch(at("14:00"))
    assert repair(dry_run=True).differences == 0
