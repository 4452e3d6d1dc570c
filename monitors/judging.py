"""How a check-in changes the way its monitor stands in its environment.

These change the rows that they are given and write nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitors.models import Monitor, MonitorEnvironment, Standing
from monitors.schedules import next_expected

# A job whose machine's clock is fast starts before its time.
EARLY = timedelta(seconds=30)


def expect(environment: MonitorEnvironment, monitor: Monitor, after: datetime) -> None:
    """Sets when the next check-in is due, after that time; never while disabled."""
    if monitor.is_disabled:
        environment.next_expected_at = environment.next_latest_at = None
        return
    expected_at = next_expected(monitor.schedule, after, monitor.zone)
    environment.next_expected_at = expected_at
    environment.next_latest_at = expected_at + margin_of(monitor)


def expect_anew(
    environments: Iterable[MonitorEnvironment], monitor: Monitor, now: datetime
) -> None:
    """What was expected by the monitor's old settings is no longer; by its new ones
    the past is not judged."""
    for environment in environments:
        if environment.last_check_in_at is not None:
            expect(environment, monitor, now)


def margin_of(monitor: Monitor) -> timedelta:
    return timedelta(minutes=monitor.checkin_margin)


def turn_of(environment: MonitorEnvironment, received_at: datetime) -> datetime | None:
    """The time for which a run that begins then was expected; None: out of turn."""
    expected_at = environment.next_expected_at
    if expected_at is None or received_at < expected_at - EARLY:
        return None
    return expected_at


def is_stale(environment: MonitorEnvironment, at: datetime) -> bool:
    """Whether something later has been judged already."""
    return environment.judged_at is not None and at < environment.judged_at


def fail(
    environment: MonitorEnvironment, monitor: Monitor, standing: Standing, at: datetime
) -> bool:
    """Notes a failure; gives whether it is one that an issue tells of."""
    environment.standing = standing
    environment.judged_at = at
    environment.failures += 1
    environment.successes = 0
    if monitor.is_muted:
        return False
    if environment.incident_since is None:
        if environment.failures < monitor.failure_issue_threshold:
            return False
        environment.incident_since = at
    return True


def succeed(environment: MonitorEnvironment, monitor: Monitor, at: datetime) -> bool:
    """Notes a success; gives whether it ends an incident.

    Until it does, the monitor stands as its last failure left it.
    """
    environment.judged_at = at
    environment.failures = 0
    environment.successes += 1
    is_incident = environment.incident_since is not None
    if is_incident and environment.successes < monitor.recovery_threshold:
        return False
    environment.standing = Standing.OK
    environment.incident_since = None
    return is_incident
