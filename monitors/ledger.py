"""The rows of a batch of check-ins: looked up together, changed, written together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings

from monitors import judging, upserting
from monitors.models import CheckIn, EarlyCheckIn, Monitor, MonitorEnvironment
from monitors.reports import Rejection, Report
from projects.models import Project

ENVIRONMENTS_MAX = 100
# Ends that wait for their beginnings, of one project.
EARLY_MAX = 1000

# A run's project and the id that its client gave it.
_Key = tuple[int, uuid.UUID]

_CHANGING = (
    "standing",
    "next_expected_at",
    "next_latest_at",
    "last_check_in_at",
    "judged_at",
    "failures",
    "successes",
    "incident_since",
    "minute",
    "minute_count",
)
_CHANGING_OF_RUNS = (
    "status",
    "started_at",
    "updated_at",
    "timeout_at",
    "duration_ms",
    "release",
    "trace_id",
)


class Rejected(Exception):
    """The check-in is not taken."""

    def __init__(self, reason: Rejection) -> None:
        super().__init__(reason)
        self.reason = reason


class Ledger:
    """Monitors, environments and runs that the reports are about.

    Monitors are locked before environments, both in the order of their ids, as
    everybody does who changes them.
    """

    def __init__(self, reports: Sequence[Report]) -> None:
        self._monitors = _monitors(reports)
        monitor_ids = {monitor.pk for monitor in self._monitors.values()}
        self._environments: dict[int, MonitorEnvironment] = {}
        self._by_name: dict[tuple[int, str], MonitorEnvironment] = {}
        self._know(lock_environments(monitor_ids))
        self._runs = _runs(reports)
        self._open: dict[int, list[CheckIn]] = {}
        self._early = _early(reports)
        self._added: list[CheckIn] = []
        self._changed: dict[int, CheckIn] = {}
        self._new_early: dict[_Key, EarlyCheckIn] = {}
        self._taken_early: list[int] = []
        self._touched: set[int] = set()
        self._full: set[int] = set()
        self._waiting: dict[int, int] = {}

    def monitor_of(self, report: Report) -> Monitor:
        """The report's monitor with the settings that it brings. Raises Rejected."""
        key = (report.project_id, report.slug)
        monitor = self._monitors.get(key)
        if monitor is None:
            monitor = self._monitors[key] = self._new_monitor(report)
            return monitor
        if monitor.is_disabled:
            raise Rejected(Rejection.DISABLED)
        if report.settings is not None and upserting.apply(monitor, report.settings):
            monitor.save()
            environments = self._environments_of(monitor)
            judging.expect_anew(environments, monitor, report.received_at)
            self._touched.update(one.pk for one in environments)
        return monitor

    def run_of(self, report: Report, monitor: Monitor) -> CheckIn | None:
        """The run that the report continues; None where it begins one."""
        if report.guid is not None:
            return self._runs.get((report.project_id, report.guid))
        if report.status == "in_progress":
            return None
        environment = self._by_name.get((monitor.pk, report.environment))
        return self._latest_open(environment) if environment else None

    def environment_of(self, monitor: Monitor, name: str) -> MonitorEnvironment:
        """The monitor's environment, which may be new. Raises Rejected."""
        known = self._by_name.get((monitor.pk, name))
        if known is not None:
            self._touched.add(known.pk)
            return known
        if len(self._environments_of(monitor)) >= ENVIRONMENTS_MAX:
            raise Rejected(Rejection.TOO_MANY_ENVIRONMENTS)
        made = MonitorEnvironment.objects.create(
            monitor=monitor, project_id=monitor.project_id, name=name
        )
        self._know([made])
        self._touched.add(made.pk)
        return made

    def environment_by_id(self, environment_id: int) -> MonitorEnvironment:
        self._touched.add(environment_id)
        return self._environments[environment_id]

    def add(self, run: CheckIn) -> None:
        self._runs[run.project_id, run.guid] = run
        self._added.append(run)

    def change(self, run: CheckIn) -> None:
        # One that is new is written as it is at the end.
        if run.pk is not None:
            self._changed[run.pk] = run

    def take_early(self, run: CheckIn) -> EarlyCheckIn | None:
        """The end of the run, where that came first."""
        key = (run.project_id, run.guid)
        early = self._early.pop(key, None)
        if early is not None:
            self._taken_early.append(early.pk)
            return early
        return self._new_early.pop(key, None)

    def save(self) -> None:
        CheckIn.objects.bulk_create(self._added)
        CheckIn.objects.bulk_update(self._changed.values(), _CHANGING_OF_RUNS)
        touched = [self._environments[pk] for pk in sorted(self._touched)]
        MonitorEnvironment.objects.bulk_update(touched, _CHANGING)
        EarlyCheckIn.objects.filter(pk__in=self._taken_early).delete()
        EarlyCheckIn.objects.bulk_create(self._new_early.values())

    def _new_monitor(self, report: Report) -> Monitor:
        if report.settings is None:
            self._keep_early(report)
            is_bad = report.has_bad_settings
            raise Rejected(
                Rejection.BAD_SETTINGS if is_bad else Rejection.UNKNOWN_MONITOR
            )
        self._look_for_room(report.project_id)
        made = upserting.new_monitor(
            report.project_id, report.slug, report.name, report.settings
        )
        # Somebody may have made one by hand in this moment.
        Monitor.objects.bulk_create([made], ignore_conflicts=True)
        monitor = Monitor.objects.select_for_update(no_key=True).get(
            project=report.project_id, slug=report.slug
        )
        self._know(lock_environments({monitor.pk}))
        return monitor

    def _look_for_room(self, project_id: int) -> None:
        if project_id not in self._full and not has_room(project_id):
            self._full.add(project_id)
        if project_id in self._full:
            raise Rejected(Rejection.TOO_MANY_MONITORS)

    def _keep_early(self, report: Report) -> None:
        """Keeps the end of a run that may be about to begin."""
        if report.guid is None or report.status == "in_progress":
            return
        project_id, key = report.project_id, (report.project_id, report.guid)
        if project_id not in self._waiting:
            waiting = EarlyCheckIn.objects.filter(project=project_id)
            self._waiting[project_id] = waiting.count()
        if key in self._early or key in self._new_early:
            return
        if self._waiting[project_id] >= EARLY_MAX:
            return
        self._waiting[project_id] += 1
        self._new_early[key] = EarlyCheckIn(
            project_id=report.project_id,
            guid=report.guid,
            status=report.status,
            received_at=report.received_at,
            duration_ms=report.duration_ms,
        )

    def _know(self, environments: Sequence[MonitorEnvironment]) -> None:
        for environment in environments:
            self._environments[environment.pk] = environment
            self._by_name[environment.monitor_id, environment.name] = environment

    def _environments_of(self, monitor: Monitor) -> list[MonitorEnvironment]:
        known = self._environments.values()
        return [one for one in known if one.monitor_id == monitor.pk]

    def _latest_open(self, environment: MonitorEnvironment) -> CheckIn | None:
        if environment.pk not in self._open:
            stored = CheckIn.objects.filter(
                environment=environment, status=CheckIn.Status.IN_PROGRESS
            )
            self._open[environment.pk] = [
                self._runs.setdefault((run.project_id, run.guid), run) for run in stored
            ]
        added = [run for run in self._added if run.environment_id == environment.pk]
        candidates = [*self._open[environment.pk], *added]
        still_open = [r for r in candidates if r.status == CheckIn.Status.IN_PROGRESS]
        return max(still_open, key=lambda run: run.started_at, default=None)


