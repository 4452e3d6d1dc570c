"""Monitors as the list and the page of one show them: environments with their day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from issues.models import Fingerprint, Issue
from monitors.incidents import fingerprint_of
from monitors.models import Monitor, MonitorEnvironment
from monitors.timeline import Timeline, timelines
from projects.models import Project

# Of a monitor; its own page shows them all.
ENVIRONMENTS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A monitor in an environment, with its last day and the issue of its failures."""

    environment: MonitorEnvironment
    timeline: Timeline
    # The number of the issue that tells of what is wrong now.
    issue_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A monitor with the first of its environments."""

    monitor: Monitor
    places: list[Place]
    more: int


def list_monitors(
    project: Project, *, start: int, count: int, now: datetime
) -> list[Line]:
    """Some of the project's monitors by name, in four statements."""
    monitors = Monitor.objects.filter(project=project).order_by(Lower("name"), "pk")
    return _lines(list(monitors[start : start + count]), ENVIRONMENTS_SHOWN, now)


def places_of(monitor: Monitor, now: datetime) -> list[Place]:
    """All environments of the monitor."""
    (line,) = _lines([monitor], None, now)
    return line.places


def _lines(monitors: Sequence[Monitor], shown: int | None, now: datetime) -> list[Line]:
    of_monitor: defaultdict[int, list[MonitorEnvironment]] = defaultdict(list)
    known = MonitorEnvironment.objects.filter(monitor__in=monitors).order_by("name")
    for environment in known:
        of_monitor[environment.monitor_id].append(environment)
    pairs = [
        (monitor, environment)
        for monitor in monitors
        for environment in of_monitor[monitor.pk][:shown]
    ]
    days = timelines([environment.pk for _, environment in pairs], now)
    numbers = _issue_numbers(pairs)
    places: defaultdict[int, list[Place]] = defaultdict(list)
    for monitor, environment in pairs:
        place = Place(
            environment=environment,
            timeline=days[environment.pk],
            issue_number=numbers.get(environment.pk),
        )
        places[monitor.pk].append(place)
    return [
        Line(
            monitor=monitor,
            places=places[monitor.pk],
            more=len(of_monitor[monitor.pk]) - len(places[monitor.pk]),
        )
        for monitor in monitors
    ]


def _issue_numbers(
    pairs: Sequence[tuple[Monitor, MonitorEnvironment]],
) -> dict[int, int]:
    """The issues of those that fail, by environment."""
    marks: dict[uuid.UUID, int] = {
        fingerprint_of(monitor.slug, environment.name): environment.pk
        for monitor, environment in pairs
        if environment.incident_since is not None
    }
    if not marks:
        return {}
    project_id = pairs[0][0].project_id
    issue_of = dict(
        Fingerprint.objects.filter(project=project_id, hash__in=marks).values_list(
            "hash", "issue_id"
        )
    )
    number_of = dict(
        Issue.objects.filter(pk__in=issue_of.values()).values_list("pk", "number")
    )
    return {
        marks[mark]: number_of[issue_id]
        for mark, issue_id in issue_of.items()
        if issue_id in number_of
    }
