"""The way of entries that did not go through: each is tried alone, and judged.

Whose failure it is decides what becomes of it. A server that is away says nothing of
the entries: all of them wait. An entry that cannot be digested, or that ends whoever
tries it, is poison.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import psycopg
import redis
import structlog
from django.db import Error as DatabaseError
from django.db import connection

from ingest import committed, poison
from ingest.poison import Failure, Trials
from ingest.stream import Entry, ShardStream

log = structlog.get_logger(__name__)

# Digests an entry alone, and gives the events stored.
Digest = Callable[[Entry], int]

# Where claiming begins, and what it says when there is no more.
_FROM_START = b"0-0"

# Classes of PostgreSQL's errors that are about the server and not about what it was
# given: connection, rollback by others, resources, state, intervention, system.
# Source: PostgreSQL 18, appendix A.
_OF_THE_SERVER = frozenset({"08", "40", "53", "55", "57", "58"})


def is_server_away(error: Exception) -> bool:
    """Whether a server is why it failed, so that another time may do."""
    if isinstance(error, redis.RedisError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state is None:
        return not connection.is_usable()
    return state[:2] in _OF_THE_SERVER


def take_over(stream: ShardStream, trials: Trials, digest: Digest) -> int:
    """Digests what was read before and is still there, entry by entry.

    Under the shard's lock that is what failed, and what a dead sibling had read. What
    that one had committed, too, is only acknowledged. Gives the events stored.
    """
    return try_alone(stream, _left_behind(stream), trials, digest)


def try_alone(
    stream: ShardStream, entries: Iterable[Entry], trials: Trials, digest: Digest
) -> int:
    """Digests entries one by one, so that one which fails fails alone.

    Gives the events stored. Raises what says that a server is away.
    """
    stored = succeeded = 0
    failures: list[Failure] = []
    try:
        for entry in entries:
            try:
                stored += digest(entry)
                succeeded += 1
            except Exception as error:
                if is_server_away(error):
                    _excuse(stream, entry)
                    raise
                log.exception("entry failed", shard=stream.shard, entry=entry.stream_id)
                failures.append(Failure(entry, error))
    finally:
        trials.note(succeeded=succeeded, failures=failures)
    return stored


def _left_behind(stream: ShardStream) -> Iterator[Entry]:
    """Entries that were read and never acknowledged, as far as they may be tried.

    Each is claimed only when it is its turn: a delivery counts for it alone.
    """
    done: set[str] | None = None
    after = _FROM_START
    while True:
        claimed, after = stream.claim_pending(after, 1)
        if claimed and done is None:
            # All of it before the next commit, which takes its place.
            done = _acknowledge_committed(stream)
        for entry in claimed:
            if entry.stream_id in (done or ()):
                continue
            if poison.is_killer(entry) and poison.set_aside_killer(stream, entry):
                continue
            yield entry
        if after == _FROM_START:
            return


def _acknowledge_committed(stream: ShardStream) -> set[str]:
    batch = committed.last(stream.shard)
    stream.acknowledge_ids(batch)
    return {stream_id for stream_id, _ in batch}


def _excuse(stream: ShardStream, entry: Entry) -> None:
    """Takes back a delivery that ended because a server was away.

    Not where it took PostgreSQL's process with it: that may be the entry's doing.
    """
    if connection.is_usable():
        with contextlib.suppress(redis.RedisError):
            stream.uncount([entry])
