"""The last day of an environment, in half hours: what was worst in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

from monitors.models import CheckIn

SLOTS = 48
SLOT = timedelta(minutes=30)

_Status = CheckIn.Status
# The worst first.
_RANKS = (
    _Status.ERROR,
    _Status.TIMEOUT,
    _Status.MISSED,
    _Status.UNKNOWN,
    _Status.IN_PROGRESS,
    _Status.OK,
)

# How many check-ins of each status there were in each slot. Parameters: where the
# first slot begins, seconds of a slot, environments, from, to.
_COUNT = """
SELECT environment_id, floor(extract(epoch FROM started_at - %s) / %s)::int, status,
       count(*)
FROM monitors_checkin
WHERE environment_id = ANY(%s::int4[]) AND started_at >= %s AND started_at < %s
GROUP BY 1, 2, 3
"""


@dataclass(slots=True)
class Timeline:
    """A day: the worst status of each slot, None where there was nothing."""

    starts_at: datetime
    slots: list[str | None] = field(default_factory=lambda: [None] * SLOTS)
    # How many check-ins of each status.
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, slot: int, status: str, count: int) -> None:
        self.counts[status] = self.counts.get(status, 0) + count
        before = self.slots[slot]
        if before is None or _RANKS.index(_Status(status)) < _RANKS.index(
            _Status(before)
        ):
            self.slots[slot] = status


def timelines(
    environment_ids: Collection[int], now: datetime
) -> Mapping[int, Timeline]:
    """The timeline of each environment, by one statement."""
    ends_at = _end_of_slot(now)
    starts_at = ends_at - SLOTS * SLOT
    found = {one: Timeline(starts_at) for one in environment_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            [starts_at, SLOT.total_seconds(), list(found), starts_at, ends_at],
        )
        for environment_id, slot, status, count in cursor.fetchall():
            found[environment_id].add(slot, status, count)
    return found


def _end_of_slot(now: datetime) -> datetime:
    seconds = int(SLOT.total_seconds())
    begun = int(now.timestamp()) // seconds
    return datetime.fromtimestamp((begun + 1) * seconds, UTC)
