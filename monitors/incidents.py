"""Failures of monitors become events of an issue, and recoveries resolve it.

A monitor has one issue in each environment, whatever fails there: its fingerprint
names the two, and its title tells what failed last.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from issues import dictionaries, triage
from issues.event import Event
from issues.grouping import group
from issues.locks import lock_states
from issues.merging.families import with_families
from issues.models import Fingerprint, Level, Status
from issues.newevent import Grouped, NewEvent
from issues.payloads import pack, pieces_of
from issues.store import store_batch
from issues.titles import describe
from monitors.models import CheckIn, Monitor, MonitorEnvironment
from projects.models import DiscardedIssue

_TITLES = {
    CheckIn.Status.ERROR: "Failed check-in",
    CheckIn.Status.MISSED: "Missed check-in",
    CheckIn.Status.TIMEOUT: "Timed-out check-in",
}
# Ids of events follow from the check-ins that they tell of.
_EVENT_IDS = uuid.UUID("8f6ad1c4-0a52-4a50-9c0b-5d1f4d2b7e11")

# A project's id, a monitor's slug and the name of an environment.
Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A check-in that an issue is to tell of, as it was when it failed."""

    monitor: Monitor
    environment: str
    status: str
    guid: uuid.UUID
    at: datetime
    # How many failed in a row.
    failures: int
    expected_at: datetime | None
    started_at: datetime
    duration_ms: int | None
    release: str
    trace_id: str

    @classmethod
    def of(
        cls,
        run: CheckIn,
        monitor: Monitor,
        environment: MonitorEnvironment,
        at: datetime,
    ) -> Failure:
        return cls(
            monitor=monitor,
            environment=environment.name,
            status=run.status,
            guid=run.guid,
            at=at,
            failures=environment.failures,
            expected_at=run.expected_at,
            started_at=run.started_at,
            duration_ms=run.duration_ms,
            release=run.release,
            trace_id=run.trace_id,
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """The monitor works again there."""

    monitor: Monitor
    environment: str


def tell(news: Iterable[Failure | Recovery]) -> None:
    """Stores an event for each failure, and resolves the issue with each recovery.

    In their order, so that what failed after it had recovered is open in the end. The
    caller holds the lock of the projects' shard, in a transaction.
    """
    news = list(news)
    lock_states(issues_of(_place_of(one) for one in news))
    waiting: list[Failure] = []
    for one in news:
        if isinstance(one, Failure):
            waiting.append(one)
            continue
        _store(waiting)
        waiting = []
        _resolve(one)
    _store(waiting)


def _place_of(one: Failure | Recovery) -> Place:
    return one.monitor.project_id, one.monitor.slug, one.environment


def issues_of(places: Iterable[Place]) -> list[int]:
    """The issues that tell of monitors there, with their families."""
    marks = {(project, fingerprint_of(*where)) for project, *where in places}
    if not marks:
        return []
    found = Fingerprint.objects.filter(
        project__in={project for project, _ in marks}, hash__in={m for _, m in marks}
    )
    return with_families(found.values_list("issue_id", flat=True))


@lru_cache(maxsize=4096)
def fingerprint_of(slug: str, environment: str) -> uuid.UUID:
    """What leads from a monitor in an environment to its issue."""
    event: Any = {"fingerprint": _fingerprint(slug, environment), "platform": "other"}
    return uuid.UUID(bytes=group(event).hashes[0])


def _store(failures: Sequence[Failure]) -> None:
    # Received now: an issue that a recovery has just resolved is to be reopened.
    now = timezone.now()
    store_batch([_new_event(failure, now) for failure in _wanted(failures)])


def _wanted(failures: Sequence[Failure]) -> list[Failure]:
    """Without those whose issues have been discarded."""
    if not failures:
        return []
    places = {_place_of(failure) for failure in failures}
    marks = [fingerprint_of(slug, environment) for _, slug, environment in places]
    rows = DiscardedIssue.objects.filter(
        project__in={project for project, _, _ in places}, hashes__overlap=marks
    )
    gone = {
        (project, one)
        for project, hashes in rows.values_list("project_id", "hashes")
        for one in hashes
    }
    return [
        failure
        for failure in failures
        if (failure.monitor.project_id, _mark_of(failure)) not in gone
    ]


def _mark_of(failure: Failure) -> uuid.UUID:
    return fingerprint_of(failure.monitor.slug, failure.environment)


def _resolve(recovery: Recovery) -> None:
    monitor = recovery.monitor
    found = Fingerprint.objects.filter(
        project=monitor.project_id,
        hash=fingerprint_of(monitor.slug, recovery.environment),
        issue__state__status=Status.UNRESOLVED,
    )
    issue_ids = list(found.values_list("issue_id", flat=True))
    if issue_ids:
        because = {"monitor": monitor.slug, "environment": recovery.environment}
        triage.set_status(issue_ids, Status.RESOLVED, user=None, because=because)


def _new_event(failure: Failure, now: datetime) -> NewEvent:
    monitor = failure.monitor
    event = _event(failure, now)
    tags = {
        "level": "error",
        "environment": failure.environment,
        "monitor.slug": monitor.slug,
    }
    if failure.release:
        tags["release"] = failure.release
    grouping, description = group(event), describe(event)
    return NewEvent(
        project_id=monitor.project_id,
        event_id=uuid.UUID(event["event_id"]),
        received_at=now,
        timestamp=failure.at,
        level=Level.ERROR,
        grouping=Grouped.of(grouping),
        description=description,
        platform=event["platform"],
        logger="",
        user=None,
        tags=list(tags.items()),
        packed=pack(pieces_of(event), dictionaries.current(monitor.project_id)),
    )


def _event(failure: Failure, now: datetime) -> Event:
    monitor = failure.monitor
    said = f"{failure.guid.hex} {failure.status}"
    event: Event = {
        "event_id": uuid.uuid5(_EVENT_IDS, f"{monitor.project_id} {said}").hex,
        "timestamp": failure.at.timestamp(),
        "received": now.timestamp(),
        "level": "error",
        "platform": "other",
        "type": "error",
        "culprit": failure.environment,
        "environment": failure.environment,
        "fingerprint": _fingerprint(monitor.slug, failure.environment),
        "exception": {
            "values": [
                {"type": _TITLES[CheckIn.Status(failure.status)], "value": monitor.slug}
            ]
        },
        "contexts": {"monitor": _context(failure)},
    }
    if failure.release:
        event["release"] = failure.release
    if failure.trace_id:
        event["contexts"]["trace"] = {"type": "trace", "trace_id": failure.trace_id}
    return event


def _context(failure: Failure) -> dict[str, Any]:
    monitor = failure.monitor
    context: dict[str, Any] = {
        "type": "monitor",
        "slug": monitor.slug,
        "name": monitor.name,
        "schedule": str(monitor.schedule),
        "timezone": monitor.timezone,
        "status": failure.status,
        "check_in_id": failure.guid.hex,
        "failures_in_a_row": failure.failures,
    }
    if failure.expected_at is not None:
        context["expected_at"] = _iso(failure.expected_at)
    if failure.status == CheckIn.Status.MISSED:
        context["checkin_margin_minutes"] = monitor.checkin_margin
    else:
        context["started_at"] = _iso(failure.started_at)
    if failure.status == CheckIn.Status.TIMEOUT:
        context["max_runtime_minutes"] = monitor.max_runtime
    if failure.duration_ms is not None:
        context["duration_seconds"] = failure.duration_ms / 1000
    return context


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fingerprint(slug: str, environment: str) -> list[str]:
    # The prefix keeps a name such as {{ message }} from being taken for a variable.
    return ["monitor", slug, f"environment:{environment}"]
