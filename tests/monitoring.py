"""Makes monitors, sends them check-ins, and looks for those that did not come."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from monitors.detection import Found, Gap, look
from monitors.models import CheckIn, Monitor, MonitorEnvironment
from monitors.recording import record
from monitors.reports import MonitorSettings, Rejection, Report
from monitors.schedules import crontab
from projects.models import Project

_numbers = itertools.count(1)

# A Monday.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOURLY = MonitorSettings(schedule=crontab("0 * * * *"))


def at(clock: str, *, day: int = 0) -> datetime:
    """A time of NOON's day, or of one so many days later."""
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    moment = NOON.replace(hour=hour, minute=minute, second=rest[0] if rest else 0)
    return moment + timedelta(days=day)


def make_monitor(project: Project, slug: str = "", **fields: Any) -> Monitor:
    """An hourly job, which has a minute's margin and may run for half an hour."""
    slug = slug or f"job-{next(_numbers)}"
    values = {"crontab": "0 * * * *", "name": slug, **fields}
    return Monitor.objects.create(project=project, slug=slug, **values)


def make_report(
    project: Project, slug: str, status: Any, when: datetime, **fields: Any
) -> Report:
    values = {"guid": uuid.uuid4(), "environment": "production", "name": slug, **fields}
    return Report(
        project_id=project.pk, slug=slug, status=status, received_at=when, **values
    )


def send(*reports: Report) -> list[Rejection | None]:
    """Records the check-ins as one batch of the digest does."""
    with transaction.atomic():
        return record(reports)


def check_in(monitor: Monitor, status: str, when: datetime, **fields: Any) -> uuid.UUID:
    """Sends one check-in, which must be taken; gives its id."""
    report = make_report(monitor.project, monitor.slug, status, when, **fields)
    assert send(report) == [None]
    assert report.guid is not None
    return report.guid


def watch(until: datetime, gaps: Sequence[Gap] = ()) -> Found:
    """Looks for what did not happen until then."""
    return look(0, until, gaps)


def runs(monitor: Monitor) -> list[str]:
    """The states of the monitor's check-ins, the oldest first."""
    found = CheckIn.objects.filter(monitor=monitor).order_by("started_at", "pk")
    return list(found.values_list("status", flat=True))


def environment(monitor: Monitor, name: str = "production") -> MonitorEnvironment:
    return MonitorEnvironment.objects.get(monitor=monitor, name=name)
