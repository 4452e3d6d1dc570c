"""Calls a worker to what has to be done for issues in the background."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

# See issues.tasks; by its name, because that module imports what calls this.
_TASK = "issues.tasks.run_operations"


def wake_worker() -> None:
    """Has operations gone on with at once; beat does so each minute, too."""
    try:
        current_app.send_task(_TASK, retry=False, ignore_result=True)
    except OperationalError as error:
        log.warning("no worker was called", error=str(error))