def has_room(project_id: int) -> bool:
    """Whether the project lives and may have one more monitor."""
    living = Project.objects.filter(pk=project_id, deleted_at__isnull=True)
    count = Monitor.objects.filter(project=project_id).count()
    return count < settings.MONITORS_PER_PROJECT and living.exists()


def lock_environments(monitor_ids: set[int]) -> list[MonitorEnvironment]:
    """All environments of these monitors, locked in the order of their ids."""
    environments = MonitorEnvironment.objects.filter(monitor__in=monitor_ids)
    return list(environments.order_by("pk").select_for_update(no_key=True))


def _monitors(reports: Sequence[Report]) -> dict[tuple[int, str], Monitor]:
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    for report in reports:
        wanted[report.project_id].add(report.slug)
    found = Monitor.objects.filter(
        project__in=wanted, slug__in=set().union(*wanted.values())
    )
    locked = found.order_by("pk").select_for_update(no_key=True)
    return {(monitor.project_id, monitor.slug): monitor for monitor in locked}


def _runs(reports: Sequence[Report]) -> dict[_Key, CheckIn]:
    found = CheckIn.objects.filter(**_named(reports))
    return {(run.project_id, run.guid): run for run in found}


def _early(reports: Sequence[Report]) -> dict[_Key, EarlyCheckIn]:
    found = EarlyCheckIn.objects.filter(**_named(reports))
    return {(early.project_id, early.guid): early for early in found}


def _named(reports: Sequence[Report]) -> dict[str, object]:
    return {
        "project__in": {report.project_id for report in reports},
        "guid__in": {report.guid for report in reports if report.guid is not None},
    }
