"""What Celery does for issues outside the path of an event."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from issues import filestore, removal, retention, triage


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
def sweep_files() -> None:
    """Removes the files that killed processes left behind."""
    filestore.sweep()
