"""A page of issues: filtered, sorted, with counts and sparkline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from issues import shortid
from issues.conditions import conditions
from issues.cursors import Cursor, Sort, read_cursor
from issues.finding import Search
from issues.models import VISIBLE_STATUSES, Level, Status, Substatus
from issues.search import IssueFilter
from projects.models import Project, User
from projects.windows import Graph, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One issue as lists show it."""

    issue_id: int
    number: int
    project: Project
    level: Level
    kind: str
    title: str
    type: str
    value: str
    culprit: str
    metadata: dict[str, Any]
    platform: str
    logger: str
    status: Status
    substatus: Substatus
    first_seen: datetime
    last_seen: datetime
    event_count: int
    user_count: int
    is_bookmarked: bool
    # The reader has not looked at the issue since its last event.
    is_unseen: bool
    # Events per hour and per day, oldest first; empty when not asked for.
    counts_24h: list[int] = field(default_factory=list)
    counts_14d: list[int] = field(default_factory=list)

    @property
    def short_id(self) -> str:
        return shortid.encode(self.project.slug, self.number)

    @property
    def counts(self) -> list[int]:
        """The sparkline's bars, of whichever graph was asked for."""
        return self.counts_24h or self.counts_14d


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows, and the way to those around them."""

    rows: list[IssueRow]
    # What each row was sorted by.
    keys: list[int]
    next_cursor: str | None
    previous_cursor: str | None
    # How many rows stand before the first of this page, as far as known.
    offset: int
    # All that match; the bound up to which is counted where there are more.
    total: int
    total_is_capped: bool


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with the key that it was sorted by."""

    key: int
    row: IssueRow

    def cursor(self, offset: int, *, is_backward: bool) -> str:
        return str(
            Cursor(
                key=self.key,
                issue_id=self.row.issue_id,
                offset=offset,
                is_backward=is_backward,
            )
        )


def list_issues(
    *,
    projects: Sequence[Project],
    filter: IssueFilter,
    sort: Sort,
    cursor: str | None,
    limit: int,
    user: User | None,
    graph: Graph | None,
    now: datetime,
) -> Page:
    """The page that starts at the cursor (None: the first).

    Raises CursorError. Counts come from hourly rows, never from events.
    """
    place = read_cursor(cursor) if cursor else None
    where = conditions(projects, filter, user)
    if where is None:
        return _NOTHING
    search = Search(where, sort, now)
    found = search.page(place, limit + 1)
    rows = _rows(projects, [issue for _, issue in found.pairs], user, graph, now)
    placed = [_Placed(key, rows[one]) for key, one in found.pairs if one in rows]
    if found.total is None:
        total = search.total()
    else:
        total = found.total, found.total_is_capped
    return _page(placed, place, limit, total)


def issue_beside(
    *,
    projects: Sequence[Project],
    filter: IssueFilter,
    sort: Sort,
    place: Cursor,
    user: User | None,
    now: datetime,
) -> tuple[int, int] | None:
    """Key and id of the issue that follows the place in its direction, if one does.

    The issue at the place need not match any more.
    """
    where = conditions(projects, filter, user)
    if where is None:
        return None
    pairs = Search(where, sort, now).page(place, 1).pairs
    return pairs[0] if pairs else None


def rows_by_id(
    projects: Sequence[Project],
    issue_ids: Sequence[int],
    *,
    user: User | None,
    graph: Graph,
    now: datetime,
) -> dict[int, IssueRow]:
    """The issues as rows, in whatever status people see: those of the projects."""
    return _rows(projects, issue_ids, user, graph, now)


def count_issues(
    projects: Sequence[Project], filter: IssueFilter, user: User | None
) -> int:
    """How many issues match; one more than the bound where there are more."""
    where = conditions(projects, filter, user)
    if where is None:
        return 0
    total, is_capped = Search(where, Sort.LAST_SEEN, timezone.now()).total()
    return total + is_capped


def matching_ids(
    projects: Sequence[Project], filter: IssueFilter, user: User | None, *, limit: int
) -> list[int]:
    """The ids of at most `limit` issues that match now, those seen last first.

    A set that is kept: what arrives later is not in it. `filter` comes from
    `issues.search.parse` and what the pickers add to it.
    """
    where = conditions(projects, filter, user)
    if where is None:
        return []
    statement = _IDS.format(with_=where.with_, where=where.where)
    with connection.cursor() as cursor:
        cursor.execute(statement, where.parameters | {"limit": limit})
        return [row[0] for row in cursor.fetchall()]


_NOTHING = Page(
    rows=[],
    keys=[],
    next_cursor=None,
    previous_cursor=None,
    offset=0,
    total=0,
    total_is_capped=False,
)

