"""Calls a worker to what has to be done for issues in the background."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

# See issues.tasks; by their names, because that module imports what calls this.
_OPERATIONS = "issues.tasks.run_operations"
_REGROUP = "issues.tasks.regroup"


def wake_worker() -> None:
    """Has operations gone on with at once; beat does so each minute, too."""
    _send(_OPERATIONS)


def wake_regrouping(run_id: int, turn: int, *, after_s: float = 0) -> None:
    """Has a run of regrouping gone on with; beat does so, too."""
    _send(_REGROUP, run_id, turn, countdown=after_s)


def _send(task: str, *args: int, countdown: float = 0) -> None:
    try:
        current_app.send_task(
            task, args, countdown=countdown, retry=False, ignore_result=True
        )
    except OperationalError as error:
        log.warning("no worker was called", error=str(error))
