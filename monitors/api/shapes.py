"""How the web API tells of monitors and check-ins.

Source: the public API schema of Sentry, "Crons"; sentry-cli needs id, slug, name and
status of a monitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from monitors.models import CheckIn, Monitor, MonitorEnvironment
from monitors.schedules import Interval
from projects.api.projects import ProjectShape, project_json


class ConfigShape(TypedDict):
    schedule_type: Literal["crontab", "interval"]
    # A crontab expression, or a number and a unit.
    schedule: Any
    checkin_margin: int
    max_runtime: int
    timezone: str
    failure_issue_threshold: int
    recovery_threshold: int
    # There are no alert rules of monitors.
    alert_rule_id: int | None


class IncidentShape(TypedDict):
    startingTimestamp: datetime
    resolvingTimestamp: datetime | None
    # Nobody is told that a monitor has been broken for long.
    brokenNotice: dict[str, str] | None


class EnvironmentShape(TypedDict):
    name: str
    status: str
    isMuted: bool
    dateCreated: datetime
    lastCheckIn: datetime | None
    nextCheckIn: datetime | None
    nextCheckInLatest: datetime | None
    activeIncident: IncidentShape | None


class OwnerShape(TypedDict):
    type: Literal["user", "team"]
    id: str
    name: str
    email: NotRequired[str]


class MonitorShape(TypedDict):
    id: str
    slug: str
    name: str
    status: str
    isMuted: bool
    isUpserting: bool
    config: ConfigShape
    dateCreated: datetime
    project: ProjectShape
    environments: list[EnvironmentShape]
    owner: OwnerShape | None


class CheckInShape(TypedDict):
    id: str
    environment: str
    status: str
    # Milliseconds.
    duration: int | None
    dateCreated: datetime
    dateAdded: datetime
    dateUpdated: datetime
    dateInProgress: datetime | None
    dateClock: datetime
    expectedTime: datetime | None
    monitorConfig: ConfigShape


class DeletedShape(TypedDict):
    slug: str


def monitor_json(
    monitor: Monitor, project: Any, environments: Iterable[MonitorEnvironment]
) -> MonitorShape:
    """`project` comes from `listed_projects`."""
    return {
        "id": str(monitor.pk),
        "slug": monitor.slug,
        "name": monitor.name,
        "status": "disabled" if monitor.is_disabled else "active",
        "isMuted": monitor.is_muted,
        "isUpserting": monitor.is_upserted,
        "config": config_json(monitor),
        "dateCreated": monitor.created_at,
        "project": project_json(project),
        "environments": [_environment(monitor, one) for one in environments],
        "owner": _owner(monitor),
    }


def config_json(monitor: Monitor) -> ConfigShape:
    schedule = monitor.schedule
    is_interval = isinstance(schedule, Interval)
    return {
        "schedule_type": "interval" if is_interval else "crontab",
        "schedule": (
            [schedule.count, schedule.unit.value]
            if isinstance(schedule, Interval)
            else schedule.expression
        ),
        "checkin_margin": monitor.checkin_margin,
        "max_runtime": monitor.max_runtime,
        "timezone": monitor.timezone,
        "failure_issue_threshold": monitor.failure_issue_threshold,
        "recovery_threshold": monitor.recovery_threshold,
        "alert_rule_id": None,
    }


def check_in_json(
    run: CheckIn, monitor: Monitor, names: Mapping[int, str]
) -> CheckInShape:
    """`names` are those of the environments by their id."""
    is_running = run.status == CheckIn.Status.IN_PROGRESS
    return {
        "id": str(run.guid),
        "environment": names[run.environment_id],
        "status": run.status,
        "duration": run.duration_ms,
        "dateCreated": run.started_at,
        "dateAdded": run.started_at,
        "dateUpdated": run.updated_at,
        "dateInProgress": run.updated_at if is_running else None,
        "dateClock": run.updated_at,
        "expectedTime": run.expected_at,
        "monitorConfig": config_json(monitor),
    }


def _environment(monitor: Monitor, environment: MonitorEnvironment) -> EnvironmentShape:
    since = environment.incident_since
    return {
        "name": environment.name,
        "status": "disabled" if monitor.is_disabled else environment.standing,
        "isMuted": monitor.is_muted,
        "dateCreated": environment.created_at,
        "lastCheckIn": environment.last_check_in_at,
        "nextCheckIn": environment.next_expected_at,
        "nextCheckInLatest": environment.next_latest_at,
        "activeIncident": (
            None
            if since is None
            else {
                "startingTimestamp": since,
                "resolvingTimestamp": None,
                "brokenNotice": None,
            }
        ),
    }


def _owner(monitor: Monitor) -> OwnerShape | None:
    team, user = monitor.owner_team, monitor.owner_user
    if team is not None:
        return {"type": "team", "id": str(team.pk), "name": team.slug}
    if user is not None:
        name = str(user)
        return {"type": "user", "id": str(user.pk), "name": name, "email": user.email}
    return None
