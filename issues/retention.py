"""Keeps the days of the events table: makes those to come, drops those too old."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from issues import (
    attachments,
    dictionaries,
    partitions,
    projecthours,
    releasecounts,
    reports,
    store,
)
from issues.locks import drop_days, hold_shard
from projects.hours import hour_of
from releases import retention as releases

_log = logging.getLogger(__name__)

# Days made before they begin, so that three days without beat cost nothing.
_DAYS_AHEAD = 3

# Graphs may look back this much further than the events themselves.
_HOURS_KEPT_DAYS = 90

# A dictionary lives on after its successor was trained for as long as events that
# need it are kept, and for what a worker may remember.
_DICTIONARY_MARGIN_DAYS = 2

# How long a drop waits for the digests to end their drains, and then for the pages
# that are reading; new pages queue behind it meanwhile.
_WAIT_FOR_DIGESTS = "30s"
_WAIT_FOR_READERS = "500ms"
_TRIES = 5
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keep_partitions did."""

    created: list[date]
    dropped: list[date]
    # Days that stayed because somebody read them all the time; tried again later.
    postponed: list[date]
    # Deleted rows.
    hours: int
    dictionaries: int
    attachments: int
    reports: int
    releases: releases.Kept


def keep_partitions(now: datetime | None = None) -> Kept:
    """Makes today and the days ahead, drops what is older than RETENTION_DAYS."""
    now = now or timezone.now()
    today = now.astimezone(UTC).date()
    created = partitions.ensure(
        today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD + 1)
    )
    oldest = today - timedelta(days=settings.RETENTION_DAYS)
    expired = [day for day in partitions.existing() if day < oldest]
    dropped = [day for day in expired if _drop_patiently(day)]
    postponed = [day for day in expired if day not in dropped]
    if dropped:
        store.forget_everything()
    return Kept(
        created=created,
        dropped=dropped,
        postponed=postponed,
        hours=_delete_hours(now),
        dictionaries=_forget_dictionaries(now),
        attachments=_remove_files(now, before=min([oldest, *postponed])),
        reports=_delete_reports(now),
        releases=releases.keep(now),
    )


def _drop_patiently(day: date) -> bool:
    """Drops the day unless readers leave no gap in several tries."""
    for _ in range(_TRIES):
        try:
            _drop(day)
        except OperationalError as error:
            _log.info("day %s is in use, its drop waits: %s", day, error)
            time.sleep(_PAUSE_S)
        else:
            return True
    _log.warning("day %s is still in use: its drop is tried again later", day)
    return False


# What the day's rows say, in the order of issues. Parameter: the day's table.
_COLLECT = (
    """
    CREATE TEMP TABLE expiring_issue ON COMMIT DROP AS
    SELECT issue_id, count(*) AS events FROM {events} GROUP BY 1
    """,
    """
    CREATE TEMP TABLE expiring_hour ON COMMIT DROP AS
    SELECT issue_id, floor(extract(epoch FROM "timestamp") / 3600)::int4 AS hour,
           count(*)::int4 AS events
    FROM {events} GROUP BY 1, 2
    """,
    """
    CREATE TEMP TABLE expiring_user ON COMMIT DROP AS
    SELECT DISTINCT issue_id, user_id FROM {events} WHERE user_id IS NOT NULL
    """,
    """
    CREATE TEMP TABLE expiring_tag ON COMMIT DROP AS
    SELECT issue_id, tag_id, count(*)::int4 AS events
    FROM {events}, unnest(tag_ids) AS tag_id GROUP BY 1, 2
    """,
    "CREATE INDEX ON expiring_tag (issue_id, tag_id)",
    releasecounts.EXPIRING,
    projecthours.EXPIRING,
    "ANALYZE expiring_issue, expiring_hour, expiring_user, expiring_tag",
)

# Of merged issues the day counts for what keeps a source's own counts, and for the
# survivor: see FamilyMember. Once digests wait, so that nobody merges meanwhile.
# Parameters: what of the day, its columns without the issue, and how they are summed.
_OF_OWN = """
UPDATE {expiring} AS e SET issue_id = m.counter_id
FROM issues_familymember AS m
WHERE e.issue_id = m.source_id AND m.counter_id <> m.source_id
"""
_OF_SURVIVORS = """
INSERT INTO {expiring} (issue_id, {columns})
SELECT m.survivor_id, {summed}
FROM {expiring} AS e JOIN issues_familymember AS m ON m.counter_id = e.issue_id
GROUP BY 1 {grouped}
"""
_SUMMED = (
    ("expiring_issue", "events", "sum(events)", ""),
    ("expiring_hour", "hour, events", "hour, sum(events)", ", 2"),
    ("expiring_user", "user_id", "user_id", ", 2"),
    ("expiring_tag", "tag_id, events", "tag_id, sum(events)", ", 2"),
)

