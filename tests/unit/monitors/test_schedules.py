"""A job is due when cron would run it, in its own time zone and on any day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitors.schedules import (
    NICKNAMES,
    Crontab,
    Schedule,
    ScheduleError,
    crontab,
    interval,
    next_expected,
    time_zone,
)

AMSTERDAM = "Europe/Amsterdam"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(
    schedule: Schedule | str, after: str, zone: str = "UTC", count: int = 3
) -> list[str]:
    """The next times in UTC, without the year."""
    found = []
    at = utc(after)
    known = crontab(schedule) if isinstance(schedule, str) else schedule
    for _ in range(count):
        at = next_expected(known, at, time_zone(zone))
        found.append(f"{at:%m-%d %H:%M}")
    return found


def test_crontab_counts_in_its_zone() -> None:
    assert times("0 3 * * *", "2026-01-10T12:00", AMSTERDAM, 2) == [
        "01-11 02:00",
        "01-12 02:00",
    ]


def test_the_moment_itself_is_not_after_it() -> None:
    assert times("*/5 * * * *", "2026-01-10T12:00", count=1) == ["01-10 12:05"]


def test_job_of_a_skipped_hour_is_due_right_after_it() -> None:
    # At 2:00 the clock is put to 3:00.
    assert times("30 2 * * *", "2026-03-28T12:00", AMSTERDAM) == [
        "03-29 01:00",
        "03-30 00:30",
        "03-31 00:30",
    ]


def test_job_of_a_fixed_hour_that_comes_twice_is_due_once() -> None:
    # At 3:00 the clock is put back to 2:00.
    assert times("30 2 * * *", "2026-10-24T12:00", AMSTERDAM) == [
        "10-25 00:30",
        "10-26 01:30",
        "10-27 01:30",
    ]


def test_within_the_second_of_such_hours_it_is_due_the_next_day() -> None:
    assert times("30 2 * * *", "2026-10-25T01:10", AMSTERDAM, 1) == ["10-26 01:30"]


def test_job_of_every_quarter_goes_on_through_the_changes() -> None:
    assert times("*/15 * * * *", "2026-03-29T00:45", AMSTERDAM, 2) == [
        "03-29 01:00",
        "03-29 01:15",
    ]
    autumn = times("*/15 * * * *", "2026-10-25T00:00", AMSTERDAM, 8)
    quarters = [
        f"{hour:02}:{minute:02}" for hour in (0, 1) for minute in range(0, 60, 15)
    ]
    assert autumn == [f"10-25 {clock}" for clock in [*quarters[1:], "02:00"]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@hourly", "11-23 11:00"),
        ("@daily", "11-24 00:00"),
        ("@midnight", "11-24 00:00"),
        ("@WEEKLY", "11-29 00:00"),
        ("@monthly", "12-01 00:00"),
        ("@yearly", "01-01 00:00"),
        ("0 9 * * MON-FRI", "11-24 09:00"),
        ("0 0 L * *", "11-30 00:00"),
        ("0 12 * * 5#1", "12-04 12:00"),
        ("0 0 29 2 *", "02-29 00:00"),
    ],
)
def test_nicknames_names_and_extensions_are_understood(
    expression: str, expected: str
) -> None:
    assert times(expression, "2026-11-23T10:00", count=1) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "@reboot"),
        *("a b c d e", "* " * 60),
    ],
)
def test_expressions_that_mean_no_time_are_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        crontab(text)


def test_every_nickname_is_a_schedule() -> None:
    assert [str(crontab(name)) for name in NICKNAMES] == list(NICKNAMES)


def test_hours_are_time_that_passes_and_days_are_the_calendars() -> None:
    before = "2026-03-28T20:00"
    assert times(interval(24, "hour"), before, AMSTERDAM, 1) == ["03-29 20:00"]
    assert times(interval(1, "day"), before, AMSTERDAM, 1) == ["03-29 19:00"]


@pytest.mark.parametrize(
    ("count", "unit", "expected"),
    [
        (90, "minute", "2026-01-31T11:30"),
        (2, "week", "2026-02-14T10:00"),
        (1, "month", "2026-02-28T10:00"),
        (13, "month", "2027-02-28T10:00"),
        (2, "year", "2028-01-31T10:00"),
    ],
)
def test_intervals_count_from_the_last_run(
    count: int, unit: str, expected: str
) -> None:
    after = utc("2026-01-31T10:00")
    due = next_expected(interval(count, unit), after, time_zone("UTC"))
    assert due == utc(expected)


def test_seconds_of_the_last_run_stay() -> None:
    after = utc("2026-01-31T10:00:07")
    due = next_expected(interval(5, "minute"), after, time_zone("UTC"))
    assert due == after + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("count", "unit"), [(0, "day"), (1, "fortnight"), (11, "year")]
)
def test_odd_intervals_are_refused(count: int, unit: str) -> None:
    with pytest.raises(ScheduleError):
        interval(count, unit)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America"])
def test_zones_that_do_not_exist_are_refused(name: str) -> None:
    with pytest.raises(ScheduleError):
        time_zone(name)


def test_expression_is_kept_as_it_was_written() -> None:
    assert crontab(" 0   3 * * mon ") == Crontab("0 3 * * mon")
