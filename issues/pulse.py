"""What the states of some projects' issues say of a period, by one pass over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from issues.models import VISIBLE_STATUSES
from projects.models import Project
from projects.windows import Window

NEW_FOR = timedelta(days=7)

# Where projects have twice as many issues, figures are told from a sample of so many,
# picked evenly by their ids: what holds for a quarter of all is then told to two
# percent. To look for an issue's environments costs more than to look at its state.
SAMPLED = 5_000
SAMPLED_BY_TAGS = 1_500
# Multiples of the golden ratio spread over their range more evenly than any hash.
_GOLDEN = 2_654_435_769
_RANGE = 1 << 32
# Of the issues that are older than both periods so many are asked for their hours.
_LOOKED_AT = 500
# The busiest issues that are told of.
_BUSIEST_MAX = 100

# Which issues a pass takes beside its sample, told from three percent of the table's
# pages: about 2,000 that began last, because of few new ones a sample says nothing,
# and those with the most events, of all and of the fresh ones. Of a small project all
# are in the sample.
_BOUNDS = """
SELECT coalesce((array_agg(first_seen ORDER BY first_seen DESC))[60], '-infinity')
        AS new_since,
    coalesce((array_agg(event_count ORDER BY event_count DESC)
        FILTER (WHERE last_seen_minute >= %(first)s * 60))[20], 0) AS busy,
    coalesce((array_agg(event_count ORDER BY event_count DESC)
        FILTER (WHERE status = 0 AND first_seen >= %(fresh_since)s))[10], 0) AS fresh
FROM issues_issuestate TABLESAMPLE SYSTEM (3)
WHERE project_id {of_projects} AND status <= %(last_status)s
"""
# Each row costs what its conditions cost, and arrays cost most. Parameters: project
# ids, or one; last status; first hour of the earlier period and of the later one, and
# when they began; since when issues are fresh, and its minute.
_SCANNED = """
SELECT s.issue_id, s.event_count, s.status = 0 AS is_unresolved,
    {sampled} AS is_sampled,
    s.last_seen_minute >= %(first)s * 60 AS is_now,
    s.last_seen_minute >= %(earlier)s * 60 AS is_seen,
    s.first_seen >= %(began)s AS is_new, s.first_seen >= %(earlier_at)s AS is_known,
    s.status = 0 AND s.first_seen >= %(fresh_since)s AS is_fresh
FROM issues_issuestate s
WHERE s.project_id {of_projects} AND s.status <= %(last_status)s
  AND s.last_seen_minute >= least(%(earlier)s * 60, %(fresh_minute)s)
  AND ({sampled}
    OR s.event_count >= (SELECT busy FROM bounds)
    OR s.first_seen >= (SELECT new_since FROM bounds)
    OR (s.first_seen >= %(fresh_since)s AND s.event_count >= (SELECT fresh FROM bounds)
        AND s.status = 0))
"""
# All of them, or those that occurred in an environment. As a join, all tags would be
# read.
_ALL = "NOT MATERIALIZED (SELECT * FROM scanned)"
_BY_TAGS = """
MATERIALIZED (
    SELECT * FROM scanned WHERE (SELECT it.tag_ids && %(tags)s::int4[]
        FROM issues_issuetags it WHERE it.issue_id = scanned.issue_id)
)
"""

# Whether the new ones were all looked at, and the fresh ones. Issues seen in the later
# period; those surely seen in the earlier one, because they began or were seen last in
# it; the new ones of the later period, of the earlier one, and those of the former that
# are unresolved; the fresh ones. How many may have been seen before, too, and which
# share of some of these was. The busiest and the fresh ones.
_PULSE = """
WITH bounds AS MATERIALIZED ({bounds}), scanned AS MATERIALIZED ({scanned}),
picked AS {picked},
told AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE is_sampled AND is_now) AS seen,
        count(*) FILTER (WHERE is_sampled AND is_seen AND (NOT is_now
            OR (is_known AND NOT is_new))) AS seen_before,
        count(*) FILTER (WHERE is_new AND (is_sampled OR has_new)) AS new,
        count(*) FILTER (WHERE is_known AND NOT is_new AND (is_sampled OR has_new))
            AS new_before,
        count(*) FILTER (WHERE is_new AND is_unresolved AND (is_sampled OR has_new))
            AS still_unresolved,
        count(*) FILTER (WHERE is_fresh AND (is_sampled OR has_fresh)) AS fresh,
        coalesce(array_agg(issue_id) FILTER (WHERE is_sampled AND is_now
            AND NOT is_known), '{{}}') AS doubtful
    FROM picked, (SELECT new_since <= %(earlier_at)s AS has_new,
        new_since <= %(fresh_since)s AS has_fresh FROM bounds) b
)
SELECT new_since <= %(earlier_at)s, new_since <= %(fresh_since)s,
    told.seen, told.seen_before, told.new, told.new_before, told.still_unresolved,
    told.fresh, cardinality(told.doubtful),
    (SELECT coalesce(avg((EXISTS (SELECT FROM issues_hourcount h
        WHERE h.issue_id = told.doubtful[place]
        AND h.hour >= %(earlier)s AND h.hour < %(first)s))::int), 0)::float8
    FROM generate_series(1, cardinality(told.doubtful),
        1 + cardinality(told.doubtful) / %(looked_at)s) place),
    ARRAY(SELECT ARRAY[issue_id, event_count, is_new::int] FROM picked WHERE is_now
        ORDER BY event_count DESC, issue_id LIMIT %(busiest)s),
    ARRAY(SELECT issue_id FROM picked WHERE is_fresh
        ORDER BY event_count DESC, issue_id DESC LIMIT %(rows)s)
