"""The edge's one call to Valkey: limit, append, count and wake."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from ingest import stream, totals, wakeup
from ingest.limits import LIMITS_OPEN, LUA
from ingest.stream import Entry
from ingest.valkey import Script, Valkey, ValkeyError
from projects.limits import Limit, LimitReason

# Larger bodies are sent one after another: their copies on the way to Valkey would
# take its connection's bound, and the process's memory, from all others.
LARGE_BYTES = 2**20
FULL_RETRY_AFTER_S = 10
AWAY_RETRY_AFTER_S = 5

_LIMITS_OPEN = 1
_FULL = -1


class StreamUnavailable(Exception):
    """The entry was not accepted; `retry_after_s` says when to try again."""

    def __init__(self, text: str, *, retry_after_s: int) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


_TEXTS = {
    LimitReason.KEY: "the project key has reached its rate limit",
    LimitReason.PROJECT: "the project has reached its rate limit",
    LimitReason.ORGANIZATION: "the organization has reached its rate limit",
    LimitReason.SPIKE: "the project sends far more than is usual for it",
}


class RateLimited(Exception):
    """A limit has had its events; `retry_after_s` says when it takes one more."""

    def __init__(self, reason: LimitReason, retry_after_s: int) -> None:
        super().__init__(f"{_TEXTS[reason]}, try again in {retry_after_s} s")
        self.reason = reason
        self.retry_after_s = retry_after_s


# KEYS: stream, bytes, awake, Celery's queue.
# ARGV: the entry's head and body, its project, then each limit's counter, events and
# window in s.
# Limits that cannot be checked are open, and the entry's head says so.
_APPEND = """
local weight = #ARGV[2] + {overhead}
local held = tonumber(redis.call('GET', KEYS[2]) or 0)
if held > 0 and held + weight > {max_bytes} then
  return -1
end
local head, is_open = ARGV[1], 0
if #ARGV > 3 then
  local is_checked, wait_s, place = pcall(count_event, 4)
  if not is_checked then
    head, is_open = string.sub(head, 1, -2) .. ',"limits_open":true}}', 1
  elseif wait_s > 0 then
    mark_limited(ARGV[3], ARGV[4 + 3 * place], wait_s)
    return {{wait_s, place}}
  end
end
local id = redis.call('XADD', KEYS[1], '*', 'head', head, 'body', ARGV[2])
redis.call('INCRBY', KEYS[2], weight)
if redis.call('SET', KEYS[3], '1', 'NX', 'EX', {wake_s}) then
  local message = string.gsub([==[{message}]==], '{placeholder}', KEYS[1] .. ':' .. id)
  redis.call('LPUSH', KEYS[4], message)
end
return is_open
"""


class _Shard:
    """The script that appends to one shard, and its keys."""

    def __init__(self, shard: int) -> None:
        queue = settings.CELERY_TASK_DEFAULT_QUEUE
        self.keys = (*stream.names(shard), queue)
        # What never changes is part of the script: sent along it would cost more
        # than the entry's own fields.
        self.append = Script(
            LUA
            + _APPEND.format(
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

    async def append(self, entry: Entry, limits: Sequence[Limit] = ()) -> None:
        """Appends the entry and wakes its digest, in one call to Valkey.

        `limits` are those that the entry is under. Once this returns the entry is as
        durable as Valkey is. Raises RateLimited; and StreamUnavailable, after which
        the entry may all the same have been appended.
        """
        try:
            if len(entry.body) > LARGE_BYTES:
                async with self._large:
                    result = await self._run(entry, limits)
            else:
                result = await self._run(entry, limits)
        except ValkeyError as error:
            raise StreamUnavailable(
                "the event queue cannot be reached", retry_after_s=AWAY_RETRY_AFTER_S
            ) from error
        if result == _FULL:
            raise StreamUnavailable(
                "the event queue is full", retry_after_s=FULL_RETRY_AFTER_S
            )
        if result == _LIMITS_OPEN:
            totals.add(LIMITS_OPEN)
        elif result:
            wait_s, place = result
            raise RateLimited(limits[place].reason, wait_s)

    async def _run(self, entry: Entry, limits: Sequence[Limit]) -> Any:
        shard = self._shards[stream.shard_of(entry.project_id)]
        told: list[str | int] = []
        for limit in limits:
            told += limit.counter, limit.count, limit.window_s
        return await self._valkey.run(
            shard.append,
            *shard.keys,
            stream.encode_head(entry),
            entry.body,
            entry.project_id,
            *told,
            keys=4,
        )
