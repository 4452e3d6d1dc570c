"""The order by trend among so many issues that not every one's hours are summed."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from django.db import connection

from issues.cursors import Sort
from issues.listing import Page, list_issues
from issues.search import parse
from projects.models import Project
from tests.factories import make_organization, make_project

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = int(NOW.timestamp()) // 3600
ACTIVE, QUIET = 1_800, 150

# Of each issue: its number, when it was seen last, and its events by hours.
_MAKE = """
WITH made AS (
    INSERT INTO issues_issue (project_id, number, kind, title, type, value, culprit,
        metadata, platform, logger, grouping_version, grouping_parts)
    SELECT %(project)s, n, 'error', 'E' || n, 'E' || n, '', '', '{}', '', '', 'v1', '[]'
    FROM generate_series(1, %(issues)s) n RETURNING id, number
), hours AS (
    INSERT INTO issues_hourcount (project_id, issue_id, hour, count, expired_count)
    SELECT %(project)s, id, hour, count, 0 FROM made JOIN unnest(%(numbers)s::int4[],
        %(hours)s::int4[], %(counts)s::int4[]) AS h(number, hour, count) USING (number)
    RETURNING issue_id, hour, count
)
INSERT INTO issues_issuestate (issue_id, project_id, status, substatus, status_at,
    level, first_seen, last_seen, last_seen_minute, event_count, user_count,
    expired_count)
SELECT issue_id, %(project)s, 0, 1, %(now)s, 40, to_timestamp(min(hour) * 3600),
    to_timestamp(max(hour) * 3600), max(hour) * 60, sum(count), 0, 0
FROM hours GROUP BY issue_id
"""


@pytest.fixture
def hours() -> dict[int, dict[int, int]]:
    """By number of the issue: events by their hour."""
    dice = random.Random(8)
    made: dict[int, dict[int, int]] = {}
    for number in range(1, ACTIVE + QUIET + 1):
        newest = dice.randrange(23) if number <= ACTIVE else dice.randrange(24, 400)
        ages = {newest, *(newest + dice.randrange(300) for _ in range(4))}
        # A few come far more often than the others; many have the same trend.
        most = 400 if dice.random() < 0.1 else 3
        made[number] = {HOUR - age: 1 + dice.randrange(most) for age in ages}
    return made


@pytest.fixture
def project(db: None, hours: dict[int, dict[int, int]]) -> Project:
    project = make_project("shop", organization=make_organization("acme"))
    rows = [(n, hour, k) for n, of in hours.items() for hour, k in of.items()]
    numbers, at, counts = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _MAKE,
            {
                "project": project.pk,
                "issues": len(hours),
                "numbers": numbers,
                "hours": at,
                "counts": counts,
                "now": NOW,
            },
        )
    return project


def _trend(hours: dict[int, int]) -> tuple[bool, int]:
    if max(hours) <= HOUR - 24:
        return False, max(hours)
    day = sum(count for hour, count in hours.items() if hour > HOUR - 24)
    week = sum(count for hour, count in hours.items() if HOUR - 192 < hour <= HOUR - 24)
    return True, 7 * day - week


def _page(project: Project, cursor: str | None, limit: int) -> Page:
    return list_issues(
        projects=[project],
        filter=parse(""),
        sort=Sort.TREND,
        cursor=cursor,
        limit=limit,
        user=None,
        graph=None,
        now=NOW,
    )


@pytest.mark.parametrize("limit", [25, 100])
def test_pages_by_trend_hold_every_issue_in_its_place(
    project: Project, hours: dict[int, dict[int, int]], limit: int
) -> None:
    page = _page(project, None, limit)
    there = [page]
    while page.next_cursor:
        page = _page(project, page.next_cursor, limit)
        there.append(page)
    numbers = [row.number for one in there for row in one.rows]
    # The ids of issues rise with their numbers.
    expected = sorted(hours, key=lambda n: (_trend(hours[n]), n), reverse=True)
    assert numbers == expected
    for before in reversed(there[:-1]):
        page = _page(project, page.previous_cursor, limit)
        assert [row.number for row in page.rows] == [row.number for row in before.rows]
