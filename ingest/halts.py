"""Which shards halt, for the health check to tell.

Redis key:
    errtrack:halted:<shard>   string, since when (Unix time); KNOWN_S after the last
                              drain that halted
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import redis

from projects import valkey

# The safety net wakes a shard more often than that.
KNOWN_S = 60

# Shards of which this process has said so.
_noted: set[int] = set()


def note(shard: int) -> None:
    """Says so, if Valkey takes it."""
    _noted.add(shard)
    client = valkey.blocking()
    with contextlib.suppress(redis.RedisError):
        client.set(_name(shard), f"{time.time():.0f}", nx=True)
        client.expire(_name(shard), KNOWN_S)


def clear(shard: int) -> None:
    """The shard goes on."""
    if shard in _noted:
        _noted.discard(shard)
        with contextlib.suppress(redis.RedisError):
            valkey.blocking().delete(_name(shard))


def halted_since(shard: int) -> datetime | None:
    """None for a shard that goes on. Raises redis.RedisError."""
    since = valkey.blocking().get(_name(shard))
    if not isinstance(since, bytes):
        return None
    return datetime.fromtimestamp(int(since), UTC)


def _name(shard: int) -> str:
    return f"errtrack:halted:{shard}"
