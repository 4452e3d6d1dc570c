"""Forgets check-ins that are older than what is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from monitors.models import EarlyCheckIn, Monitor

# For so long the end of a run waits for its beginning.
EARLY_FOR = timedelta(hours=1)

# Of one statement.
_AT_ONCE = 10_000

_PRUNE = """
DELETE FROM monitors_checkin WHERE id IN (
    SELECT id FROM monitors_checkin
    WHERE monitor_id = %s AND started_at < %s
    ORDER BY started_at LIMIT %s
)
"""


def prune(now: datetime | None = None) -> int:
    """Deletes check-ins older than RETENTION_DAYS; gives how many."""
    now = now or timezone.now()
    EarlyCheckIn.objects.filter(received_at__lt=now - EARLY_FOR).delete()
    oldest = now - timedelta(days=settings.RETENTION_DAYS)
    monitors = Monitor.objects.order_by("pk").values_list("pk", flat=True)
    return sum(_prune(monitor_id, oldest) for monitor_id in monitors)


def _prune(monitor_id: int, oldest: datetime) -> int:
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_PRUNE, [monitor_id, oldest, _AT_ONCE])
            deleted += int(cursor.rowcount)
            if cursor.rowcount < _AT_ONCE:
                return deleted
