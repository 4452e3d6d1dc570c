"""A page of issues: filtered, sorted, with counts and sparkline in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from issues import shortid
from issues.conditions import Condition, conditions
from issues.cursors import Cursor, Sort, read_cursor
from issues.models import VISIBLE_STATUSES, Level, Status, Substatus
from issues.search import IssueFilter
from projects.models import Project, User
from projects.windows import Graph, Window

# Totals are exact up to here; beyond, "10k+" is shown.
TOTAL_CAP = 10_000


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
    next_cursor: str | None
    previous_cursor: str | None
    # How many rows stand before the first of this page, as far as known.
    offset: int
    # All that match; TOTAL_CAP where there are more.
    total: int
    total_is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
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
    window = Window.ending(now, graph) if graph else None
    statement, parameters = _statement(where, sort, place, window)
    parameters |= {"limit": limit + 1, "reader": user.pk if user else None}
    by_id = {project.pk: project for project in projects}
    found = [_read(row, by_id, window) for row in _fetch(statement, parameters)]
    is_all = place is None and len(found) <= limit
    return _page(found, place, limit, len(found) if is_all else _total(where))


def rows_by_id(
    projects: Sequence[Project],
    issue_ids: Sequence[int],
    *,
    user: User | None,
    graph: Graph,
    now: datetime,
) -> dict[int, IssueRow]:
    """The issues as rows, in whatever status people see: those of the projects."""
    if not projects or not issue_ids:
        return {}
    where = Condition()
    within = where.bind([project.pk for project in projects])
    wanted = where.bind(list(issue_ids))
    where.clauses.append(f"s.project_id = ANY({within}::int4[])")
    where.clauses.append(f"s.issue_id = ANY({wanted}::int4[])")
    visible = where.bind(list(VISIBLE_STATUSES))
    where.clauses.append(f"s.status = ANY({visible}::int2[])")
    window = Window.ending(now, graph)
    statement, parameters = _statement(where, Sort.LAST_SEEN, None, window)
    parameters |= {"limit": len(issue_ids), "reader": user.pk if user else None}
    by_id = {project.pk: project for project in projects}
    found = [_read(row, by_id, window).row for row in _fetch(statement, parameters)]
    return {row.issue_id: row for row in found}


def count_issues(
    projects: Sequence[Project], filter: IssueFilter, user: User | None
) -> int:
    """How many issues match; TOTAL_CAP + 1 where there are more."""
    where = conditions(projects, filter, user)
    return _total(where) if where else 0


def count_exactly(
    projects: Sequence[Project], filter: IssueFilter, user: User | None
) -> int:
    """How many issues match, however many they are."""
    where = conditions(projects, filter, user)
    if where is None:
        return 0
    statement = _COUNT.format(with_=where.with_, where=where.where)
    with connection.cursor() as cursor:
        cursor.execute(statement, where.parameters)
        return int(cursor.fetchone()[0])


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
    next_cursor=None,
    previous_cursor=None,
    offset=0,
    total=0,
    total_is_capped=False,
)

_ROWS = """
{with_}
SELECT p.key, p.issue_id, i.project_id, i.number, i.kind, i.title, i.type, i.value,
    i.culprit, i.metadata::text, i.platform, i.logger, s.level, s.status, s.substatus,
    s.first_seen, s.last_seen, s.event_count, s.user_count,
    b.id IS NOT NULL AS is_bookmarked,
    coalesce(v.seen_at < s.last_seen, true) AS is_unseen,
    {graph} AS graph
FROM (
    SELECT s.issue_id, {key} AS key FROM issues_issuestate s
    WHERE {where}
    ORDER BY {key} {order}, s.issue_id {order} LIMIT %(limit)s
) p
JOIN issues_issuestate s ON s.issue_id = p.issue_id
JOIN issues_issue i ON i.id = p.issue_id
LEFT JOIN issues_bookmark b ON b.issue_id = p.issue_id AND b.user_id = %(reader)s
LEFT JOIN issues_sighting v ON v.issue_id = p.issue_id AND v.user_id = %(reader)s
ORDER BY p.key {order}, p.issue_id {order}
"""

# Pairs of bucket number and count.
_GRAPH = """ARRAY(
    SELECT ARRAY[(h.hour - %(first_hour)s) / %(bucket_hours)s, sum(h.count)::int4]
    FROM issues_hourcount h
    WHERE h.issue_id = p.issue_id AND h.hour >= %(first_hour)s
    GROUP BY (h.hour - %(first_hour)s) / %(bucket_hours)s
)"""

_TOTAL = """
{with_}
SELECT count(*) FROM (
    SELECT FROM issues_issuestate s WHERE {where} LIMIT %(limit)s
) AS matching
"""

_COUNT = "{with_} SELECT count(*) FROM issues_issuestate s WHERE {where}"

_IDS = """
{with_}
SELECT s.issue_id FROM issues_issuestate s WHERE {where}
ORDER BY s.last_seen_minute DESC, s.issue_id DESC LIMIT %(limit)s
"""


def _statement(
    where: Condition, sort: Sort, place: Cursor | None, window: Window | None
) -> tuple[str, dict[str, Any]]:
    """The list's statement and its parameters, apart from the limit and reader."""
    is_backward = place is not None and place.is_backward
    clauses = where.where
    parameters = dict(where.parameters)
    if place:
        compare = ">" if is_backward else "<"
        clauses += f" AND ({sort.key}, s.issue_id) {compare} (%(key)s, %(id)s)"
        parameters |= {"key": place.key, "id": place.issue_id}
    if window:
        parameters |= {
            "first_hour": window.first_hour,
            "bucket_hours": window.bucket_hours,
        }
    statement = _ROWS.format(
        with_=where.with_,
        key=sort.key,
        where=clauses,
        order="ASC" if is_backward else "DESC",
        graph=_GRAPH if window else "NULL",
    )
    return statement, parameters


def _fetch(statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _read(
    row: dict[str, Any], projects: dict[int, Project], window: Window | None
) -> _Found:
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
    for name in ("key", "project_id", "graph"):
        del read[name]
    return _Found(key=row["key"], row=IssueRow(**read))


def _total(where: Condition) -> int:
    statement = _TOTAL.format(with_=where.with_, where=where.where)
    with connection.cursor() as cursor:
        cursor.execute(statement, where.parameters | {"limit": TOTAL_CAP + 1})
        return int(cursor.fetchone()[0])


def _page(found: list[_Found], place: Cursor | None, limit: int, total: int) -> Page:
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
        next_cursor=found[-1].cursor(offset + len(found), is_backward=False)
        if found and has_next
        else None,
        previous_cursor=found[0].cursor(offset, is_backward=True)
        if found and has_previous
        else None,
        offset=offset,
        total=min(total, TOTAL_CAP),
        total_is_capped=total > TOTAL_CAP,
    )