_LOCK_STATES = """
SELECT s.issue_id FROM issues_issuestate AS s JOIN expiring_issue USING (issue_id)
ORDER BY s.issue_id FOR UPDATE OF s
"""

_COUNT_OFF = (
    """
    UPDATE issues_issuestate AS s SET expired_count = s.expired_count + e.events
    FROM expiring_issue AS e WHERE s.issue_id = e.issue_id
    """,
    """
    UPDATE issues_hourcount AS h SET expired_count = h.expired_count + e.events
    FROM expiring_hour AS e WHERE h.issue_id = e.issue_id AND h.hour = e.hour
    """,
    """
    UPDATE issues_issueuser AS u SET has_expired = true
    FROM expiring_user AS e
    WHERE u.issue_id = e.issue_id AND u.user_id = e.user_id AND NOT has_expired
    """,
    """
    UPDATE issues_issuetags AS t SET expired_counts = (
        SELECT array_agg(coalesce(expired, 0) + coalesce(e.events, 0) ORDER BY place)
        FROM unnest(t.tag_ids, t.expired_counts)
             WITH ORDINALITY AS entry (tag_id, expired, place)
        LEFT JOIN expiring_tag AS e
            ON e.issue_id = t.issue_id AND e.tag_id = entry.tag_id
    )
    WHERE t.issue_id IN (SELECT issue_id FROM expiring_tag)
    """,
    *releasecounts.COUNT_OFF,
    projecthours.COUNT_OFF,
)


def _drop(day: date) -> None:
    """Counts the day's events off and drops them, in one transaction.

    Raises OperationalError when a lock was not to be had in time; nothing has
    changed then.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_DIGESTS}'")
        # Another run may have dropped it meanwhile.
        drop_days()
        if day not in partitions.existing():
            return
        _collect(cursor, f"issues_event_{day:%Y%m%d}")
        # From here to the commit no digest moves a count.
        for shard in range(settings.SHARDS):
            hold_shard(shard)
        _count_off_collected(cursor)
        cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_READERS}'")
        partitions.drop(day)


def count_off(cursor: CursorWrapper, events: str) -> None:
    """Counts the events of a table off before its caller deletes them.

    The table has the columns of issues_event; its caller holds the days, the lock of
    the events' shard and a transaction.
    """
    for statement in _COLLECT:
        cursor.execute(statement.format(events=events))
    _count_off_collected(cursor)


def _count_off_collected(cursor: CursorWrapper) -> None:
    _count_for_families(cursor)
    cursor.execute(_LOCK_STATES)
    for statement in _COUNT_OFF:
        cursor.execute(statement)


def _collect(cursor: CursorWrapper, events: str) -> None:
    """Sums the day up while digests go on: this costs most."""
    cursor.execute(f"LOCK TABLE {events} IN SHARE MODE")
    for statement in _COLLECT:
        cursor.execute(statement.format(events=events))


def _count_for_families(cursor: CursorWrapper) -> None:
    """Turns the sums by source into those of the issues that count them."""
    for expiring, columns, summed, grouped in _SUMMED:
        cursor.execute(_OF_OWN.format(expiring=expiring))
        cursor.execute(
            _OF_SURVIVORS.format(
                expiring=expiring, columns=columns, summed=summed, grouped=grouped
            )
        )


def _delete_hours(now: datetime) -> int:
    """Deletes the hours that no graph reaches and no stored event counts in."""
    oldest = now - timedelta(days=settings.RETENTION_DAYS + _HOURS_KEPT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(projecthours.FORGET, [hour_of(oldest)])
        cursor.execute(
            "DELETE FROM issues_hourcount WHERE hour < %s AND count = expired_count",
            [hour_of(oldest)],
        )
        return int(cursor.rowcount)


def _forget_dictionaries(now: datetime) -> int:
    margin = timedelta(days=settings.RETENTION_DAYS + _DICTIONARY_MARGIN_DAYS)
    return dictionaries.forget_unused(now - margin)


def _remove_files(now: datetime, *, before: date) -> int:
    return attachments.expire(before) + attachments.settle_waiting(now)


def _delete_reports(now: datetime) -> int:
    return reports.expire(now - timedelta(days=settings.RETENTION_DAYS))
