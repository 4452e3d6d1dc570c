"""What the overview says of some projects in a period, from hourly rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from issues.models import VISIBLE_STATUSES, Activity, IssueState, Level, Status
from projects.hours import hour_of
from projects.models import Project
from projects.ui import nice_max
from projects.windows import Window

# Events by level and bucket; those of the earlier period are in bucket -1. Only
# issues seen since that began can have events in either, which the list's index finds;
# the hours of an issue follow by primary key.
# Parameters: project ids, statuses, first hour of both periods and of the later
# one, last hour, hours of a bucket.
_EVENTS = """
SELECT s.level,
    CASE WHEN h.hour < %(first)s THEN -1
         ELSE (h.hour - %(first)s) / %(bucket_hours)s END AS bucket,
    sum(h.count)
FROM issues_issuestate s
JOIN issues_hourcount h ON h.issue_id = s.issue_id
    AND h.hour >= %(earlier)s AND h.hour <= %(last)s
WHERE s.project_id = ANY(%(projects)s::int4[]) AND s.status = ANY(%(statuses)s::int2[])
  AND s.last_seen_minute >= %(earlier)s * 60
GROUP BY 1, 2
"""

# Issues seen in the period, which are those seen last in it, and in the earlier one.
_ISSUES = """
SELECT count(*) FILTER (WHERE s.last_seen_minute >= %(first)s * 60),
    count(*) FILTER (WHERE s.last_seen_minute < %(first)s * 60 OR EXISTS (
        SELECT FROM issues_hourcount h WHERE h.issue_id = s.issue_id
        AND h.hour >= %(earlier)s AND h.hour < %(first)s))
FROM issues_issuestate s
WHERE s.project_id = ANY(%(projects)s::int4[]) AND s.status = ANY(%(statuses)s::int2[])
  AND s.last_seen_minute >= %(earlier)s * 60
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


@dataclass(slots=True, kw_only=True)
class Chart:
    """Events over time: a layer of counts for each level that occurs, mildest first."""

    layers: dict[Level, list[int]]

    @property
    def total(self) -> int:
        return sum(map(sum, self.layers.values()))

    @property
    def heights(self) -> list[int]:
        """What the layers are together, bucket by bucket."""
        return [sum(counts) for counts in zip(*self.layers.values(), strict=True)]

    @property
    def top(self) -> int:
        """Where the chart's y axis ends."""
        return nice_max(max(self.heights, default=0))


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
    chart: Chart


def figures_of(projects: Sequence[Project], window: Window, now: datetime) -> Figures:
    """The figures of the projects together; four statements, however many."""
    ids = [project.pk for project in projects]
    earlier = window.first_hour - window.bucket_hours * window.buckets
    events, issues, chart = _events(ids, window, earlier, now)
    new, still_unresolved = _new_issues(ids, window, earlier)
    resolved, regressed = _changes(ids, window, earlier)
    return Figures(
        events=events,
        issues=issues,
        new=new,
        resolved=resolved,
        still_unresolved=still_unresolved,
        regressed=regressed,
        chart=chart,
    )


def instant_of(hour: int) -> datetime:
    """When an hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def _events(
    ids: list[int], window: Window, earlier: int, now: datetime
) -> tuple[Change, Change, Chart]:
    parameters = {
        "projects": ids,
        "statuses": list(VISIBLE_STATUSES),
        "earlier": earlier,
        "first": window.first_hour,
        "last": hour_of(now),
        "bucket_hours": window.bucket_hours,
    }
    pairs: dict[Level, list[tuple[int, int]]] = {}
    before = 0
    for level, bucket, count in _fetch(_EVENTS, parameters):
        if bucket < 0:
            before += int(count)
        else:
            pairs.setdefault(Level(level), []).append((bucket, int(count)))
    layers = {level: window.spread(pairs[level]) for level in sorted(pairs)}
    chart = Chart(layers=layers)
    ((seen, seen_before),) = _fetch(_ISSUES, parameters)
    return Change(chart.total, before), Change(seen, seen_before), chart


def _new_issues(ids: list[int], window: Window, earlier: int) -> tuple[Change, int]:
    """New issues, and how many of them are unresolved."""
    began = instant_of(window.first_hour)
    is_now, is_before = Q(first_seen__gte=began), Q(first_seen__lt=began)
    found = IssueState.objects.filter(
        project__in=ids,
        status__in=VISIBLE_STATUSES,
        last_seen_minute__gte=earlier * 60,
        first_seen__gte=instant_of(earlier),
    ).aggregate(
        now=Count("pk", filter=is_now),
        before=Count("pk", filter=is_before),
        unresolved=Count("pk", filter=is_now & Q(status=Status.UNRESOLVED)),
    )
    return Change(found["now"], found["before"]), found["unresolved"]


def _changes(ids: list[int], window: Window, earlier: int) -> tuple[Change, int]:
    """Issues that were resolved, and those that came back."""
    began = instant_of(window.first_hour)
    is_resolved = Q(kind=Activity.Kind.RESOLVED)
    found = Activity.objects.filter(
        project__in=ids, created_at__gte=instant_of(earlier)
    ).aggregate(
        now=_issues_where(is_resolved & Q(created_at__gte=began)),
        before=_issues_where(is_resolved & Q(created_at__lt=began)),
        regressed=_issues_where(
            Q(kind=Activity.Kind.REGRESSION, created_at__gte=began)
        ),
    )
    return Change(found["now"], found["before"]), found["regressed"]


def _issues_where(condition: Q) -> Count:
    return Count("issue", filter=condition, distinct=True)


def _fetch(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
