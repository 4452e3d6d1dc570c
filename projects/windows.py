"""Windows of time that graphs show, in buckets of whole hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from projects.hours import hour_of

_HOUR_S = 3600


class Graph(StrEnum):
    """The periods that pages can show."""

    DAY = "24h"
    FORTNIGHT = "14d"
    MONTH = "30d"
    QUARTER = "90d"


_DAYS = {Graph.FORTNIGHT: 14, Graph.MONTH: 30, Graph.QUARTER: 90}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Buckets of whole hours: where the first begins, how long and how many."""

    # Hours since 1970, as counts have them.
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
        days = _DAYS[graph]
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
