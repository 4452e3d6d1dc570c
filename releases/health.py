"""How releases fare: counts of sessions, and of their users, by how they went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from projects import arrays
from projects.postgres import run
from releases.session import Health


class Counts(NamedTuple):
    """Sessions or users: all, and those of each health but the first, which part them.

    A user counts as the worst of his sessions.
    """

    total: int = 0
    errored: int = 0
    unhandled: int = 0
    abnormal: int = 0
    crashed: int = 0
    # Reckoned from a sample.
    is_estimate: bool = False

    @property
    def healthy(self) -> int:
        return self.total - self.errored - self.unhandled - self.abnormal - self.crashed

    @property
    def crash_free(self) -> float | None:
        """The share of those that did not crash; None where there are none."""
        return 1 - self.crashed / self.total if self.total else None

    def of(self, health: Health) -> int:
        return self.healthy if health == Health.HEALTHY else self[health]

    def plus(self, other: Counts) -> Counts:
        """The sum of both, of things that are not the same."""
        return Counts(
            self.total + other.total,
            self.errored + other.errored,
            self.unhandled + other.unhandled,
            self.abnormal + other.abnormal,
            self.crashed + other.crashed,
            self.is_estimate or other.is_estimate,
        )

    @classmethod
    def all_of(cls, health: Health, count: int) -> Counts:
        """So many things that all went the same."""
        return cls(
            count,
            errored=count if health == Health.ERRORED else 0,
            unhandled=count if health == Health.UNHANDLED else 0,
            abnormal=count if health == Health.ABNORMAL else 0,
            crashed=count if health == Health.CRASHED else 0,
        )


NONE = Counts()


class HourSum(NamedTuple):
    """What some hours of one release environment add up to."""

    environment_id: int
    # Counted from the window's first hour.
    bucket: int
    events: int
    # Those of the last 24 hours.
    recent_sessions: int
    sessions: Counts


# Parameters: first hour, hours in a bucket, the hour before the last 24, release
# environments, first hour, the hour after the last.
_SUM_HOURS = """
SELECT release_environment_id, (hour - %s) / %s AS bucket, sum(events)::int8,
       coalesce(sum(sessions) FILTER (WHERE hour > %s), 0)::int8,
       sum(sessions)::int8, sum(errored)::int8, sum(unhandled)::int8,
       sum(abnormal)::int8, sum(crashed)::int8
FROM releases_releasehour
WHERE release_environment_id = ANY(%s::int4[]) AND hour >= %s AND hour < %s
GROUP BY 1, 2
"""

# Parameters: project ids, first hour, the hour after the last, environments or NULL
# for all.
_SUM_SESSIONS = """
SELECT coalesce(sum(h.sessions), 0)::int8
FROM releases_releasehour h
JOIN releases_releaseenvironment e ON e.id = h.release_environment_id
WHERE h.project_id = ANY(%s::int4[]) AND h.hour >= %s AND h.hour < %s
  AND (%s::text[] IS NULL OR e.environment = ANY(%s::text[]))
"""


def sum_hours(
    environment_ids: Iterable[int], hours: range, *, bucket_hours: int
) -> list[HourSum]:
    """Events and sessions of release environments in each bucket of the hours."""
    rows = run(
        _SUM_HOURS,
        hours.start,
        bucket_hours,
        hours.stop - 1 - 24,
        arrays.of_numbers(environment_ids),
        hours.start,
        hours.stop,
    )
    return [
        HourSum(environment_id, bucket, events, recent, Counts(*sessions))
        for environment_id, bucket, events, recent, *sessions in rows
    ]


def sum_sessions(
    project_ids: Iterable[int], hours: range, environments: Sequence[str] | None
) -> int:
    """The sessions of all releases of the projects in the hours."""
    named = None if environments is None else arrays.of_texts(environments)
    rows = run(
        _SUM_SESSIONS,
        arrays.of_numbers(project_ids),
        hours.start,
        hours.stop,
        named,
        named,
    )
    return int(rows[0][0])
