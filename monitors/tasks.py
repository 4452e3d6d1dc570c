"""What Celery does for monitors outside the path of a check-in."""

from __future__ import annotations

from celery import shared_task

from monitors import retention


@shared_task
def prune_check_ins() -> None:
    """Forgets check-ins that are older than what is kept."""
    retention.prune()
