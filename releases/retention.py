"""Keeps what is counted of sessions within its days, and its users within bounds."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from projects.hours import hour_of
from projects.partitions import DailyTables
from projects.postgres import run
from releases import partitions, sql
from releases.models import Release
from releases.session import last_hash_of

_log = logging.getLogger(__name__)

# Updates of sessions that began more than five days ago are refused; a day more for
# clocks and for entries that waited, and one for the day that is under way.
STATE_DAYS = 7

# Users of a day, of a release in an environment, that are kept one by one. Beyond,
# half of them go until they are fewer, chosen by their hashes: an estimate from 5,000
# or more is off by 1.4 % or less two times in three.
USERS_A_DAY = 10_000

# Days made before they begin, so that three days without beat cost nothing.
_DAYS_AHEAD = 3

# How long a drop waits for those who read or write; new ones queue behind it.
_WAIT = "500ms"
_TRIES = 5
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keep did."""

    # Days dropped: of sessions' states, and of users.
    states: list[date]
    users: list[date]
    # Deleted rows.
    hours: int
    thinned_users: int
    # Of deleted projects, and of no other.
    releases: int


def keep(now: datetime | None = None) -> Kept:
    """Makes the days ahead, drops what is past its time, and thins out users."""
    now = now or timezone.now()
    today = now.astimezone(UTC).date()
    days = max(settings.RETENTION_DAYS, STATE_DAYS)
    for tables in (partitions.states, partitions.users):
        tables.ensure(today + timedelta(days=n) for n in range(_DAYS_AHEAD + 1))
    oldest = today - timedelta(days=days)
    return Kept(
        states=_drop_before(partitions.states, today - timedelta(days=STATE_DAYS)),
        users=_drop_before(partitions.users, oldest),
        hours=_delete_hours(now - timedelta(days=days), oldest),
        thinned_users=_thin_users(today),
        releases=_delete_releases_of_nobody(),
    )


def forget_project(project_id: int) -> None:
    """Deletes what no table that Django manages holds of the project."""
    with connection.cursor() as cursor:
        for table in ("releases_sessionstate", "releases_releaseuser"):
            cursor.execute(f"DELETE FROM {table} WHERE project_id = %s", [project_id])


def _drop_before(tables: DailyTables, oldest: date) -> list[date]:
    """Drops the days before that one; gives those that nobody was reading."""
    expired = [day for day in tables.existing() if day < oldest]
    return [day for day in expired if _drop_patiently(tables, day)]


def _drop_patiently(tables: DailyTables, day: date) -> bool:
    for _ in range(_TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
                tables.drop(day)
        except OperationalError as error:
            _log.info("day %s is in use, its drop waits: %s", day, error)
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _delete_hours(before: datetime, oldest: date) -> int:
    """Deletes the hours of which nothing is stored that they count."""
    run("DELETE FROM releases_usersample WHERE day < %s", oldest)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM releases_releasehour WHERE hour < %s"
            " AND events = expired_events",
            [hour_of(before)],
        )
        return int(cursor.rowcount)


def _delete_releases_of_nobody() -> int:
    """Deletes those whose projects are all gone: none is made without one."""
    with transaction.atomic():
        gone = Release.objects.filter(memberships__isnull=True)
        return gone.delete()[1].get(Release._meta.label, 0)


def _thin_users(today: date) -> int:
    """Halves the users of the days that have too many, until they are few enough.

    Users that come later and would have been left out are deleted here, too: the
    digest writes each, and readers take those of the sample only.
    """
    first = today - timedelta(days=STATE_DAYS)
    crowded = run(sql.CROWDED_DAYS, first, USERS_A_DAY)
    for environment_id, day, project_id, count, level in crowded:
        while count > USERS_A_DAY:
            level += 1
            last = last_hash_of(level)
            count = run(sql.COUNT_SAMPLE, environment_id, day, last)[0][0]
        run(sql.PUT_SAMPLE, project_id, environment_id, day, level)
    with connection.cursor() as cursor:
        cursor.execute(sql.DELETE_BEYOND_SAMPLES, [first])
        return int(cursor.rowcount)
