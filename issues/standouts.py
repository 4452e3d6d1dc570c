"""Which issues of some projects stand out in a period, and where they happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from issues.models import VISIBLE_STATUSES, Issue, IssueState, Level, Status
from issues.presentation.shares import Distribution, telling
from issues.tagcounts import OTHER, TagKey
from projects.models import Project
from projects.windows import Window

NEW_FOR = timedelta(days=7)
# Of so many issues, those with the most events, tags tell where it happens.
_TELLING_ISSUES = 50
_VALUES_OF_A_KEY = 20

# Those with the most events since an hour, most first.
# Parameters: project ids, statuses, first minute, first hour, how many.
_MOST_EVENTS = """
SELECT s.issue_id, sum(h.count) AS count
FROM issues_issuestate s
JOIN issues_hourcount h ON h.issue_id = s.issue_id AND h.hour >= %(first)s
WHERE s.project_id = ANY(%(projects)s::int4[])
  AND s.status = ANY(%(statuses)s::int2[])
  AND s.last_seen_minute >= %(first)s * 60
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s
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
    counted = _fetch(
        _MOST_EVENTS,
        {
            "projects": ids,
            "statuses": list(VISIBLE_STATUSES),
            "first": window.first_hour,
            "limit": _TELLING_ISSUES,
        },
    )
    most = [int(issue_id) for issue_id, _ in counted]
    new, new_count = _new(ids, now, rows)
    shown = _shown({*most[:rows], *new}, projects, window)
    return Standouts(
        most=[shown[issue] for issue in most[:rows] if issue in shown],
        new=[shown[issue] for issue in new if issue in shown],
        new_count=new_count,
        places=_places(most),
    )


def _new(ids: list[int], now: datetime, rows: int) -> tuple[list[int], int]:
    """The new issues with the most events, and how many new ones there are."""
    since = now - NEW_FOR
    found = IssueState.objects.filter(
        project__in=ids,
        status=Status.UNRESOLVED,
        last_seen_minute__gte=int(since.timestamp()) // 60,
        first_seen__gte=since,
    )
    by_events = found.order_by("-event_count", "-issue_id")
    return list(by_events.values_list("issue_id", flat=True)[:rows]), found.count()


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
