"""How many users sessions had: exact while they are few, else from a sample.

Users are known by hashes, so that those with the lowest ones are a sample of all, the
same on each day. What is read is bounded by reading no more of them than needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from projects import arrays
from projects.postgres import Row, raw_cursor, run
from releases.health import NONE, Counts
from releases.session import Health, last_hash_of
from releases.sessions import day_of

# Users' days that one statement reads, at about 0.7 µs each; those of a
# series cost five times as much.
READ_MAX = 100_000
SERIES_READ_MAX = 25_000
# How many there are is reckoned from one of 2 ** 4.
_PROBE_LEVEL = 4

_ALL_HOURS = 2**24 - 1

# What the counts are of, and how far its days are thinned out. Parameters: keys,
# release environments, first and last day.
_LEVELS = """
SELECT c.key, max(s.level)::int4
FROM unnest(%s::int4[], %s::int4[]) AS c (key, id)
JOIN releases_usersample s ON s.release_environment_id = c.id
WHERE s.day BETWEEN %s::date AND %s::date
GROUP BY 1
"""

# Users' days in a sample. Parameters: keys, release environments, the sample's last
# hash, first and last day.
_PROBE = """
SELECT c.key, count(*)
FROM unnest(%s::int4[], %s::int4[]) AS c (key, id)
JOIN releases_releaseuser u
    ON u.release_environment_id = c.id AND u.user_hash <= %s::int8
WHERE u.day BETWEEN %s::date AND %s::date
GROUP BY 1
"""

# The users of each crowd by the worst that befell them. The hours of a day that are
# asked for are bits: of the first and of the last day they may be few.
_COUNT = """
SELECT key, 0 AS bucket, worst, count(*) FROM (
    SELECT c.key, u.user_hash, {worst} AS worst
    FROM {users}
    CROSS JOIN LATERAL (SELECT {hours} AS hours) AS m
    WHERE u.day BETWEEN %(first_day)s AND %(last_day)s AND u.seen & m.hours <> 0
    GROUP BY 1, 2
) AS users
GROUP BY 1, 2, 3
"""

_COUNT_BY_BUCKET = """
SELECT key, bucket, worst, count(*) FROM (
    SELECT c.key, u.user_hash, {worst} AS worst,
           ((u.day - '1970-01-01'::date) * 24 + h.hour - %(first_hour)s::int4)
               / %(bucket_hours)s::int4 AS bucket
    FROM {users}
    CROSS JOIN generate_series(0, 23) AS h (hour)
    CROSS JOIN LATERAL (SELECT ({hours}) & (1 << h.hour) AS hours) AS m
    WHERE u.day BETWEEN %(first_day)s AND %(last_day)s AND u.seen & m.hours <> 0
    GROUP BY 1, 2, 4
) AS users
GROUP BY 1, 2, 3
"""

_PARTS = {
    "users": """unnest(%(keys)s::int4[], %(ids)s::int4[], %(lasts)s::int8[])
        AS c (key, id, last_hash)
    JOIN releases_releaseuser u
        ON u.release_environment_id = c.id AND u.user_hash <= c.last_hash""",
    "hours": """CASE WHEN u.day = %(first_day)s THEN %(first_hours)s::int4
                     ELSE 16777215 END
                & CASE WHEN u.day = %(last_day)s THEN %(last_hours)s::int4
                       ELSE 16777215 END""",
    "worst": """max(CASE WHEN u.crashed & m.hours <> 0 THEN 4
                         WHEN u.abnormal & m.hours <> 0 THEN 3
                         WHEN u.unhandled & m.hours <> 0 THEN 2
                         WHEN u.errored & m.hours <> 0 THEN 1
                         ELSE 0 END)""",
}


class Asked(NamedTuple):
    """Release environments whose users are counted as one crowd."""

    environment_ids: Sequence[int]
    # As many as there may be at most.
    sessions: int


class _Days(NamedTuple):
    first: date
    last: date


def count_users(
    asked: Mapping[int, Asked], hours: range, *, bucket_hours: int | None = None
) -> dict[int, list[Counts]]:
    """The users of each crowd in the hours: one number, or one for each bucket."""
    buckets = math.ceil(len(hours) / bucket_hours) if bucket_hours else 1
    counts = {key: [NONE] * buckets for key in asked}
    crowds = {key: one for key, one in asked.items() if one.sessions}
    if not crowds or not hours:
        return counts
    days = _Days(day_of(hours.start), day_of(hours.stop - 1))
    read_max = SERIES_READ_MAX if bucket_hours else READ_MAX
    levels = _levels(crowds, days, share=read_max // len(crowds))
    for key, bucket, health, count in _count(crowds, levels, hours, bucket_hours):
        level = levels[key]
        found = Counts.all_of(Health(health), count << level)
        added = counts[key][bucket].plus(found)
        counts[key][bucket] = added._replace(is_estimate=level > 0)
    return counts


def _levels(crowds: Mapping[int, Asked], days: _Days, *, share: int) -> dict[int, int]:
    """One of 2 ** level users is read of each crowd, about `share` at most."""
    levels = dict.fromkeys(crowds, 0)
    levels |= dict(run(_LEVELS, *_columns(crowds), *days))
    large = {key: one for key, one in crowds.items() if one.sessions > share}
    if not large:
        return levels
    last = last_hash_of(_PROBE_LEVEL)
    for key, probed in run(_PROBE, *_columns(large), last, *days):
        held = probed << _PROBE_LEVEL
        if held > share:
            levels[key] = max(levels[key], math.ceil(math.log2(held / share)))
    return levels


def _count(
    crowds: Mapping[int, Asked],
    levels: Mapping[int, int],
    hours: range,
    bucket_hours: int | None,
) -> list[Row]:
    """Rows of key, bucket, health and number of users."""
    keys, ids = _columns(crowds)
    lasts = (last_hash_of(levels[key]) for key, one in crowds.items() for _ in one[0])
    last = hours.stop - 1
    parameters = {
        "keys": keys,
        "ids": ids,
        "lasts": arrays.of_numbers(lasts),
        "first_day": day_of(hours.start),
        "last_day": day_of(last),
        "first_hours": _ALL_HOURS & -1 << hours.start % 24,
        "last_hours": (2 << last % 24) - 1,
        "first_hour": hours.start,
        "bucket_hours": bucket_hours,
    }
    statement = _COUNT_BY_BUCKET if bucket_hours else _COUNT
    with raw_cursor() as cursor:
        cursor.execute(statement.format(**_PARTS), parameters, binary=True)
        return cursor.fetchall()


def _columns(crowds: Mapping[int, Asked]) -> tuple[str, str]:
    """Keys and ids of release environments, side by side."""
    pairs = [(key, id_) for key, one in crowds.items() for id_ in one.environment_ids]
    return (
        arrays.of_numbers(key for key, _ in pairs),
        arrays.of_numbers(id_ for _, id_ in pairs),
    )
