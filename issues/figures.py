"""What the overview says of some projects in a period, without a look at events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.models import Level
from issues.pulse import (
    SAMPLED,
    SAMPLED_BY_TAGS,
    Count,
    Pulse,
    fetch,
    instant_of,
    sampled,
    step_of,
)
from projects.hours import hour_of
from projects.models import Project
from projects.ui import Layers
from projects.windows import Window

# Events by level and bucket; those of the earlier period are in bucket -1. They are
# what came, whatever became of their issues.
# Parameters: project and environment ids, first hour of both periods and of the later
# one, last hour, hours of a bucket.
_EVENTS = """
SELECT level, CASE WHEN hour < %(first)s THEN -1
    ELSE (hour - %(first)s) / %(bucket_hours)s END AS bucket, sum(count)
FROM issues_projecthour
WHERE project_id = ANY(%(projects)s::int4[])
  AND environment_id = ANY(%(environments)s::int4[])
  AND hour BETWEEN %(earlier)s AND %(last)s
GROUP BY 1, 2
"""

# Issues that were resolved in either period and came back in the later one: of all, or,
# where too many were, of those in the sample; and whether all were looked at.
_CHANGES = """
WITH amount AS MATERIALIZED (
    SELECT count(*) <= %(few)s AS are_all
    FROM (SELECT FROM issues_activity WHERE {changed} LIMIT %(few)s + 1) counted
)
SELECT (SELECT are_all FROM amount),
    count(DISTINCT issue_id) FILTER (
        WHERE kind = 'set_resolved' AND created_at >= %(began)s),
    count(DISTINCT issue_id) FILTER (
        WHERE kind = 'set_resolved' AND created_at < %(began)s),
    count(DISTINCT issue_id) FILTER (
        WHERE kind = 'set_regression' AND created_at >= %(began)s)
FROM issues_activity
WHERE {changed} AND ((SELECT are_all FROM amount) OR {sampled}) {by_tags}
"""
_CHANGED = """
project_id = ANY(%(projects)s::int4[]) AND created_at >= %(earlier_at)s
AND kind IN ('set_resolved', 'set_regression')
"""
_BY_TAGS = """
AND (SELECT it.tag_ids && %(tags)s::int4[] FROM issues_issuetags it
    WHERE it.issue_id = issues_activity.issue_id)
"""

# Fewer in the earlier period make a percentage of nothing.
_ENOUGH_FOR_A_TREND = 20


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of a period, and of the one before it."""

    now: int
    before: int
    # A sample tells.
    is_about: bool = False

    @classmethod
    def of(cls, now: Count, before: Count) -> Change:
        return cls(now.n, before.n, now.is_about)

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
    still_unresolved: Count
    # Reopened by an event in the period.
    regressed: Count
    # A layer of events for each level that occurs, mildest first.
    chart: Layers[Level]


def figures_of(
    projects: Sequence[Project],
    window: Window,
    now: datetime,
    pulse: Pulse,
    *,
    tags: Sequence[int] | None = None,
) -> Figures:
    """The figures of the projects together; two statements, however many they are.

    `pulse`: that of the same projects, window and tags.
    """
    earlier = window.first_hour - window.bucket_hours * window.buckets
    asked = {
        "projects": [project.pk for project in projects],
        "tags": list(tags or ()),
        # Hours of none in particular are those of all.
        "environments": [0] if tags is None else list(tags),
        "earlier": earlier,
        "earlier_at": instant_of(earlier),
        "first": window.first_hour,
        "began": instant_of(window.first_hour),
        "last": hour_of(now),
        "bucket_hours": window.bucket_hours,
    }
    chart, before = _events(asked, window)
    resolved, regressed = _changes(asked, step_of(projects, tags), tags)
    return Figures(
        events=Change(chart.total, before),
        issues=Change.of(pulse.seen, pulse.seen_before),
        new=Change.of(pulse.new, pulse.new_before),
        resolved=resolved,
        still_unresolved=pulse.still_unresolved,
        regressed=regressed,
        chart=chart,
    )


def _events(asked: dict[str, Any], window: Window) -> tuple[Layers[Level], int]:
    """The period's events, and how many there were in the one before."""
    pairs: dict[Level, list[tuple[int, int]]] = {}
    before = 0
    for level, bucket, count in fetch(_EVENTS, asked):
        if bucket < 0:
            before += int(count)
        else:
            pairs.setdefault(Level(level), []).append((bucket, int(count)))
    layers = {level: window.spread(pairs[level]) for level in sorted(pairs)}
    return Layers(layers=layers), before


def _changes(
    asked: dict[str, Any], step: int, tags: Sequence[int] | None
) -> tuple[Change, Count]:
    """How many issues were resolved, and how many came back."""
    statement = _CHANGES.format(
        changed=_CHANGED,
        sampled=sampled("issue_id", step),
        by_tags="" if tags is None else _BY_TAGS,
    )
    few = SAMPLED if tags is None else SAMPLED_BY_TAGS
    ((are_all, *counts),) = fetch(statement, asked | {"few": few})
    step = 1 if are_all else step
    resolved, before, regressed = (count * step for count in counts)
    return Change(resolved, before, step > 1), Count(regressed, step > 1)
