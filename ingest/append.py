"""The edge's one call to Valkey: limit, append, count and wake."""

from __future__ import annotations

import asyncio

from django.conf import settings

from ingest import limits, stream, wakeup
from ingest.stream import Entry
from ingest.valkey import Script, Valkey, ValkeyError
from projects.keys import KeyInfo

# Larger bodies are sent one after another: their copies on the way to Valkey would
# take its connection's bound, and the process's memory, from all others.
LARGE_BYTES = 2**20
FULL_RETRY_AFTER_S = 10
AWAY_RETRY_AFTER_S = 5

_FULL = -1


class StreamUnavailable(Exception):
    """The entry was not accepted; `retry_after_s` says when to try again."""

    def __init__(self, text: str, *, retry_after_s: int) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class RateLimited(Exception):
    """The key has had its events; `retry_after_s` says when it may send one more."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"rate limit reached, try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


# KEYS: stream, bytes, awake, Celery's queue, prefix of the limit's counters.
# ARGV: events per window (0: no limit), window in s, the entry's head and body.
# XADD is the first write: where Valkey refuses to write, nothing was counted.
_APPEND = (
    limits.LUA
    + """
local weight = #ARGV[4] + {overhead}
local held = tonumber(redis.call('GET', KEYS[2]) or 0)
if held > 0 and held + weight > {max_bytes} then
  return -1
end
local counter
if ARGV[1] ~= '0' then
  local wait_s
  wait_s, counter = over_limit(KEYS[5], tonumber(ARGV[1]), tonumber(ARGV[2]))
  if wait_s > 0 then
    return wait_s
  end
end
local id = redis.call('XADD', KEYS[1], '*', 'head', ARGV[3], 'body', ARGV[4])
redis.call('INCRBY', KEYS[2], weight)
if counter then
  count_event(counter, tonumber(ARGV[2]))
end
if redis.call('SET', KEYS[3], '1', 'NX', 'EX', {wake_s}) then
  local message = string.gsub([==[{message}]==], '{placeholder}', KEYS[1] .. ':' .. id)
  redis.call('LPUSH', KEYS[4], message)
end
return 0
"""
)


class _Shard:
    """The script that appends to one shard, and its keys."""

    def __init__(self, shard: int) -> None:
        queue = settings.CELERY_TASK_DEFAULT_QUEUE
        self.keys = (*stream.names(shard), queue)
        # What never changes is part of the script: sent along it would cost more
        # than the entry's own fields.
        self.append = Script(
            _APPEND.format(
                overhead=stream.ENTRY_OVERHEAD_BYTES,
                # The bound is of all shards together.
                max_bytes=settings.STREAM_MAX_BYTES // settings.SHARDS,
                wake_s=stream.WAKE_S,
                message=wakeup.wake_message(shard, queue),
                placeholder=wakeup.ID_PLACEHOLDER,
            )
        )


class Appender:
    """The edge's end of the streams."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._shards = [_Shard(shard) for shard in range(settings.SHARDS)]
        self._large = asyncio.Lock()

    async def append(self, entry: Entry, key: KeyInfo, *, is_event: bool) -> None:
        """Appends the entry and wakes its digest, in one call to Valkey.

        `is_event` says whether the key's rate limit is about it. Once this returns
        the entry is as durable as Valkey is. Raises RateLimited; and
        StreamUnavailable, after which the entry may all the same have been appended.
        """
        try:
            if len(entry.body) > LARGE_BYTES:
                async with self._large:
                    result = await self._run(entry, key, is_event)
            else:
                result = await self._run(entry, key, is_event)
        except ValkeyError as error:
            raise StreamUnavailable(
                "the event queue cannot be reached", retry_after_s=AWAY_RETRY_AFTER_S
            ) from error
        if result == _FULL:
            raise StreamUnavailable(
                "the event queue is full", retry_after_s=FULL_RETRY_AFTER_S
            )
        if result:
            raise RateLimited(result)

    async def _run(self, entry: Entry, key: KeyInfo, is_event: bool) -> int:
        shard = self._shards[stream.shard_of(entry.project_id)]
        result: int = await self._valkey.run(
            shard.append,
            *shard.keys,
            limits.counter_prefix(key.key_id),
            key.rate_limit_count if is_event else 0,
            key.rate_limit_window_s,
            stream.encode_head(entry),
            entry.body,
            keys=5,
        )
        return result
