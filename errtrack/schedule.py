"""What Celery beat wakes, and how often (seconds)."""

from __future__ import annotations

from typing import Any


def _every(
    seconds: float, task: str, *, void_after_s: float | None = None
) -> dict[str, Any]:
    # A call that no worker took in time is void: the next one does the same.
    expires = {"expires": void_after_s or seconds}
    return {"task": task, "schedule": seconds, "options": expires}


# Only where mails leave.
MAIL_SCHEDULE = {"tell-people": _every(60.0, "alerts.tasks.tell")}

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # The safety net under the edge's own wake-up call.
    "wake-shards": _every(5.0, "ingest.tasks.wake_shards"),
    "flush-outcomes": _every(10.0, "ingest.tasks.flush_outcomes"),
    "prune-outcomes": _every(6 * 3600.0, "ingest.tasks.prune_outcomes"),
    "refresh-keys": _every(30.0, "ingest.tasks.refresh_keys"),
    "learn-usual-hours": _every(1800.0, "ingest.tasks.learn_usual_hours"),
    "watch-monitors": _every(60.0, "ingest.tasks.watch_monitors"),
    "prune-check-ins": _every(3600.0, "monitors.tasks.prune_check_ins"),
    "keep-partitions": _every(3600.0, "issues.tasks.keep_partitions"),
    "wake-issues": _every(60.0, "issues.tasks.wake_issues"),
    # The safety net under the call of whoever began one.
    "run-operations": _every(60.0, "issues.tasks.run_operations"),
    "prune-operations": _every(6 * 3600.0, "issues.tasks.prune_operations"),
    # Under load a call waits behind digests for longer than until the next one.
    "resume-regroupings": _every(
        15.0, "issues.tasks.resume_regroupings", void_after_s=300.0
    ),
    "purge-issues": _every(3600.0, "issues.tasks.purge_issues"),
    "settle-issues": _every(900.0, "issues.tasks.settle_issues"),
    "renew-forecasts": _every(6 * 3600.0, "issues.tasks.renew_forecasts"),
    "prune-regroupings": _every(6 * 3600.0, "issues.tasks.prune_regroupings"),
    "sweep-files": _every(6 * 3600.0, "issues.tasks.sweep_files"),
    "remove-projects": _every(300.0, "issues.tasks.remove_deleted_projects"),
}
