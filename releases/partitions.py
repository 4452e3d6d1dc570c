"""The days of sessions' states and of their users.

States go some days before the users of the same day do, so each has days of its own.
"""

from __future__ import annotations

from projects.partitions import DailyTable, DailyTables

states = DailyTables(DailyTable(name="releases_sessionstate", key="date"))
users = DailyTables(DailyTable(name="releases_releaseuser", key="date"))