FROM told, bounds
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many; `is_about` where a sample tells."""

    n: int
    is_about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """An issue that was seen in the period."""

    issue_id: int
    # Of all times.
    events: int
    # All of them are of the period.
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How many issues were seen when, and which of them stand out."""

    seen: Count
    seen_before: Count
    new: Count
    new_before: Count
    # Of the new ones of the period.
    still_unresolved: Count
    # Unresolved ones that began within a week, and those with the most events.
    fresh: Count
    freshest: list[int]
    # Those seen in the period by their events of all times, the most first.
    busiest: list[Busy]


def pulse_of(
    projects: Sequence[Project],
    window: Window,
    now: datetime,
    *,
    tags: Sequence[int] | None,
    rows: int,
) -> Pulse:
    """The pulse of the projects in the window and in the period before it.

    `tags`: only of issues that ever had one of these; `rows`: how many fresh issues
    are named.
    """
    step = step_of(projects, tags)
    earlier = window.first_hour - window.bucket_hours * window.buckets
    parameters: dict[str, Any] = {
        "projects": [project.pk for project in projects],
        "project": projects[0].pk,
        # Hidden issues have higher ones.
        "last_status": max(VISIBLE_STATUSES),
        "tags": list(tags or ()),
        "earlier": earlier,
        "earlier_at": instant_of(earlier),
        "first": window.first_hour,
        "began": instant_of(window.first_hour),
        "fresh_since": now - NEW_FOR,
        "fresh_minute": int((now - NEW_FOR).timestamp()) // 60,
        "looked_at": _LOOKED_AT,
        "busiest": _BUSIEST_MAX,
        "rows": rows,
    }
    with connection.cursor() as cursor:
        statement = _statement(step, is_one=len(projects) == 1, tags=tags)
        cursor.execute(statement, parameters)
        return _read(cursor.fetchone(), step)


def _statement(step: int, *, is_one: bool, tags: Sequence[int] | None) -> str:
    of_projects = "= %(project)s" if is_one else "= ANY(%(projects)s::int4[])"
    return _PULSE.format(
        bounds=_BOUNDS.format(of_projects=of_projects),
        scanned=_SCANNED.format(
            of_projects=of_projects, sampled=sampled("s.issue_id", step)
        ),
        picked=_ALL if tags is None else _BY_TAGS,
    )


def _read(row: tuple[Any, ...], step: int) -> Pulse:
    has_new, has_fresh, seen, seen_before, new, new_before, still, fresh, *rest = row
    doubtful, share, busiest, freshest = rest
    of_new = 1 if has_new else step
    of_fresh = 1 if has_fresh else step
    return Pulse(
        seen=Count(seen * step, step > 1),
        seen_before=Count(seen_before * step + round(doubtful * step * share), True),
        new=Count(new * of_new, of_new > 1),
        new_before=Count(new_before * of_new, of_new > 1),
        still_unresolved=Count(still * of_new, of_new > 1),
        fresh=Count(fresh * of_fresh, of_fresh > 1),
        freshest=freshest,
        busiest=[
            Busy(issue_id=issue, events=events, is_new=bool(is_new))
            for issue, events, is_new in busiest
        ],
    )


def step_of(projects: Sequence[Project], tags: Sequence[int] | None) -> int:
    """How many issues of the projects each one of the sample stands for."""
    issues = sum(project.next_issue_number - 1 for project in projects)
    return max(1, issues // (SAMPLED if tags is None else SAMPLED_BY_TAGS))


def sampled(column: str, step: int) -> str:
    """The condition by which one issue in so many is in the sample."""
    return f"{column} * {_GOLDEN} & {_RANGE - 1} < {_RANGE // step}"


def instant_of(hour: int) -> datetime:
    """When an hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement with named parameters."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
