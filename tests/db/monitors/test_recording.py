"""A run ends once and is told of once, in whatever order its check-ins come."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from issues.removal import remove_deleted
from monitors import ledger, recording, retention
from monitors.models import CheckIn, EarlyCheckIn, Monitor, Standing
from monitors.reports import MonitorSettings, Rejection
from monitors.schedules import crontab, interval
from projects.models import Project, Team
from projects.services import hide_project
from tests.factories import make_project
from tests.monitoring import (
    HOURLY,
    NOON,
    at,
    check_in,
    environment,
    make_monitor,
    make_report,
    runs,
    send,
)
from tests.people import make_member

SECOND = timedelta(seconds=1)


@pytest.fixture
def monitor(project: Project) -> Monitor:
    return make_monitor(project, "nightly-import")


def test_run_begins_and_ends(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", NOON, release="1.0", trace_id="a" * 32)
    check_in(monitor, "ok", NOON + 90 * SECOND, guid=guid)
    run = CheckIn.objects.get()
    assert (run.guid, run.status, run.duration_ms) == (guid, "ok", 90_000)
    assert (run.started_at, run.updated_at) == (NOON, NOON + 90 * SECOND)
    assert (run.release, run.trace_id) == ("1.0", "a" * 32)
    assert environment(monitor).standing == Standing.OK


def test_duration_that_is_told_counts(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", NOON)
    check_in(monitor, "ok", NOON + 90 * SECOND, guid=guid, duration_ms=12_500)
    assert CheckIn.objects.get().duration_ms == 12_500


def test_lone_end_began_as_long_ago_as_it_took(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON, duration_ms=60_000)
    run = CheckIn.objects.get()
    assert (run.started_at, run.updated_at) == (NOON - 60 * SECOND, NOON)


def test_lone_end_without_a_duration_has_none(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    assert CheckIn.objects.get().duration_ms is None


def test_late_beginning_does_not_reopen_a_run(monitor: Monitor) -> None:
    guid = check_in(monitor, "ok", NOON + SECOND)
    late = make_report(
        monitor.project, monitor.slug, "in_progress", NOON + 2 * SECOND, guid=guid
    )
    assert send(late) == [Rejection.ENDED]
    assert runs(monitor) == ["ok"]


def test_second_end_changes_nothing(monitor: Monitor) -> None:
    guid = check_in(monitor, "ok", NOON)
    again = make_report(
        monitor.project, monitor.slug, "error", NOON + SECOND, guid=guid
    )
    assert send(again, again) == [Rejection.ENDED, Rejection.ENDED]
    assert runs(monitor) == ["ok"]
    assert environment(monitor).standing == Standing.OK


def test_resent_beginning_changes_nothing(monitor: Monitor) -> None:
    report = make_report(monitor.project, monitor.slug, "in_progress", NOON)
    assert send(report, report) == [None, None]
    assert runs(monitor) == ["in_progress"]


def test_sign_of_life_gives_a_run_as_long_again(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", NOON)
    check_in(monitor, "in_progress", at("12:20"), guid=guid)
    run = CheckIn.objects.get()
    assert (run.started_at, run.timeout_at) == (NOON, at("12:50"))


def test_zeros_end_the_latest_open_run(monitor: Monitor) -> None:
    first = check_in(monitor, "in_progress", NOON)
    second = check_in(monitor, "in_progress", NOON + SECOND)
    done = make_report(
        monitor.project, monitor.slug, "ok", NOON + 2 * SECOND, guid=None
    )
    assert send(done) == [None]
    status = dict(CheckIn.objects.values_list("guid", "status"))
    assert status == {first: "in_progress", second: "ok"}


def test_zeros_within_one_batch_find_each_other(monitor: Monitor) -> None:
    reports = [
        make_report(monitor.project, monitor.slug, status, NOON + n * SECOND, guid=None)
        for n, status in enumerate(("in_progress", "ok", "in_progress", "error", "ok"))
    ]
    assert send(*reports) == [None] * 5
    # The last one finds no open run, and is one by itself.
    assert runs(monitor) == ["ok", "error", "ok"]


def test_zeros_leave_other_environments_alone(monitor: Monitor) -> None:
    check_in(monitor, "in_progress", NOON, environment="staging")
    send(make_report(monitor.project, monitor.slug, "ok", at("12:01"), guid=None))
    assert runs(monitor) == ["in_progress", "ok"]


def test_end_finds_its_run_whatever_environment_it_tells(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", NOON, environment="staging")
    check_in(monitor, "ok", NOON + SECOND, guid=guid)
    assert runs(monitor) == ["ok"]
    assert environment(monitor, "staging").standing == Standing.OK


def test_settings_make_the_monitor(project: Project) -> None:
    settings = MonitorSettings(
        schedule=crontab("0 3 * * *"),
        timezone="Europe/Amsterdam",
        checkin_margin=5,
        max_runtime=30,
    )
    report = make_report(
        project, "nightly", "in_progress", NOON, name="Nightly", settings=settings
    )
    assert send(report) == [None]
    made = Monitor.objects.get()
    assert (made.slug, made.name, made.crontab) == ("nightly", "Nightly", "0 3 * * *")
    assert (made.checkin_margin, made.max_runtime) == (5, 30)
    assert (made.failure_issue_threshold, made.recovery_threshold) == (1, 1)
    assert made.is_upserted
    assert environment(made).next_expected_at == at("2:00", day=1)
    assert environment(made).next_latest_at == at("2:05", day=1)


def test_settings_change_the_monitor_and_what_it_expects(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    check_in(monitor, "ok", NOON, environment="staging")
    changed = MonitorSettings(schedule=interval(10, "minute"), checkin_margin=3)
    check_in(monitor, "ok", at("12:05"), settings=changed)
    monitor.refresh_from_db()
    assert (monitor.crontab, monitor.interval_count) == ("", 10)
    for name in ("production", "staging"):
        assert environment(monitor, name).next_expected_at == at("12:15")
        assert environment(monitor, name).next_latest_at == at("12:18")


def test_settings_keep_what_they_do_not_tell(project: Project) -> None:
    monitor = make_monitor(project, max_runtime=90, timezone="Asia/Tokyo")
    check_in(monitor, "ok", NOON, settings=HOURLY)
    monitor.refresh_from_db()
    assert (monitor.max_runtime, monitor.timezone) == (90, "Asia/Tokyo")


def test_owner_is_one_of_the_organization(project: Project) -> None:
    team = Team.objects.create(
        organization=project.organization, slug="core", name="Core"
    )
    stranger = make_member(make_project().organization).user
    monitor = make_monitor(project)
    for owner in (f"user:{stranger.pk}", "#core", "team:99999", "team:x"):
        settings = MonitorSettings(schedule=HOURLY.schedule, owner=owner)
        check_in(monitor, "ok", NOON, settings=settings)
    monitor.refresh_from_db()
    assert (monitor.owner_user, monitor.owner_team) == (None, team)


def test_unknown_monitor_without_settings_is_refused(project: Project) -> None:
    report = make_report(project, "nobody", "in_progress", NOON)
    bad = make_report(project, "nobody", "ok", NOON, has_bad_settings=True)
    assert send(report, bad) == [Rejection.UNKNOWN_MONITOR, Rejection.BAD_SETTINGS]
    assert not Monitor.objects.exists()


def test_bad_settings_leave_a_known_monitor_as_it_is(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON, has_bad_settings=True)
    assert runs(monitor) == ["ok"]


def test_end_of_the_first_run_may_overtake_its_beginning(project: Project) -> None:
    guid = uuid.uuid4()
    end = make_report(
        project, "job", "error", NOON + SECOND, guid=guid, duration_ms=250
    )
    begin = make_report(project, "job", "in_progress", NOON, guid=guid, settings=HOURLY)
    assert send(end) == [Rejection.UNKNOWN_MONITOR]
    assert send(begin) == [None]
    run = CheckIn.objects.get()
    assert (run.status, run.duration_ms) == ("error", 250)
    assert not EarlyCheckIn.objects.exists()


def test_overtaking_within_one_batch_does_no_harm(project: Project) -> None:
    guid = uuid.uuid4()
    end = make_report(project, "job", "ok", NOON + SECOND, guid=guid)
    begin = make_report(project, "job", "in_progress", NOON, guid=guid, settings=HOURLY)
    assert send(end, end, begin) == [Rejection.UNKNOWN_MONITOR] * 2 + [None]
    run = CheckIn.objects.get()
    assert (run.status, run.started_at, run.duration_ms) == ("ok", NOON, 1000)
    assert not EarlyCheckIn.objects.exists()


def test_ends_wait_an_hour_for_their_beginnings(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "EARLY_MAX", 2)
    for _ in range(2):
        send(*[make_report(project, "job", "ok", NOON) for _ in range(2)])
    assert EarlyCheckIn.objects.count() == 2
    retention.prune(NOON + timedelta(minutes=59))
    assert EarlyCheckIn.objects.count() == 2
    retention.prune(NOON + timedelta(minutes=61))
    assert EarlyCheckIn.objects.count() == 0


def test_projects_have_so_many_monitors(project: Project, settings: Settings) -> None:
    settings.MONITORS_PER_PROJECT = 2
    make_monitor(project)
    reports = [
        make_report(project, slug, "ok", NOON, settings=HOURLY)
        for slug in ("one", "two", "three", "one")
    ]
    too_many = Rejection.TOO_MANY_MONITORS
    assert send(*reports) == [None, too_many, too_many, None]


def test_monitors_have_so_many_environments(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ENVIRONMENTS_MAX", 1)
    check_in(monitor, "ok", NOON)
    other = make_report(monitor.project, monitor.slug, "ok", NOON, environment="x")
    assert send(other) == [Rejection.TOO_MANY_ENVIRONMENTS]


def test_flood_is_refused_until_the_next_minute(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PER_MINUTE_MAX", 2)
    reports = [make_report(monitor.project, monitor.slug, "ok", NOON) for _ in range(3)]
    assert send(*reports) == [None, None, Rejection.FLOOD]
    check_in(monitor, "ok", NOON, environment="staging")
    check_in(monitor, "ok", at("12:01"))


def test_disabled_monitor_takes_nothing(project: Project) -> None:
    monitor = make_monitor(project, is_disabled=True)
    report = make_report(project, monitor.slug, "ok", NOON, settings=HOURLY)
    assert send(report) == [Rejection.DISABLED]
    assert runs(monitor) == []


def test_deleted_project_gets_no_monitor(project: Project) -> None:
    project.deleted_at = NOON
    project.save()
    report = make_report(project, "job", "ok", NOON, settings=HOURLY)
    assert send(report) == [Rejection.TOO_MANY_MONITORS]


def test_run_of_another_monitor_is_not_touched(project: Project) -> None:
    one, other = make_monitor(project), make_monitor(project)
    guid = check_in(one, "in_progress", NOON)
    report = make_report(project, other.slug, "ok", NOON, guid=guid)
    assert send(report) == [Rejection.OTHER_MONITOR]
    assert runs(one) == ["in_progress"]


def test_projects_share_neither_ids_nor_slugs(project: Project) -> None:
    one, other = make_monitor(project, "job"), make_monitor(make_project(), "job")
    guid = check_in(one, "in_progress", NOON)
    check_in(other, "ok", NOON, guid=guid)
    assert (runs(one), runs(other)) == (["in_progress"], ["ok"])


def test_check_in_is_for_the_time_it_was_expected_at(monitor: Monitor) -> None:
    for clock in ("12:00:10", "12:20", "12:59:45", "14:00:20"):
        check_in(monitor, "ok", at(clock))
    found = CheckIn.objects.order_by("started_at").values_list("expected_at", flat=True)
    # The first was not expected, the second is out of turn, the third a little early,
    # and the time after that has not been looked at yet.
    assert list(found) == [None, None, at("13:00"), at("14:00")]


def test_early_check_in_moves_on_to_the_time_after(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    guid = check_in(monitor, "in_progress", at("12:59:45"))
    assert environment(monitor).next_expected_at == at("14:00")
    check_in(monitor, "ok", at("12:59:50"), guid=guid)
    assert environment(monitor).next_expected_at == at("14:00")


def test_older_check_in_changes_the_run_only(monitor: Monitor) -> None:
    older = check_in(monitor, "in_progress", at("11:00"))
    check_in(monitor, "ok", at("12:00"))
    check_in(monitor, "error", at("11:30"), guid=older)
    assert runs(monitor) == ["error", "ok"]
    found = environment(monitor)
    assert (found.standing, found.failures) == (Standing.OK, 0)
    assert found.last_check_in_at == at("12:00")


def test_batch_costs_the_same_whatever_its_size(
    monitor: Monitor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    check_in(monitor, "ok", NOON)

    def batch(size: int) -> None:
        reports = [
            make_report(monitor.project, monitor.slug, "ok", at("13:00") + n * SECOND)
            for n in range(size)
        ]
        with django_assert_num_queries(8):
            send(*reports)

    batch(1)
    batch(50)


def test_zone_that_is_not_known_here_is_taken_for_utc(project: Project) -> None:
    monitor = make_monitor(project, crontab="0 3 * * *", timezone="Mars/Olympus")
    check_in(monitor, "ok", NOON)
    assert environment(monitor).next_expected_at == at("3:00", day=1)


def test_deleted_project_leaves_nothing_behind(project: Project) -> None:
    monitor = make_monitor(project)
    check_in(monitor, "error", NOON)
    send(make_report(project, "early", "ok", NOON))
    hide_project(project)
    while not remove_deleted():
        pass
    assert not Monitor.objects.exists()
    assert not CheckIn.objects.exists()
    assert not EarlyCheckIn.objects.exists()


def test_retention_forgets_old_check_ins(monitor: Monitor, settings: Settings) -> None:
    settings.RETENTION_DAYS = 10
    check_in(monitor, "ok", NOON)
    check_in(monitor, "ok", at("12:00", day=1))
    assert retention.prune(at("12:01", day=10)) == 1
    assert CheckIn.objects.get().started_at == at("12:00", day=1)
