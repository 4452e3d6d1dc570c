"""Check-ins as they come become runs, and change how their monitors stand.

A client may send a check-in twice, and requests overtake each other: whatever order
they come in, a run ends once, and what is older than the last judgement changes the
run and not the standing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from monitors import incidents, judging
from monitors.incidents import Failure, Recovery, tell
from monitors.ledger import Ledger, Rejected
from monitors.models import (
    CheckIn,
    EarlyCheckIn,
    Monitor,
    MonitorEnvironment,
    Standing,
)
from monitors.reports import Rejection, Report

# More in a minute, of one monitor in one environment, is no job any more.
PER_MINUTE_MAX = 60

_Status = CheckIn.Status
_ENDED = frozenset({_Status.OK, _Status.ERROR, _Status.MISSED})


def record(reports: Sequence[Report]) -> list[Rejection | None]:
    """Records the check-ins in their order; for each None, or why it was not taken.

    The caller holds the lock of the projects' shard, in a transaction.
    """
    recorder = _Recorder(Ledger(reports))
    answers = [recorder.take(report) for report in reports]
    recorder.finish()
    return answers


def issues_of(reports: Sequence[Report]) -> list[int]:
    """The issues that recording these may change, in any environment of theirs."""
    ends = [report for report in reports if report.status != "in_progress"]
    if not ends:
        return []
    known = MonitorEnvironment.objects.filter(
        project__in={report.project_id for report in ends},
        monitor__slug__in={report.slug for report in ends},
    )
    places = known.values_list("project_id", "monitor__slug", "name")
    return incidents.issues_of(
        [*places, *((one.project_id, one.slug, one.environment) for one in ends)]
    )


class _Place(NamedTuple):
    """A monitor in one of its environments."""

    monitor: Monitor
    environment: MonitorEnvironment


class _End(NamedTuple):
    """How a run ended, when that was told, and how long it is said to have taken."""

    status: str
    at: datetime
    took: timedelta | None


class _Recorder:
    """One batch: rows are changed in memory, and written at the end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._news: list[Failure | Recovery] = []

    def take(self, report: Report) -> Rejection | None:
        try:
            self._take(report)
        except Rejected as rejected:
            return rejected.reason
        return None

    def finish(self) -> None:
        self._ledger.save()
        tell(self._news)

    def _take(self, report: Report) -> None:
        ledger = self._ledger
        monitor = ledger.monitor_of(report)
        run = ledger.run_of(report, monitor)
        if run is None:
            environment = ledger.environment_of(monitor, report.environment)
        elif run.monitor_id == monitor.pk:
            environment = ledger.environment_by_id(run.environment_id)
        else:
            raise Rejected(Rejection.OTHER_MONITOR)
        _hold_off_floods(environment, report.received_at)
        place = _Place(monitor, environment)
        if run is None:
            self._begin(report, place)
        else:
            self._continue(run, report, place)

    def _begin(self, report: Report, place: _Place) -> None:
        at = report.received_at
        run = CheckIn(
            project_id=report.project_id,
            monitor=place.monitor,
            environment=place.environment,
            guid=report.guid or uuid.uuid4(),
            status=_Status.IN_PROGRESS,
            started_at=at,
            updated_at=at,
            timeout_at=_timeout(place.monitor, at),
            expected_at=judging.turn_of(place.environment, at),
            release=report.release,
            trace_id=report.trace_id,
        )
        self._ledger.add(run)
        _expect_next(run, place, at)
        end = _end_of(report) or _end_of(self._ledger.take_early(run))
        if end is not None:
            # A run of which only the end is told began as long ago as it took.
            run.started_at = min(at, end.at - (end.took or timedelta()))
            self._end(run, place, end)

    def _continue(self, run: CheckIn, report: Report, place: _Place) -> None:
        end, at = _end_of(report), report.received_at
        if run.status in _ENDED or (end is None and run.status != _Status.IN_PROGRESS):
            raise Rejected(Rejection.ENDED)
        self._ledger.change(run)
        _expect_next(run, place, at)
        if end is None:
            # A sign of life, or the beginning sent again: it has as long again.
            run.updated_at = max(run.updated_at, at)
            run.timeout_at = _timeout(place.monitor, run.updated_at)
            return
        run.release = run.release or report.release
        run.trace_id = run.trace_id or report.trace_id
        if run.status == _Status.TIMEOUT and run.timeout_at and at > run.timeout_at:
            # It took too long, as was told; now it is known how long.
            run.updated_at, run.duration_ms = at, _milliseconds(run, end)
            return
        self._end(run, place, end)

    def _end(self, run: CheckIn, place: _Place, end: _End) -> None:
        monitor, environment = place
        at = end.at
        if run.status == _Status.TIMEOUT and run.timeout_at:
            # It was in time after all, and only learnt of late.
            at = run.timeout_at
        run.duration_ms = _milliseconds(run, end)
        run.status, run.updated_at, run.timeout_at = end.status, end.at, None
        if judging.is_stale(environment, at):
            return
        if end.status == _Status.OK:
            if judging.succeed(environment, monitor, at):
                self._news.append(Recovery(monitor, environment.name))
        elif judging.fail(environment, monitor, Standing.ERROR, at):
            self._news.append(Failure.of(run, monitor, environment, end.at))


def _hold_off_floods(environment: MonitorEnvironment, at: datetime) -> None:
    minute = int(at.timestamp()) // 60
    if minute > environment.minute:
        environment.minute, environment.minute_count = minute, 0
    environment.minute_count += 1
    if environment.minute_count > PER_MINUTE_MAX:
        raise Rejected(Rejection.FLOOD)


def _timeout(monitor: Monitor, since: datetime) -> datetime:
    return since + timedelta(minutes=monitor.max_runtime)


def _end_of(told: Report | EarlyCheckIn | None) -> _End | None:
    """The end of a run that a check-in tells of."""
    if told is None or told.status == _Status.IN_PROGRESS:
        return None
    took = told.duration_ms
    return _End(
        told.status,
        told.received_at,
        None if took is None else timedelta(milliseconds=took),
    )


def _milliseconds(run: CheckIn, end: _End) -> int | None:
    """As told, else the time between the two check-ins; None for a lone one."""
    took = end.at - run.started_at if end.took is None else end.took
    is_known = end.took is not None or took > timedelta()
    return took // timedelta(milliseconds=1) if is_known else None


def _expect_next(run: CheckIn, place: _Place, at: datetime) -> None:
    monitor, environment = place
    last = environment.last_check_in_at
    if last is not None and at < last:
        return
    environment.last_check_in_at = at
    judging.expect(environment, monitor, max(at, run.expected_at or at))
