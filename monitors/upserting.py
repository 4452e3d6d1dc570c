"""Monitors made and changed by the settings that come with their check-ins."""

from __future__ import annotations

from monitors.models import Monitor
from monitors.owners import set_owner
from monitors.reports import MonitorSettings

_NUMBERS = (
    "checkin_margin",
    "max_runtime",
    "failure_issue_threshold",
    "recovery_threshold",
)


def new_monitor(
    project_id: int, slug: str, name: str, settings: MonitorSettings
) -> Monitor:
    """A monitor as its first check-in describes it; not saved."""
    monitor = Monitor(project_id=project_id, slug=slug, name=name)
    apply(monitor, settings)
    return monitor


def apply(monitor: Monitor, settings: MonitorSettings) -> bool:
    """Gives the monitor these settings; whether that changed anything. Not saved."""
    before = _told(monitor)
    monitor.schedule = settings.schedule
    if settings.timezone is not None:
        monitor.timezone = settings.timezone
    for name in _NUMBERS:
        value = getattr(settings, name)
        if value is not None:
            setattr(monitor, name, value)
    if settings.owner is not None:
        set_owner(monitor, settings.owner)
    monitor.is_upserted = True
    return before != _told(monitor)


def _told(monitor: Monitor) -> tuple[object, ...]:
    owner = (monitor.owner_user_id, monitor.owner_team_id)
    numbers = (getattr(monitor, name) for name in _NUMBERS)
    # A new one has no schedule yet.
    schedule = (monitor.crontab, monitor.interval_count, monitor.interval_unit)
    return (*schedule, monitor.timezone, *owner, *numbers, monitor.is_upserted)
