"""Every change that people make to monitors."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from django.db import IntegrityError, transaction
from django.utils import timezone

from issues.models import Fingerprint
from monitors import judging
from monitors.errors import NoRoom, SlugTaken
from monitors.incidents import fingerprint_of
from monitors.ledger import has_room, lock_environments
from monitors.models import CheckIn, Monitor, MonitorEnvironment
from monitors.schedules import Schedule
from projects.models import DiscardedIssue, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a monitor is to be; numbers are within the bounds of the model."""

    name: str
    slug: str
    schedule: Schedule
    timezone: str = "UTC"
    checkin_margin: int = 1
    max_runtime: int = 30
    failure_issue_threshold: int = 1
    recovery_threshold: int = 1
    owner_user_id: int | None = None
    owner_team_id: int | None = None
    is_muted: bool = False
    is_disabled: bool = False


@transaction.atomic
def create_monitor(project: Project, wanted: Wanted) -> Monitor:
    """A new monitor, which expects nothing before its first check-in.

    Raises NoRoom and SlugTaken.
    """
    if not has_room(project.pk):
        raise NoRoom
    monitor = Monitor(project=project)
    _give(monitor, wanted)
    _save(monitor)
    return monitor


@transaction.atomic
def change_monitor(monitor: Monitor, wanted: Wanted) -> Monitor:
    """The monitor as it is then; what it expects follows. Raises SlugTaken."""
    locked = _lock(monitor)
    environments = lock_environments({monitor.pk})
    before, slug = _expectation(locked), locked.slug
    _give(locked, wanted)
    _save(locked)
    if locked.slug != slug:
        _take_issues_along(locked, environments, slug)
    if _expectation(locked) != before:
        _expect_anew(locked, environments)
    return locked


@transaction.atomic
def mute(monitor: Monitor, *, on: bool) -> None:
    """Failures are no issue any more, or are again."""
    Monitor.objects.filter(pk=monitor.pk).update(is_muted=on)


@transaction.atomic
def disable(monitor: Monitor, *, on: bool) -> None:
    """Nothing is recorded or expected any more, or is again."""
    locked = _lock(monitor)
    if locked.is_disabled == on:
        return
    locked.is_disabled = on
    locked.save(update_fields=["is_disabled"])
    _expect_anew(locked, lock_environments({monitor.pk}))


def delete_monitor(monitor: Monitor) -> None:
    """Removes it with its check-ins; its issues stay."""
    monitor.delete()


def delete_environments(monitor: Monitor, names: list[str]) -> None:
    """Removes what is known of these, until they check in again."""
    MonitorEnvironment.objects.filter(monitor=monitor, name__in=names).delete()


def _lock(monitor: Monitor) -> Monitor:
    """The monitor as it is now, before its environments are locked."""
    locked = Monitor.objects.select_for_update(no_key=True).get(pk=monitor.pk)
    locked.project = monitor.project
    return locked


def _give(monitor: Monitor, wanted: Wanted) -> None:
    monitor.name, monitor.slug = wanted.name, wanted.slug
    monitor.schedule = wanted.schedule
    monitor.timezone = wanted.timezone
    monitor.checkin_margin = wanted.checkin_margin
    monitor.max_runtime = wanted.max_runtime
    monitor.failure_issue_threshold = wanted.failure_issue_threshold
    monitor.recovery_threshold = wanted.recovery_threshold
    monitor.owner_user_id = wanted.owner_user_id
    monitor.owner_team_id = wanted.owner_team_id
    monitor.is_muted, monitor.is_disabled = wanted.is_muted, wanted.is_disabled


def _expectation(monitor: Monitor) -> tuple[object, ...]:
    """What decides when a check-in is due."""
    schedule = (monitor.schedule, monitor.timezone)
    return (*schedule, monitor.checkin_margin, monitor.is_disabled)


def _expect_anew(monitor: Monitor, environments: list[MonitorEnvironment]) -> None:
    judging.expect_anew(environments, monitor, timezone.now())
    MonitorEnvironment.objects.bulk_update(
        environments, ["next_expected_at", "next_latest_at"]
    )
    if monitor.is_disabled:
        # How they end will not be heard.
        running = CheckIn.objects.filter(
            monitor=monitor, status=CheckIn.Status.IN_PROGRESS
        )
        running.update(status=CheckIn.Status.UNKNOWN)


def _save(monitor: Monitor) -> None:
    """Raises SlugTaken."""
    try:
        with transaction.atomic():
            monitor.save()
    except IntegrityError as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.errors.UniqueViolation):
            raise
        raise SlugTaken from error


def _take_issues_along(
    monitor: Monitor, environments: list[MonitorEnvironment], old_slug: str
) -> None:
    """Lets the issues of the old slug go on under the new one, or be as unwanted."""
    named = {fingerprint_of(old_slug, one.name): one.name for one in environments}
    found = Fingerprint.objects.filter(project=monitor.project_id, hash__in=named)
    Fingerprint.objects.bulk_create(
        [
            Fingerprint(
                project_id=monitor.project_id,
                hash=fingerprint_of(monitor.slug, named[known.hash]),
                issue_id=known.issue_id,
            )
            for known in found
        ],
        ignore_conflicts=True,
    )
    discarded = DiscardedIssue.objects.filter(
        project=monitor.project_id, hashes__overlap=list(named)
    )
    for row in discarded:
        row.hashes += [
            fingerprint_of(monitor.slug, named[one])
            for one in row.hashes
            if one in named
        ]
        row.save(update_fields=["hashes"])
