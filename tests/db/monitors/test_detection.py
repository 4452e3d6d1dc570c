"""What did not happen is found once, in time, and not where we ourselves were away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitors import detection
from monitors.detection import Found, Gap, is_due
from monitors.models import CheckIn, Monitor, Standing
from projects.models import Project
from tests.monitoring import (
    NOON,
    at,
    check_in,
    environment,
    make_monitor,
    runs,
    watch,
)


@pytest.fixture
def monitor(project: Project) -> Monitor:
    """An hourly job with five minutes' margin, which has checked in at noon."""
    monitor = make_monitor(project, "hourly", checkin_margin=5, max_runtime=30)
    check_in(monitor, "ok", NOON)
    return monitor


def test_absent_check_in_is_missed_after_its_margin(monitor: Monitor) -> None:
    assert watch(at("13:04:59")) == Found()
    assert watch(at("13:05")) == Found(missed=1)
    run = CheckIn.objects.get(status="missed")
    assert (run.started_at, run.expected_at) == (at("13:00"), at("13:00"))
    found = environment(monitor)
    assert (found.standing, found.failures) == (Standing.MISSED, 1)
    assert found.next_expected_at == at("14:00")


def test_looking_again_finds_nothing(monitor: Monitor) -> None:
    watch(at("13:05"))
    assert not is_due(0, at("13:05"))
    assert watch(at("13:05")) == Found()


def test_check_in_within_the_margin_is_in_time(monitor: Monitor) -> None:
    check_in(monitor, "in_progress", at("13:04:30"))
    assert watch(at("13:10")) == Found()
    assert environment(monitor).next_expected_at == at("14:00")


def test_each_time_that_passes_is_missed_once(monitor: Monitor) -> None:
    found = [watch(at("13:00") + timedelta(minutes=n)).missed for n in range(180)]
    assert sum(found) == 3
    assert runs(monitor) == ["ok", "missed", "missed", "missed"]


def test_hours_of_silence_are_told_once(monitor: Monitor) -> None:
    """As after a time in which nothing was digested, and all is known by now."""
    assert watch(at("20:30")) == Found(missed=1)
    assert environment(monitor).next_expected_at == at("21:00")
    assert watch(at("21:05")) == Found(missed=1)


def test_monitor_without_any_check_in_misses_none(project: Project) -> None:
    make_monitor(project)
    assert watch(at("12:00", day=30)) == Found()


def test_run_that_does_not_end_times_out(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("13:00:10"))
    assert watch(at("13:30")) == Found()
    assert watch(at("13:31")) == Found(timed_out=1)
    assert CheckIn.objects.get(guid=guid).status == "timeout"
    found = environment(monitor)
    assert (found.standing, found.judged_at) == (Standing.TIMEOUT, at("13:30:10"))
    assert watch(at("13:32")) == Found()


def test_end_that_comes_too_late_tells_how_long_it_took(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("13:00"))
    watch(at("13:31"))
    check_in(monitor, "ok", at("13:45"), guid=guid)
    run = CheckIn.objects.get(guid=guid)
    assert (run.status, run.duration_ms) == ("timeout", 45 * 60_000)
    assert environment(monitor).standing == Standing.TIMEOUT


def test_end_that_was_in_time_and_learnt_of_late_counts(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("13:00"))
    watch(at("13:31"))
    check_in(monitor, "ok", at("13:29"), guid=guid)
    assert CheckIn.objects.get(guid=guid).status == "ok"
    found = environment(monitor)
    assert (found.standing, found.failures) == (Standing.OK, 0)


def test_environments_are_looked_at_apart(monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON, environment="staging")
    check_in(monitor, "ok", at("13:00"))
    assert watch(at("13:30")) == Found(missed=1)
    assert environment(monitor).standing == Standing.OK
    assert environment(monitor, "staging").standing == Standing.MISSED


def test_disabled_monitors_and_deleted_projects_miss_nothing(
    monitor: Monitor, project: Project
) -> None:
    check_in(monitor, "in_progress", NOON)
    Monitor.objects.update(is_disabled=True)
    assert watch(at("14:30")) == Found()
    Monitor.objects.update(is_disabled=False)
    project.deleted_at = NOON
    project.save()
    assert watch(at("14:30")) == Found()


def test_absence_in_a_gap_is_unknown(monitor: Monitor) -> None:
    """The service was away from 12:30 to 15:20, and looks again at 15:30."""
    gap = Gap(at("12:30"), at("15:20"))
    assert watch(at("15:30"), [gap]) == Found(unknown=1)
    assert runs(monitor) == ["ok", "unknown"]
    found = environment(monitor)
    assert (found.standing, found.failures) == (Standing.OK, 0)
    assert found.next_expected_at == at("16:00")


def test_after_a_gap_absence_counts_again(monitor: Monitor) -> None:
    gap = Gap(at("12:30"), at("15:20"))
    watch(at("15:30"), [gap])
    assert watch(at("16:05"), [gap]) == Found(missed=1)


@pytest.mark.parametrize(
    ("start", "end", "is_known"),
    [
        ("12:10", "12:20", True),
        # A job whose clock is fast.
        ("12:10", "12:59:40", False),
        ("13:02", "13:03", False),
        ("13:04:59", "13:30", False),
        ("13:06", "13:30", True),
    ],
)
def test_gap_matters_while_the_check_in_could_have_come(
    monitor: Monitor, start: str, end: str, is_known: bool
) -> None:
    found = watch(at("13:31"), [Gap(at(start), at(end))])
    assert (found.missed, found.unknown) == (int(is_known), int(not is_known))


def test_run_whose_end_may_be_lost_in_a_gap_is_unknown(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("13:00"))
    gap = Gap(at("13:10"), at("13:12"))
    assert watch(at("13:31"), [gap]) == Found(unknown=1)
    assert CheckIn.objects.get(guid=guid).status == "unknown"
    assert environment(monitor).standing == Standing.OK


def test_end_of_an_unknown_run_may_still_come(monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("13:00"))
    watch(at("13:31"), [Gap(at("13:10"), at("13:12"))])
    check_in(monitor, "error", at("13:35"), guid=guid)
    assert CheckIn.objects.get(guid=guid).status == "error"
    assert environment(monitor).standing == Standing.ERROR


def test_more_monitors_than_are_taken_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "_AT_ONCE", 2)
    for _ in range(5):
        monitor = make_monitor(project)
        check_in(monitor, "ok", NOON)
        check_in(monitor, "in_progress", at("12:00:01"))
    assert watch(at("13:02")) == Found(missed=5, timed_out=5)


def test_shards_are_looked_at_apart(monitor: Monitor, settings: object) -> None:
    settings.SHARDS = 2  # type: ignore[attr-defined]  # pytest-django's own.
    own = monitor.project_id % 2
    assert is_due(own, at("13:05"))
    assert not is_due(1 - own, at("13:05"))
    assert detection.look(1 - own, at("13:05"), []) == Found()
    assert detection.look(own, at("13:05"), []) == Found(missed=1)
