"""Finds what did not happen: check-ins that did not come, and runs that do not end.

It judges up to a time until which everything that was sent is known, which the caller
tells, and takes note of the spans in which nothing could be sent to us. What may have
been told in such a span is not known, and no failure.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Mod

from monitors import judging
from monitors.incidents import Failure, tell
from monitors.ledger import lock_environments
from monitors.models import CheckIn, Monitor, MonitorEnvironment, Standing

# Of one transaction.
_AT_ONCE = 200


class Gap(NamedTuple):
    """A span in which check-ins may have been sent in vain."""

    start: datetime
    end: datetime


@dataclass(slots=True)
class Found:
    """What a look has found."""

    missed: int = 0
    timed_out: int = 0
    unknown: int = 0


def is_due(shard: int, until: datetime) -> bool:
    """Whether a look up to then would find anything; asks two small indexes."""
    return _overdue_runs(shard, until).exists() or _overdue(shard, until).exists()


def look(shard: int, until: datetime, gaps: Sequence[Gap]) -> Found:
    """Judges the shard's monitors up to then; a second time it finds nothing.

    The caller holds the shard's lock. Of the times that an environment was due at, the
    first that nobody checked in for is recorded, and then the next that is still to
    come: whoever looks once a minute misses none, and after hours there is no flood.
    """
    found = Found()
    while _judge_some(shard, until, gaps, found):
        pass
    return found


def _living(shard: int) -> dict[str, object]:
    return {
        "monitor__is_disabled": False,
        "monitor__project__deleted_at__isnull": True,
        "shard": shard,
    }


def _overdue_runs(shard: int, until: datetime) -> QuerySet[CheckIn]:
    runs = CheckIn.objects.filter(
        status=CheckIn.Status.IN_PROGRESS, timeout_at__lte=until
    )
    of_shard = runs.annotate(shard=Mod(F("project_id"), settings.SHARDS))
    return of_shard.filter(**_living(shard))


def _overdue(shard: int, until: datetime) -> QuerySet[MonitorEnvironment]:
    environments = MonitorEnvironment.objects.filter(next_latest_at__lte=until)
    of_shard = environments.annotate(shard=Mod(F("project_id"), settings.SHARDS))
    return of_shard.filter(**_living(shard))


@transaction.atomic
def _judge_some(shard: int, until: datetime, gaps: Sequence[Gap], found: Found) -> bool:
    """Judges some of what is overdue, the oldest first; gives whether there was any."""
    runs = _overdue_runs(shard, until).order_by("timeout_at")
    environments = _overdue(shard, until).order_by("next_latest_at")
    due_runs = dict(runs.values_list("pk", "monitor_id")[:_AT_ONCE])
    due = dict(environments.values_list("pk", "monitor_id")[:_AT_ONCE])
    locked = _Locked({*due_runs.values(), *due.values()})
    # People may have disabled the monitor meanwhile, or deleted it.
    endless = list(runs.filter(pk__in=due_runs))
    still_due = environments.filter(pk__in=due).values_list("pk", flat=True)
    absent = [locked.absent(environment_id) for environment_id in still_due]
    failures: list[Failure] = []
    for case in sorted(_cases(endless, absent), key=lambda case: case.at):
        failures += _judge(case, locked, gaps, found)
    for run in absent:
        locked.expect_after(run, until)
    CheckIn.objects.bulk_update(endless, ["status"])
    CheckIn.objects.bulk_create(absent)
    locked.save()
    tell(failures)
    return bool(due_runs or due)


class _Case(NamedTuple):
    """A run with what it fails by, unless a gap touches the span of time."""

    run: CheckIn
    status: CheckIn.Status
    standing: Standing
    since: datetime
    at: datetime


def _cases(endless: list[CheckIn], absent: list[CheckIn]) -> Iterator[_Case]:
    for run in endless:
        assert run.timeout_at is not None
        yield _Case(
            run,
            CheckIn.Status.TIMEOUT,
            Standing.TIMEOUT,
            since=run.updated_at,
            at=run.timeout_at,
        )
    for run in absent:
        yield _Case(
            run,
            CheckIn.Status.MISSED,
            Standing.MISSED,
            since=run.started_at - judging.EARLY,
            at=run.updated_at,
        )


def _judge(
    case: _Case, locked: _Locked, gaps: Sequence[Gap], found: Found
) -> list[Failure]:
    """Notes what became of a run; what an issue is to tell of it."""
    if any(gap.start <= case.at and case.since <= gap.end for gap in gaps):
        case.run.status = CheckIn.Status.UNKNOWN
        found.unknown += 1
        return []
    case.run.status = case.status
    if case.status == CheckIn.Status.TIMEOUT:
        found.timed_out += 1
    else:
        found.missed += 1
    return locked.fail(case.run, case.standing, case.at)


class _Locked:
    """Monitors with their environments, safe from people's changes for a while."""

    def __init__(self, monitor_ids: set[int]) -> None:
        monitors = Monitor.objects.filter(pk__in=monitor_ids).order_by("pk")
        self._monitors = {
            monitor.pk: monitor for monitor in monitors.select_for_update(no_key=True)
        }
        self._environments = {one.pk: one for one in lock_environments(monitor_ids)}
        self._changed: set[int] = set()

    def absent(self, environment_id: int) -> CheckIn:
        """The run that nobody told of, from when it was due until it was missed."""
        environment = self._environments[environment_id]
        assert environment.next_expected_at is not None
        assert environment.next_latest_at is not None
        return CheckIn(
            project_id=environment.project_id,
            monitor_id=environment.monitor_id,
            environment=environment,
            guid=uuid.uuid4(),
            started_at=environment.next_expected_at,
            updated_at=environment.next_latest_at,
            expected_at=environment.next_expected_at,
        )

    def fail(self, run: CheckIn, standing: Standing, at: datetime) -> list[Failure]:
        """Lets the environment fail; what an issue is to tell of it."""
        environment = self._environments[run.environment_id]
        monitor = self._monitors[run.monitor_id]
        if judging.is_stale(environment, at):
            return []
        self._changed.add(environment.pk)
        if not judging.fail(environment, monitor, standing, at):
            return []
        return [Failure.of(run, monitor, environment, at)]

    def expect_after(self, absent: CheckIn, until: datetime) -> None:
        """Expects the first time after the absent one that is not over already."""
        environment = self._environments[absent.environment_id]
        monitor = self._monitors[absent.monitor_id]
        self._changed.add(environment.pk)
        judging.expect(environment, monitor, absent.started_at)
        latest_at = environment.next_latest_at
        if latest_at is not None and latest_at <= until:
            margin = judging.margin_of(monitor)
            judging.expect(environment, monitor, until - margin)

    def save(self) -> None:
        MonitorEnvironment.objects.bulk_update(
            [self._environments[pk] for pk in sorted(self._changed)],
            [
                "standing",
                "judged_at",
                "failures",
                "successes",
                "incident_since",
                "next_expected_at",
                "next_latest_at",
            ],
        )
