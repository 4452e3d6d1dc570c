"""The days of the events table: made ahead, and dropped whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection, transaction

# Made under a lock of its own: two processes must not make the same day at once.
_LOCK = 7411

# How the name of a day's partition ends.
_DAY = re.compile(r"^issues_event_(\d{4})(\d{2})(\d{2})$")


def ensure(days: Iterable[date]) -> list[date]:
    """Makes the partitions of these UTC days that are missing; gives those made."""
    wanted = set(days)
    if not wanted.difference(existing()):
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # Looked up again: another process may have made them while this one waited.
        missing = sorted(wanted.difference(existing()))
        for day in missing:
            for statement in _create(day):
                cursor.execute(statement)
    return missing


def existing() -> list[date]:
    """The UTC days that have a partition, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'issues_event'::regclass"
        )
        found = [_DAY.match(name) for (name,) in cursor.fetchall()]
    return sorted(date(*map(int, match.groups())) for match in found if match)


def drop(day: date) -> None:
    """Removes a day's events and parts at once."""
    name = f"{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS issues_event_{name}")
        cursor.execute(f"DROP TABLE IF EXISTS issues_eventpart_{name}")


def _create(day: date) -> list[str]:
    """Made apart and then attached: `PARTITION OF` would wait for all that read the
    table, and have all that want to read it wait behind it.
    """
    name, after = f"{day:%Y%m%d}", day + timedelta(days=1)
    return [
        f"CREATE TABLE issues_event_{name} (LIKE issues_event INCLUDING ALL)",
        # The probe for duplicates; unique, so that no bug can store one twice.
        f"CREATE UNIQUE INDEX event_once_{name}"
        f" ON issues_event_{name} (project_id, event_id)",
        f"ALTER TABLE issues_event ATTACH PARTITION issues_event_{name}"
        f" FOR VALUES FROM ('{day} 00:00:00+00') TO ('{after} 00:00:00+00')",
        f"CREATE TABLE issues_eventpart_{name} (LIKE issues_eventpart INCLUDING ALL)",
        f"ALTER TABLE issues_eventpart ATTACH PARTITION issues_eventpart_{name}"
        f" FOR VALUES FROM ('{day}') TO ('{after}')",
    ]
