"""Which issues of some projects stand out in a period, and where they happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from issues.models import VISIBLE_STATUSES, Issue, Level
from issues.presentation.shares import Distribution, telling
from issues.tagcounts import OTHER, TagKey
from projects.models import Project
from projects.windows import Window

NEW_FOR = timedelta(days=7)
# Of so many issues, those with the most events, tags tell where it happens.
_TELLING_ISSUES = 25
_VALUES_OF_A_KEY = 20

# Those seen in the period with the most events of all times, and whether all of these
# are of the period. Parameters: project ids, statuses, first hour, when it began.
_BUSIEST = """
SELECT issue_id, event_count, first_seen >= %(began)s
FROM issues_issuestate
WHERE project_id = ANY(%(projects)s::int4[]) AND status = ANY(%(statuses)s::int2[])
  AND last_seen_minute >= %(first)s * 60
ORDER BY event_count DESC, issue_id LIMIT %(limit)s
"""
_BUSIEST_MAX = 2000
# Hours that are summed to tell which of them has the most events in the period; 50,000
# take some 10 ms.
_HOURS_MAX = 50_000

# Events since an hour. Parameters: issue ids, first hour.
_SUMS = """
SELECT issue_id, sum(count) FROM issues_hourcount
WHERE issue_id = ANY(%(issues)s::int4[]) AND hour >= %(first)s GROUP BY 1
"""

# The new issues with the most events, and how many new ones there are.
# Parameters: project ids, first minute, when it began, how many.
_NEW = """
WITH fresh AS MATERIALIZED (
    SELECT issue_id, event_count FROM issues_issuestate
    WHERE project_id = ANY(%(projects)s::int4[]) AND status = 0
      AND last_seen_minute >= %(minute)s AND first_seen >= %(since)s
)
SELECT ARRAY(SELECT issue_id FROM fresh
    ORDER BY event_count DESC, issue_id DESC LIMIT %(limit)s),
    (SELECT count(*) FROM fresh)
"""

# Events of issues by bucket. Parameters: issue ids, first hour, hours of a bucket.
_HOURS = """
SELECT issue_id, (hour - %(first)s) / %(bucket_hours)s, sum(count)
FROM issues_hourcount
WHERE issue_id = ANY(%(issues)s::int4[]) AND hour >= %(first)s
GROUP BY 1, 2
"""

# The commonest values of each key. Parameters: issue ids, values of a key.
# Gives key, value, count, and the count of all values of the key.
_TAGS = """
SELECT key, value, count, total FROM (
    SELECT t.key, t.value, sum(c.count) AS count,
        sum(sum(c.count)) OVER (PARTITION BY t.key) AS total,
        row_number() OVER (
            PARTITION BY t.key ORDER BY sum(c.count) DESC, t.value) AS place
    FROM issues_issuetags it,
        unnest(it.tag_ids, it.counts) AS c(tag_id, count), issues_tag t
    WHERE it.issue_id = ANY(%(issues)s::int4[]) AND t.id = c.tag_id
    GROUP BY 1, 2
) AS counted
WHERE place <= %(values)s
ORDER BY key, place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standout:
    """An issue as a short list shows it."""

    issue: Issue
    # In the period, and over it.
    count: int
    counts: list[int]

    @property
    def kind(self) -> str:
        return self.issue.kind

    @property
    def type(self) -> str:
        return self.issue.type

    @property
    def value(self) -> str:
        return self.issue.value

    @property
    def level(self) -> Level:
        return Level(self.issue.state.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standouts:
    """The issues with most events, the new ones, and what tags tell of the former."""

    most: list[Standout]
    new: list[Standout]
    new_count: int
    places: list[Distribution]


def standouts_of(
    projects: Sequence[Project], window: Window, now: datetime, *, rows: int
) -> Standouts:
    """Up to `rows` of each; new are the unresolved ones first seen within a week."""
    ids = [project.pk for project in projects]
    most = _busiest(ids, window, rows)
    new, new_count = _new(ids, now, rows)
    shown = _shown({*most[:rows], *new}, projects, window)
    return Standouts(
        most=[shown[issue] for issue in most[:rows] if issue in shown],
        new=[shown[issue] for issue in new if issue in shown],
        new_count=new_count,
        places=_places(most),
    )


def _busiest(ids: list[int], window: Window, rows: int) -> list[int]:
    """Issues by their events in the period; the first `rows` are those with the most.

    Nobody has more events in the period than in all, so those with the most of all
    are looked at in turn until the next ones cannot be among the first any more. Where
    that takes too long (very many old and busy issues, short periods), the first ones
    are those of the issues looked at.
    """
    found = _fetch(
        _BUSIEST,
        {
            "projects": ids,
            "statuses": list(VISIBLE_STATUSES),
            "first": window.first_hour,
            "began": datetime.fromtimestamp(window.first_hour * 3600, UTC),
            "limit": _BUSIEST_MAX,
        },
    )
    counts: dict[int, int] = {}
    best: list[int] = []
    hours = 0
    while len(counts) < len(found) and hours < _HOURS_MAX:
        some = found[len(counts) : 2 * len(counts) + _TELLING_ISSUES]
        old = [issue for issue, _, is_all in some if not is_all]
        hours += len(old) * window.bucket_hours * window.buckets
        counts |= {issue: events for issue, events, is_all in some if is_all}
        sums = _fetch(_SUMS, {"issues": old, "first": window.first_hour})
        counts |= dict.fromkeys(old, 0) | {issue: int(n) for issue, n in sums}
        best = sorted(filter(counts.get, counts), key=lambda one: (-counts[one], one))
        following = found[len(counts)][1] if len(counts) < len(found) else 0
        if len(best) >= rows and counts[best[rows - 1]] >= following:
            break
    return best[:_TELLING_ISSUES]


def _new(ids: list[int], now: datetime, rows: int) -> tuple[list[int], int]:
    """The new issues with the most events, and how many new ones there are."""
    since = now - NEW_FOR
    parameters = {
        "projects": ids,
        "minute": int(since.timestamp()) // 60,
        "since": since,
        "limit": rows,
    }
    ((found, count),) = _fetch(_NEW, parameters)
    return found, count


def _shown(
    issues: set[int], projects: Sequence[Project], window: Window
) -> dict[int, Standout]:
    pairs: dict[int, list[tuple[int, int]]] = {}
    parameters = {
        "issues": sorted(issues),
        "first": window.first_hour,
        "bucket_hours": window.bucket_hours,
    }
    for issue, bucket, count in _fetch(_HOURS, parameters):
        pairs.setdefault(issue, []).append((bucket, int(count)))
    by_id = {project.pk: project for project in projects}
    shown = {}
    for issue in Issue.objects.select_related("state").filter(pk__in=issues):
        issue.project = by_id[issue.project_id]
        counts = window.spread(pairs.get(issue.pk, []))
        shown[issue.pk] = Standout(issue=issue, count=sum(counts), counts=counts)
    return shown


def _places(issues: list[int]) -> list[Distribution]:
    """The tags that tell most; OTHER stands for values that no issue keeps apart."""
    values: dict[str, list[tuple[str, int]]] = {}
    totals: dict[str, int] = {}
    parameters = {"issues": issues, "values": _VALUES_OF_A_KEY}
    for key, value, count, total in _fetch(_TAGS, parameters):
        totals[key] = int(total)
        if value != OTHER:
            values.setdefault(key, []).append((value, int(count)))
    return telling([TagKey(key, totals[key], pairs) for key, pairs in values.items()])


def _fetch(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
