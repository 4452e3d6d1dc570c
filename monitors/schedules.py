"""When a job is to run: crontab expressions and intervals, in a time zone.

Crontab expressions mean what Debian's cron makes of them, on the days too when the
clocks change: a job of a skipped hour is due right after it, a job of a fixed hour
that comes twice is due once, and one that runs every few minutes goes on doing so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

EXPRESSION_CHARS = 100

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_FIELDS = 5
# So far ahead an expression is looked for; none that was accepted is as rare.
_NEVER = timedelta(days=50 * 365)


class ScheduleError(ValueError):
    """A schedule or time zone that cannot be understood; the message says why."""


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


# So that no interval is longer than ten years: nobody would learn of a miss.
_MOST = {
    Unit.MINUTE: 5_256_000,
    Unit.HOUR: 87_600,
    Unit.DAY: 3_650,
    Unit.WEEK: 520,
    Unit.MONTH: 120,
    Unit.YEAR: 10,
}


@dataclass(frozen=True, slots=True)
class Crontab:
    """A crontab expression of five fields, or a nickname such as ``@daily``."""

    expression: str

    def __str__(self) -> str:
        return self.expression


@dataclass(frozen=True, slots=True)
class Interval:
    """So long after the last run; ``count`` is positive."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


Schedule = Crontab | Interval


def crontab(text: str) -> Crontab:
    """The expression, if there is a time that it means. Raises ScheduleError.

    >>> str(crontab("  0 3  * * MON "))
    '0 3 * * MON'
    """
    expression = " ".join(text.split())
    if not expression or len(expression) > EXPRESSION_CHARS:
        raise ScheduleError(
            f"expected a crontab expression of up to {EXPRESSION_CHARS} characters"
        )
    found = Crontab(expression)
    fields = _fields(found).split()
    if len(fields) != _FIELDS:
        raise ScheduleError(
            f"expected five fields or a nickname such as @daily, got {expression!r}"
        )
    try:
        next(CronSim(_fields(found), datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ScheduleError(f"{error} in {expression!r}") from None
    except StopIteration:
        raise ScheduleError(f"{expression!r} never comes") from None
    return found


def interval(count: int, unit: str) -> Interval:
    """The interval, of ten years at most. Raises ScheduleError."""
    if unit not in _MOST:
        raise ScheduleError(f"expected one of {', '.join(_MOST)}, got {unit!r}")
    most = _MOST[Unit(unit)]
    if not 1 <= count <= most:
        raise ScheduleError(f"expected 1 to {most} {unit}s, got {count}")
    return Interval(count, Unit(unit))


def time_zone(name: str) -> ZoneInfo:
    """The zone of the IANA database. Raises ScheduleError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ScheduleError(f"no such time zone: {name!r}") from None


def next_expected(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time after the given one that the schedule means, in UTC.

    An interval counts from ``after``: minutes and hours as time that passes, days
    and more by the calendar of the zone.
    """
    if isinstance(schedule, Interval):
        return _add(schedule, after, zone)
    times = CronSim(_fields(schedule), after.astimezone(zone))
    # In an hour that comes twice it begins with the first.
    later = (at for at in (one.astimezone(UTC) for one in times) if at > after)
    return next(later, after + _NEVER)


def _fields(schedule: Crontab) -> str:
    return NICKNAMES.get(schedule.expression.lower(), schedule.expression)


def _add(span: Interval, after: datetime, zone: ZoneInfo) -> datetime:
    if span.unit == Unit.MINUTE:
        return after.astimezone(UTC) + timedelta(minutes=span.count)
    if span.unit == Unit.HOUR:
        return after.astimezone(UTC) + timedelta(hours=span.count)
    local = after.astimezone(zone)
    if span.unit == Unit.DAY:
        local += timedelta(days=span.count)
    elif span.unit == Unit.WEEK:
        local += timedelta(weeks=span.count)
    elif span.unit == Unit.MONTH:
        local = _add_months(local, span.count)
    else:
        local = _add_months(local, 12 * span.count)
    return local.astimezone(UTC)


def _add_months(local: datetime, months: int) -> datetime:
    """The same day of a later month, or its last where it has no such day."""
    years, month = divmod(local.month - 1 + months, 12)
    first = local.replace(year=local.year + years, month=month + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last_day = (following - timedelta(days=1)).day
    return first.replace(day=min(local.day, last_day))
