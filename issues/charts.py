"""Windows of time that graphs show, and the counts of an issue in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from issues.models import HourCount
from projects.hours import hour_of

_HOUR_S = 3600
# Fewer events in the earlier day make a percentage of nothing.
_ENOUGH_FOR_A_TREND = 20


class Graph(StrEnum):
    """The periods that a list or an issue can show."""

    DAY = "24h"
    FORTNIGHT = "14d"
    MONTH = "30d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Buckets of whole hours: where the first begins, how long and how many."""

    # Hours since 1970, as HourCount has them.
    first_hour: int
    bucket_hours: int
    buckets: int

    @classmethod
    def ending(cls, now: datetime, graph: Graph) -> Window:
        """The graph's window that ends with the running hour or day.

        Days are those of the current time zone; where that is off UTC by a part of
        an hour, they begin at the full hour after midnight.
        """
        if graph == Graph.DAY:
            return cls(first_hour=hour_of(now) - 23, bucket_hours=1, buckets=24)
        days = 14 if graph == Graph.FORTNIGHT else 30
        midnight = timezone.localtime(now).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        first = midnight.astimezone(UTC) - timedelta(days=days - 1)
        return cls(
            first_hour=-(-int(first.timestamp()) // _HOUR_S),
            bucket_hours=24,
            buckets=days,
        )

    def starts(self) -> list[datetime]:
        """When each bucket begins (UTC)."""
        return [
            datetime.fromtimestamp(
                (self.first_hour + i * self.bucket_hours) * _HOUR_S, UTC
            )
            for i in range(self.buckets)
        ]

    def spread(self, counts: Iterable[tuple[int, int]]) -> list[int]:
        """Counts per bucket from pairs of bucket number and count."""
        filled = [0] * self.buckets
        for bucket, count in counts:
            if 0 <= bucket < self.buckets:
                filled[bucket] += count
        return filled


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
    rows = list(
        HourCount.objects.filter(issue=issue_id, hour__gte=first_hour).values_list(
            "hour", "count"
        )
    )
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
