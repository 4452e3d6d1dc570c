"""What the overview says of some projects in a period, without a look at events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from issues.models import VISIBLE_STATUSES, Level
from projects.hours import hour_of
from projects.models import Project
from projects.ui import Layers
from projects.windows import Window

# Events by level and bucket; those of the earlier period are in bucket -1. They are
# what came, whatever became of their issues.
# Parameters: project ids, first hour of both periods and of the later one, last hour,
# hours of a bucket.
_EVENTS = """
SELECT level, CASE WHEN hour < %(first)s THEN -1
    ELSE (hour - %(first)s) / %(bucket_hours)s END AS bucket, sum(count)
FROM issues_projecthour
WHERE project_id = ANY(%(projects)s::int4[]) AND hour BETWEEN %(earlier)s AND %(last)s
GROUP BY 1, 2
"""

# Of the issues seen in either period, in one pass: those seen in the later one, which
# are those seen last in it; those that were surely seen in the earlier one, because
# they began or were seen last in it; those that may have been; the new ones of the
# later period, of the earlier one, and those of the former that are unresolved.
_ISSUES = """
SELECT count(*) FILTER (WHERE is_now),
    count(*) FILTER (WHERE NOT is_now OR (is_known AND NOT is_new)),
    count(*) FILTER (WHERE is_now AND NOT is_known),
    count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_known AND NOT is_new),
    count(*) FILTER (WHERE is_new AND status = 0)
FROM (
    SELECT s.status, s.last_seen_minute >= %(first)s * 60 AS is_now,
        s.first_seen >= %(began)s AS is_new, s.first_seen >= %(earlier_at)s AS is_known
    FROM issues_issuestate s
    WHERE s.project_id = ANY(%(projects)s::int4[])
      AND s.status = ANY(%(statuses)s::int2[])
      AND s.last_seen_minute >= %(earlier)s * 60
) seen
"""

# Of the issues that began before both periods and were seen in the later one, or of
# every n-th: how many there are, and how many have hours in the earlier one.
_BETWEEN = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM issues_hourcount h WHERE h.issue_id = s.issue_id
    AND h.hour >= %(earlier)s AND h.hour < %(first)s))
FROM issues_issuestate s
WHERE s.project_id = ANY(%(projects)s::int4[]) AND s.status = ANY(%(statuses)s::int2[])
  AND s.last_seen_minute >= %(first)s * 60 AND s.first_seen < %(earlier_at)s
  AND s.issue_id %% %(step)s = 0
"""
# More of them are not looked at one by one: the share of these tells of all, to three
# percent in the worst case, for a number that is only compared with.
_LOOKED_AT = 1_000

# Issues that were resolved in either period and came back in the later one.
_CHANGES = """
SELECT count(*) FILTER (WHERE is_resolved), count(*) FILTER (WHERE was_resolved),
    count(*) FILTER (WHERE is_back)
FROM (
    SELECT bool_or(kind = 'set_resolved' AND created_at >= %(began)s) AS is_resolved,
        bool_or(kind = 'set_resolved' AND created_at < %(began)s) AS was_resolved,
        bool_or(kind = 'set_regression' AND created_at >= %(began)s) AS is_back
    FROM issues_activity
    WHERE project_id = ANY(%(projects)s::int4[]) AND created_at >= %(earlier_at)s
      AND kind IN ('set_resolved', 'set_regression')
    GROUP BY issue_id
) changed
"""

# Fewer in the earlier period make a percentage of nothing.
_ENOUGH_FOR_A_TREND = 20


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of a period, and of the one before it."""

    now: int
    before: int

    @property
    def percent(self) -> int | None:
        """How much more or less than before; None where that says little."""
        if self.before < _ENOUGH_FOR_A_TREND:
            return None
        return round(100 * (self.now - self.before) / self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The key numbers of a period beside those of the one before."""

    events: Change
    issues: Change
    new: Change
    resolved: Change
    # Of the new ones.
    still_unresolved: int
    # Reopened by an event in the period.
    regressed: int
    # A layer of events for each level that occurs, mildest first.
    chart: Layers[Level]


def figures_of(projects: Sequence[Project], window: Window, now: datetime) -> Figures:
    """The figures of the projects together; five statements at most, however many.

    Where more than 1,000 issues are older than both periods and were seen in the later
    one, how many of them were seen in the earlier one, too, is estimated.
    """
    earlier = window.first_hour - window.bucket_hours * window.buckets
    asked = {
        "projects": [project.pk for project in projects],
        "statuses": list(VISIBLE_STATUSES),
        "earlier": earlier,
        "earlier_at": instant_of(earlier),
        "first": window.first_hour,
        "began": instant_of(window.first_hour),
        "last": hour_of(now),
        "bucket_hours": window.bucket_hours,
    }
    chart, before = _events(asked, window)
    ((seen, seen_before, doubtful, *new),) = _fetch(_ISSUES, asked)
    ((resolved, resolved_before, regressed),) = _fetch(_CHANGES, asked)
    return Figures(
        events=Change(chart.total, before),
        issues=Change(seen, seen_before + _seen_in_both(asked, doubtful)),
        new=Change(new[0], new[1]),
        resolved=Change(resolved, resolved_before),
        still_unresolved=new[2],
        regressed=regressed,
        chart=chart,
    )


def instant_of(hour: int) -> datetime:
    """When an hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def _events(asked: dict[str, Any], window: Window) -> tuple[Layers[Level], int]:
    """The period's events, and how many there were in the one before."""
    pairs: dict[Level, list[tuple[int, int]]] = {}
    before = 0
    for level, bucket, count in _fetch(_EVENTS, asked):
        if bucket < 0:
            before += int(count)
        else:
            pairs.setdefault(Level(level), []).append((bucket, int(count)))
    layers = {level: window.spread(pairs[level]) for level in sorted(pairs)}
    return Layers(layers=layers), before


def _seen_in_both(asked: dict[str, Any], doubtful: int) -> int:
    """Of so many older issues that were seen in the period, those seen before it."""
    if not doubtful:
        return 0
    step = -(-doubtful // _LOOKED_AT)
    ((looked_at, hits),) = _fetch(_BETWEEN, asked | {"step": step})
    return round(doubtful * hits / looked_at) if looked_at else 0


def _fetch(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
