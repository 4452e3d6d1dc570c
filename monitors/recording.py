"""Check-ins as they come become runs, and change how their monitors stand.

A client may send a check-in twice, and requests overtake each other: whatever order
they come in, a run ends once, and what is older than the last judgement changes the
run and not the standing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitors import judging
from monitors.incidents import Failure, Recovery, tell
from monitors.ledger import Ledger, Rejected
from monitors.models import CheckIn, Monitor, MonitorEnvironment, Standing
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
            _hold_off_floods(environment, report.received_at)
            self._begin(report, monitor, environment)
            return
        if run.monitor_id != monitor.pk:
            raise Rejected(Rejection.OTHER_MONITOR)
        environment = ledger.environment_by_id(run.environment_id)
        _hold_off_floods(environment, report.received_at)
        self._continue(run, report, monitor, environment)

    def _begin(
        self, report: Report, monitor: Monitor, environment: MonitorEnvironment
    ) -> None:
        run = CheckIn(
            project_id=report.project_id,
            monitor=monitor,
            environment=environment,
            guid=report.guid or uuid.uuid4(),
            status=_Status.IN_PROGRESS,
            started_at=report.received_at,
            updated_at=report.received_at,
            timeout_at=_timeout(monitor, report.received_at),
            expected_at=judging.turn_of(environment, report.received_at),
            release=report.release,
            trace_id=report.trace_id,
        )
        self._ledger.add(run)
        _expect_next(run, monitor, environment, report.received_at)
        if report.status != "in_progress":
            if report.duration_ms is not None:
                run.started_at -= timedelta(milliseconds=report.duration_ms)
            self._end(
                run,
                environment,
                monitor,
                report.status,
                report.received_at,
                report.duration_ms,
            )
        elif early := self._ledger.take_early(run):
            self._end(
                run,
                environment,
                monitor,
                early.status,
                early.received_at,
                early.duration_ms,
            )

    def _continue(
        self,
        run: CheckIn,
        report: Report,
        monitor: Monitor,
        environment: MonitorEnvironment,
    ) -> None:
        at = report.received_at
        if run.status in _ENDED:
            raise Rejected(Rejection.ENDED)
        if report.status == "in_progress":
            if run.status != _Status.IN_PROGRESS:
                raise Rejected(Rejection.ENDED)
            if at > run.updated_at:
                # A sign of life: it has as long again.
                run.updated_at, run.timeout_at = at, _timeout(monitor, at)
                self._ledger.change(run)
                _expect_next(run, monitor, environment, at)
            return
        _expect_next(run, monitor, environment, at)
        self._ledger.change(run)
        run.release = run.release or report.release
        run.trace_id = run.trace_id or report.trace_id
        if run.status == _Status.TIMEOUT and run.timeout_at and at > run.timeout_at:
            # It took too long, as was told; now it is known how long.
            run.updated_at = at
            run.duration_ms = _duration(run, at, report.duration_ms)
            return
        self._end(run, environment, monitor, report.status, at, report.duration_ms)

    def _end(
        self,
        run: CheckIn,
        environment: MonitorEnvironment,
        monitor: Monitor,
        status: str,
        at: datetime,
        duration_ms: int | None,
    ) -> None:
        judged_at = at
        if run.status == _Status.TIMEOUT and run.timeout_at:
            # It was in time after all, and only learnt of late.
            judged_at = run.timeout_at
        run.duration_ms = _duration(run, at, duration_ms)
        run.status, run.updated_at, run.timeout_at = status, at, None
        if judging.is_stale(environment, judged_at):
            return
        if status == _Status.OK:
            if judging.succeed(environment, monitor, judged_at):
                self._news.append(Recovery(monitor, environment.name))
        elif judging.fail(environment, monitor, Standing.ERROR, judged_at):
            self._news.append(Failure.of(run, monitor, environment, at))


def _hold_off_floods(environment: MonitorEnvironment, at: datetime) -> None:
    minute = int(at.timestamp()) // 60
    if minute > environment.minute:
        environment.minute, environment.minute_count = minute, 0
    environment.minute_count += 1
    if environment.minute_count > PER_MINUTE_MAX:
        raise Rejected(Rejection.FLOOD)


def _timeout(monitor: Monitor, since: datetime) -> datetime:
    return since + timedelta(minutes=monitor.max_runtime)


def _duration(run: CheckIn, ended_at: datetime, told_ms: int | None) -> int | None:
    """As told, else the time between the two check-ins; None for a lone one."""
    if told_ms is not None:
        return told_ms
    took = ended_at - run.started_at
    return took // timedelta(milliseconds=1) if took > timedelta() else None


def _expect_next(
    run: CheckIn, monitor: Monitor, environment: MonitorEnvironment, at: datetime
) -> None:
    last = environment.last_check_in_at
    if last is not None and at < last:
        return
    environment.last_check_in_at = at
    judging.expect(environment, monitor, max(at, run.expected_at or at))
