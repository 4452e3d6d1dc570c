"""The days of the events table and of the parts that payloads share."""

from __future__ import annotations

from projects.partitions import DailyTable, DailyTables

_days = DailyTables(
    DailyTable(
        name="issues_event",
        key="timestamptz",
        # The probe for duplicates; unique, so that no bug can store one twice.
        indexes=(
            "CREATE UNIQUE INDEX event_once_{day} ON {name} (project_id, event_id)",
        ),
    ),
    DailyTable(name="issues_eventpart", key="date"),
)

ensure = _days.ensure
existing = _days.existing
drop = _days.drop
