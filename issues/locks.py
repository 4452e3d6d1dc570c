"""Who may change an issue's counts: one digest, or one repair, of a shard at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# The first of the two numbers of PostgreSQL's advisory locks; the second is the shard.
SHARD_CLASS = 7410


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
    less than all of it. To be taken before any lock of a row that a digest locks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SHARD_CLASS, shard])
