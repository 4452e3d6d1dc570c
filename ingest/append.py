"""The edge's one call to Valkey: limit, append, count and wake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings

from ingest import limits, stream, wakeup
from ingest.valkey import Script, Valkey, ValkeyError
from projects.keys import KeyInfo

FULL_RETRY_AFTER_S = 10
AWAY_RETRY_AFTER_S = 5

_FULL = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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
# ARGV: weight, bound, events per window (0: no limit), window in s, flag's life in s,
# message, and the entry's fields and values.
# XADD is the first write: where Valkey refuses to write, nothing was counted.
_APPEND = Script(
    limits.LUA
    + """
local held = tonumber(redis.call('GET', KEYS[2]) or 0)
if held > 0 and held + tonumber(ARGV[1]) > tonumber(ARGV[2]) then
  return -1
end
local counter
if ARGV[3] ~= '0' then
  local wait_s
  wait_s, counter = over_limit(KEYS[5], tonumber(ARGV[3]), tonumber(ARGV[4]))
  if wait_s > 0 then
    return wait_s
  end
end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 7))
redis.call('INCRBY', KEYS[2], ARGV[1])
if counter then
  count_event(counter, tonumber(ARGV[4]))
end
if redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then
  local message = string.gsub(ARGV[6], '"""
    + wakeup.ID_PLACEHOLDER
    + """', KEYS[1] .. ':' .. id)
  redis.call('LPUSH', KEYS[4], message)
end
return 0
"""
)


class _Shard:
    """What every append to one shard sends along."""

    def __init__(self, shard: int) -> None:
        self.stream, self.bytes, self.awake = stream.names(shard)
        self.queue = settings.CELERY_TASK_DEFAULT_QUEUE
        self.message = wakeup.wake_message(shard, self.queue)
        # The bound is of all shards together.
        self.max_bytes = settings.STREAM_MAX_BYTES // settings.SHARDS


class Appender:
    """The edge's end of the streams."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._shards = [_Shard(shard) for shard in range(settings.SHARDS)]

    async def append(
        self, entry: stream.Entry, key: KeyInfo, *, is_event: bool
    ) -> None:
        """Appends the entry and wakes its digest, in one call to Valkey.

        `is_event` says whether the key's rate limit is about it. Once this returns
        the entry is as durable as Valkey is. Raises RateLimited; and
        StreamUnavailable, after which the entry may all the same have been appended.
        """
        try:
            result = await self._call(entry, key, is_event)
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

    async def _call(self, entry: stream.Entry, key: KeyInfo, is_event: bool) -> int:
        shard = self._shards[stream.shard_of(entry.project_id)]
        result: int = await self._valkey.run(
            _APPEND,
            shard.stream,
            shard.bytes,
            shard.awake,
            shard.queue,
            limits.limit_prefix(key.key_id),
            stream.weight_of(entry),
            shard.max_bytes,
            key.rate_limit_count if is_event else 0,
            key.rate_limit_window_s,
            stream.WAKE_S,
            shard.message,
            *_fields(entry),
            keys=5,
        )
        return result


def _fields(entry: stream.Entry) -> tuple[str | bytes | int, ...]:
    """Always the same names in the same order: the stream then keeps them once."""
    return (
        "project",
        entry.project_id,
        "key",
        entry.key_id,
        "at",
        (entry.received_at - _EPOCH) // _MICROSECOND,
        "kind",
        entry.kind,
        "encoding",
        entry.encoding,
        "id",
        entry.event_id,
        "client",
        entry.client,
        "ip",
        entry.remote_ip,
        "agent",
        entry.user_agent,
        "body",
        entry.body,
    )
