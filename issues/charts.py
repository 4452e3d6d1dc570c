"""The counts of an issue in the windows of time that graphs show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from projects.hours import hour_of
from projects.postgres import run
from projects.windows import Window

# Fewer events in the earlier day make a percentage of nothing.
_ENOUGH_FOR_A_TREND = 20


# Parameters: issue, first hour.
_COUNTS = """
SELECT hour, count FROM issues_hourcount
WHERE issue_id = %s::int4 AND hour >= %s::int4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An issue's events over a window, and in the last two days to compare."""

    counts: list[int]
    last_24h: int
    # The 24 hours before those.
    previous_24h: int

    @property
    def trend_percent(self) -> int | None:
        """How much more or less than the day before; None where that says little."""
        if self.previous_24h < _ENOUGH_FOR_A_TREND:
            return None
        return round(100 * (self.last_24h - self.previous_24h) / self.previous_24h)


def history_of_issue(issue_id: int, window: Window, now: datetime) -> History:
    """Events per bucket of the window, oldest first, in one query."""
    this_hour = hour_of(now)
    first_hour = min(window.first_hour, this_hour - 47)
    rows = run(_COUNTS, issue_id, first_hour)
    return History(
        counts=window.spread(
            ((hour - window.first_hour) // window.bucket_hours, count)
            for hour, count in rows
        ),
        last_24h=sum(count for hour, count in rows if hour > this_hour - 24),
        previous_24h=sum(
            count
            for hour, count in rows
            if hour <= this_hour - 24 and hour > this_hour - 48
        ),
    )
