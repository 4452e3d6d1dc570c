"""What Celery does for issues outside the path of an event."""

from __future__ import annotations

from celery import shared_task

from issues import dictionaries, retention


@shared_task
def keep_partitions() -> None:
    """Makes the coming days' partitions and drops what is past its retention."""
    retention.keep_partitions()


@shared_task
def train_dictionary(project_id: int) -> None:
    dictionaries.train_dictionary(project_id)
