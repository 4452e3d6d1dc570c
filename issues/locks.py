"""The order in which everybody takes locks, and those that are not of one table.

Whoever takes several locks takes them in this order, and leaves out what he does not
need; of several of a kind he takes all at once, by their ids:

1. an operation's row, to undo it,
2. the days of events (`hold_days`, `drop_days`),
3. a run of regrouping,
4. shards (`shard_lock`, `hold_shard`, `hold_shards`),
5. monitors, then their environments,
6. states of issues (`lock_states`), with those of their families where they change,
7. what hangs on issues, and everything else.

So nobody waits for whoever waits for him. Locks that never wait need no place: that of
one who works on a run, and an operation's chunk, which another worker skips. A worker
adds to an operation's row last: who undoes such an operation waits for nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from issues.models import IssueState

# The first of the two numbers of PostgreSQL's advisory locks; the second is the shard.
SHARD_CLASS = 7410
# The second is the run of regrouping that somebody works on: see issues.regrouping.
RUN_CLASS = 7413
# Shared by whoever moves or deletes stored events, alone with who drops a day.
_DAYS = 7412


@contextmanager
def shard_lock(shard: int, *, wait: bool) -> Iterator[bool]:
    """Holds the shard's lock on this thread's connection; gives whether it got it.

    PostgreSQL frees the lock when the connection ends, so that no killed process
    leaves one behind. Not waiting, it gives False while another holds the lock.
    """
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [SHARD_CLASS, shard])
            is_held = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SHARD_CLASS, shard])
            is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        # A broken connection has freed the lock already.
        if is_held and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)", [SHARD_CLASS, shard]
                )


def hold_shard(shard: int) -> None:
    """Waits for the shard's lock and holds it to the end of the transaction.

    For changes within a transaction of others, after which no digest may have seen
    less than all of it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SHARD_CLASS, shard])


def hold_shards(project_ids: Iterable[int]) -> None:
    """As `hold_shard`, those of these projects."""
    for shard in sorted({project % settings.SHARDS for project in project_ids}):
        hold_shard(shard)


def hold_days() -> None:
    """No day of events is dropped until the transaction ends.

    Dropping one locks out whoever writes to it, and waits for all shards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_DAYS])


def drop_days() -> None:
    """Waits until nobody moves or deletes events, nor drops another day, and has
    nobody do so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DAYS])


def lock_states(issue_ids: Collection[int]) -> None:
    """Locks the states of these issues, until the transaction ends."""
    rows = IssueState.objects.filter(issue__in=issue_ids).order_by("issue_id")
    list(rows.select_for_update().values_list("pk"))
