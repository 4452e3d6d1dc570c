"""Recomputes every derived figure from the stored events, and mends what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from issues import attachments, projecthours, releasecounts
from issues import repair_sql as sql
from issues.locks import shard_lock
from issues.merging import checks
from issues.models import Issue

# Differences told one by one; beyond them only the number grows.
DETAILS = 1000

# Issues mended under one hold of a shard's lock, while its digest waits.
_MEND_ISSUES = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what the stored events say."""

    figure: str
    project_id: int
    # 0 for figures of releases and of a project's hours.
    issue_id: int
    # Which of the figure's parts: an hour since 1970, a user's or a tag's id; of a
    # release its version, environment and hour; of a project's hour its level, too.
    part: str
    # None: no such row.
    was: str | None
    should_be: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    differences: int
    mended: int
    # The first DETAILS of the differences.
    details: tuple[Difference, ...]
    # Files that attachments name and the storage has not: nothing can mend these.
    missing_files: tuple[str, ...]


def repair(*, dry_run: bool = False) -> Report:
    """Compares every issue with its stored events and, unless dry, mends it.

    Comparing reads one snapshot and holds nobody up. Mending recomputes the issues
    that differ under their shard's lock, so that counts cannot move underneath.
    """
    with _snapshot() as cursor:
        _compare(cursor, issue_ids=None)
        releasecounts.compare(cursor, project_ids=None)
        projecthours.compare(cursor)
        cursor.execute(sql.ORPHANS)
        differences = _count_differences(cursor)
        details = _read_details(cursor)
        suspects = _read_suspects(cursor)
        projects = _read_projects(cursor)
    mended = 0
    if not dry_run and differences:
        mended = sum(_mend(shard, ids) for shard, ids in _chunks(suspects))
        mended += sum(_mend_project(project_id) for project_id in projects)
        mended += _mend_orphans()
    return Report(
        differences=differences,
        mended=mended,
        details=details,
        missing_files=tuple(attachments.missing_files()),
    )


@contextmanager
def _snapshot() -> Iterator[CursorWrapper]:
    """A transaction that sees one moment, in which counts and events agree."""
    is_nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        # Before the first query, which fixes the moment: a day dropped after it
        # would be missing from the rows but not yet from the counts.
        cursor.execute("LOCK TABLE issues_event IN ACCESS SHARE MODE")
        yield cursor


def _compare(cursor: CursorWrapper, *, issue_ids: list[int] | None) -> None:
    """Fills repair_difference for all issues, or for these."""
    _read_rows(cursor, issue_ids=issue_ids)
    for statement in (*sql.GATHER, *sql.COMPARE, *checks.COMPARE):
        cursor.execute(statement)


def _read_rows(cursor: CursorWrapper, *, issue_ids: list[int] | None) -> None:
    """Copies what all comparing reads: the events of these issues, or of all."""
    cursor.execute(sql.CLEAR)
    cursor.execute(sql.SCOPE, {"issue_ids": issue_ids})
    for statement in sql.READ:
        cursor.execute(statement)


def _count_differences(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT count(*) FROM repair_difference")
    return int(cursor.fetchone()[0])


def _read_details(cursor: CursorWrapper) -> tuple[Difference, ...]:
    cursor.execute(sql.DETAILS, [DETAILS])
    return tuple(Difference(*row) for row in cursor.fetchall())


def _read_suspects(cursor: CursorWrapper) -> dict[int, list[int]]:
    """The ids of the issues that differ, in order, by project."""
    cursor.execute(sql.SUSPECTS)
    suspects: dict[int, list[int]] = defaultdict(list)
    for project_id, issue_id in cursor.fetchall():
        suspects[project_id].append(issue_id)
    return suspects


def _read_projects(cursor: CursorWrapper) -> list[int]:
    """The ids of the projects of whose hours or releases something differs."""
    cursor.execute(sql.SUSPECT_PROJECTS)
    return [project_id for (project_id,) in cursor.fetchall()]


def _chunks(suspects: dict[int, list[int]]) -> Iterable[tuple[int, list[int]]]:
    """Shards with issue ids to mend at once."""
    for project_id, ids in sorted(suspects.items()):
        for start in range(0, len(ids), _MEND_ISSUES):
            yield project_id % settings.SHARDS, ids[start : start + _MEND_ISSUES]


def _mend(shard: int, issue_ids: list[int]) -> int:
    """Mends these issues; gives how many differences there really were."""
    with (
        shard_lock(shard, wait=True),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        # Triage locks states in the same order.
        cursor.execute(sql.LOCK_STATES, [issue_ids])
        _compare(cursor, issue_ids=issue_ids)
        found = _count_differences(cursor)
        if found:
            for statement in (*sql.MEND, *checks.MEND):
                cursor.execute(statement)
            checks.make_whole(issue_ids)
    return found


def _mend_project(project_id: int) -> int:
    """Mends the project's hours and releases; gives how many differences there really
    were."""
    with (
        shard_lock(project_id % settings.SHARDS, wait=True),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        issues = Issue.objects.filter(project=project_id)
        _read_rows(cursor, issue_ids=list(issues.values_list("pk", flat=True)))
        releasecounts.compare(cursor, project_ids=[project_id])
        projecthours.compare(cursor)
        found = _count_differences(cursor)
        if found:
            releasecounts.mend(cursor)
            projecthours.mend(cursor)
    return found


def _mend_orphans() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLEAR)
        cursor.execute(sql.ORPHANS)
        found = _count_differences(cursor)
        for statement in sql.MEND_ORPHANS:
            cursor.execute(statement)
    return found
