"""What Celery beat wakes, and how often (seconds)."""

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # The safety net under the edge's own wake-up call.
    "wake-shards": {"task": "ingest.tasks.wake_shards", "schedule": 5.0},
    "flush-outcomes": {"task": "ingest.tasks.flush_outcomes", "schedule": 10.0},
    "keep-partitions": {"task": "issues.tasks.keep_partitions", "schedule": 3600.0},
}
