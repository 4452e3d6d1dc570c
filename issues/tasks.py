"""What Celery does for issues outside the path of an event."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from issues import (
    aging,
    escalation,
    filestore,
    operations,
    purging,
    removal,
    retention,
    triage,
)
from issues.regrouping import runs

# Operations stop after this long, so that the worker's digests get their turn.
_OPERATIONS_S = 2.0


@shared_task
def keep_partitions() -> None:
    """Makes the coming days' partitions and drops what is past its retention."""
    retention.keep_partitions()


@shared_task
def remove_deleted_projects() -> None:
    """Removes rows of deleted projects, and comes back while some are left."""
    if not removal.remove_deleted():
        remove_deleted_projects.delay()


@shared_task
def wake_issues() -> None:
    """Reopens the issues that were ignored until now, a bounded number at a time."""
    triage.wake_due(timezone.now())


@shared_task
def run_operations() -> None:
    """Goes on with operations on many issues, and comes back while some are left."""
    if not operations.proceed(time.monotonic() + _OPERATIONS_S):
        run_operations.delay()


@shared_task
def prune_operations() -> None:
    """Drops what undoing old operations would need."""
    operations.prune(timezone.now())


@shared_task
def regroup(run_id: int, turn: int) -> None:
    """Takes a run of regrouping further, and comes back for the rest."""
    following = runs.advance(run_id, turn)
    if following is not None:
        regroup.delay(run_id, following)


@shared_task
def resume_regroupings() -> None:
    """Takes up the runs whose worker was killed; for all others it changes nothing."""
    for run_id, turn in runs.unfinished():
        regroup.delay(run_id, turn)


@shared_task
def purge_issues() -> None:
    """Removes long deleted issues for good, and comes back while some are left."""
    if not purging.purge_deleted(timezone.now()):
        purge_issues.delay()


@shared_task
def settle_issues() -> None:
    """What time alone changes: issues grow old or quiet, forecasts are made anew."""
    if not aging.settle(timezone.now()):
        settle_issues.delay()


@shared_task
def renew_forecasts() -> None:
    """Makes the forecasts anew above which ignored issues escalate."""
    escalation.renew_limits(timezone.now())


@shared_task
def prune_regroupings() -> None:
    """Drops what undoing old runs would need."""
    runs.prune(timezone.now())


@shared_task
def sweep_files() -> None:
    """Removes the files that killed processes left behind."""
    filestore.sweep()