_ROWS = """
{with_}
SELECT s.issue_id, i.project_id, i.number, i.kind, i.title, i.type, i.value,
    i.culprit, i.metadata::text, i.platform, i.logger, s.level, s.status, s.substatus,
    s.first_seen, s.last_seen, s.event_count, s.user_count,
    b.id IS NOT NULL AS is_bookmarked,
    coalesce(v.seen_at < s.last_seen, true) AS is_unseen,
    {graph} AS graph
FROM issues_issuestate s
JOIN issues_issue i ON i.id = s.issue_id
LEFT JOIN issues_bookmark b ON b.issue_id = s.issue_id AND b.user_id = %(reader)s
LEFT JOIN issues_sighting v ON v.issue_id = s.issue_id AND v.user_id = %(reader)s
{join}
WHERE s.issue_id = ANY(%(ids)s::int4[]) AND s.project_id = ANY(%(projects)s::int4[])
  AND s.status = ANY(%(visible)s::int2[])
"""

# Pairs of bucket number and count, of all issues at once: their rows stand in the same
# blocks, which are read but once.
_GRAPHS = """
WITH buckets AS (
    SELECT h.issue_id, (h.hour - %(first_hour)s) / %(bucket_hours)s AS bucket,
        sum(h.count)::int4 AS events
    FROM issues_hourcount h
    WHERE h.issue_id = ANY(%(ids)s::int4[]) AND h.hour >= %(first_hour)s GROUP BY 1, 2
), graphs AS MATERIALIZED (
    SELECT issue_id, array_agg(ARRAY[bucket, events]) AS graph FROM buckets GROUP BY 1
)
"""
_NO_GRAPHS = {"with_": "", "join": "", "graph": "NULL"}
_WITH_GRAPHS = {
    "with_": _GRAPHS,
    "join": "LEFT JOIN graphs g ON g.issue_id = s.issue_id",
    "graph": "coalesce(g.graph, '{}')",
}

_IDS = """
{with_}
SELECT s.issue_id FROM issues_issuestate s WHERE {where}
ORDER BY s.last_seen_minute DESC, s.issue_id DESC LIMIT %(limit)s
"""


def _rows(
    projects: Sequence[Project],
    issue_ids: Sequence[int],
    user: User | None,
    graph: Graph | None,
    now: datetime,
) -> dict[int, IssueRow]:
    """The rows of those of the issues that the projects have, by id."""
    if not projects or not issue_ids:
        return {}
    window = Window.ending(now, graph) if graph else None
    by_id = {project.pk: project for project in projects}
    parameters: dict[str, Any] = {
        "ids": list(issue_ids),
        "projects": list(by_id),
        "visible": list(VISIBLE_STATUSES),
        "reader": user.pk if user else None,
    }
    if window:
        parameters |= {
            "first_hour": window.first_hour,
            "bucket_hours": window.bucket_hours,
        }
    with connection.cursor() as cursor:
        parts = _WITH_GRAPHS if window else _NO_GRAPHS
        cursor.execute(_ROWS.format_map(parts), parameters)
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["issue_id"]: _read(row, by_id, window) for row in found}


def _read(
    row: dict[str, Any], projects: dict[int, Project], window: Window | None
) -> IssueRow:
    counts = window.spread(row["graph"]) if window else []
    is_hourly = window is not None and window.bucket_hours == 1
    read = row | {
        "project": projects[row["project_id"]],
        "metadata": json.loads(row["metadata"]),
        "level": Level(row["level"]),
        "status": Status(row["status"]),
        "substatus": Substatus(row["substatus"]),
        "counts_24h": counts if is_hourly else [],
        "counts_14d": [] if is_hourly else counts,
    }
    for name in ("project_id", "graph"):
        del read[name]
    return IssueRow(**read)


def _page(
    found: list[_Placed], place: Cursor | None, limit: int, total: tuple[int, bool]
) -> Page:
    """The page of up to limit + 1 rows in reading direction."""
    is_backward = place is not None and place.is_backward
    has_more = len(found) > limit
    found = found[:limit]
    if is_backward:
        found.reverse()
    before = place.offset if place else 0
    offset = max(0, before - len(found)) if is_backward else before
    has_next = has_more or is_backward
    has_previous = has_more if is_backward else place is not None
    return Page(
        rows=[one.row for one in found],
        keys=[one.key for one in found],
        next_cursor=found[-1].cursor(offset + len(found), is_backward=False)
        if found and has_next
        else None,
        previous_cursor=found[0].cursor(offset, is_backward=True)
        if found and has_previous
        else None,
        offset=offset,
        total=total[0],
        total_is_capped=total[1],
    )
