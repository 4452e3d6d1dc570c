"""The edge's one call to Valkey: limit, append, count and wake; else the spool.

Redis key:
    errtrack:spool:<segment>   integer, up to which byte a segment of a spool has been
                               appended, written with each of its entries; until the
                               segment is through, or PROGRESS_S
    errtrack:again:<token>     string, set with an entry that is appended again; for
                               PROGRESS_S
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from msgspec.structs import replace

from ingest import stream, totals, wakeup
from ingest.limits import LIMITS_OPEN, LUA
from ingest.spool import Spool, SpoolUnavailable
from ingest.spoolfile import Record, Segment
from ingest.stream import Entry
from ingest.valkey import (
    Large,
    Script,
    Valkey,
    ValkeyError,
    ValkeyLost,
    ValkeyReplyError,
)
from projects import valkey
from projects.limits import Limit, LimitReason

# Larger bodies are sent one after another: their copies on the way to Valkey would
# take its connection's bound, and the process's memory, from all others.
LARGE_BYTES = 2**20
FULL_RETRY_AFTER_S = 10
AWAY_RETRY_AFTER_S = 5

PROGRESS = "errtrack:spool:"
_AGAIN = "errtrack:again:"
PROGRESS_S = 30 * 86_400

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


# What both ways into the stream have in common, for `weight` bytes in `body`.
_HAS_ROOM = """
local weight = #body + {overhead}
local held = tonumber(redis.call('GET', KEYS[2]) or 0)
if held > 0 and held + weight > {max_bytes} then
  return -1
end
"""
_ENTER = """
local id = redis.call('XADD', KEYS[1], '*', 'head', head, 'body', body)
redis.call('INCRBY', KEYS[2], weight)
if redis.call('SET', KEYS[3], '1', 'NX', 'EX', {wake_s}) then
  local message = string.gsub([==[{message}]==], '{placeholder}', KEYS[1] .. ':' .. id)
  redis.call('LPUSH', KEYS[4], message)
end
"""

# KEYS: stream, bytes, awake, Celery's queue.
# ARGV: the entry's head and body, its project, then each limit's counter, events and
# window in s.
# Limits that cannot be checked are open, and the entry's head says so.
_APPEND = f"""
local head, body, is_open = ARGV[1], ARGV[2], 0
{_HAS_ROOM}
if #ARGV > 3 then
  local is_checked, wait_s, place = pcall(count_event, 4)
  if not is_checked then
    head, is_open = string.sub(head, 1, -2) .. ',"limits_open":true}}}}', 1
  elseif wait_s > 0 then
    mark_limited(ARGV[3], ARGV[4 + 3 * place], wait_s)
    return {{{{wait_s, place}}}}
  end
end
{_ENTER}
return is_open
"""

# KEYS: the same, and the segment's progress.
# ARGV: the record's head and body, its start and end, the start of its chunk.
# Only behind the record before, so that none is left out where several are sent at
# once; and once, whoever sends it again.
_APPEND_SPOOLED = f"""
local head, body = ARGV[1], ARGV[2]
local done = tonumber(redis.call('GET', KEYS[5]) or ARGV[5])
if tonumber(ARGV[4]) <= done then
  return 0
elseif tonumber(ARGV[3]) ~= done then
  return -1
end
{_HAS_ROOM}
{_ENTER}
redis.call('SET', KEYS[5], ARGV[4], 'EX', {{progress_s}})
return 0
"""

# KEYS: the same four, and the token's. ARGV: the entry's head and body.
_APPEND_ONCE = f"""
if not redis.call('SET', KEYS[5], '1', 'NX', 'EX', {{progress_s}}) then
  return 0
end
local head, body = ARGV[1], ARGV[2]
local weight = #body + {{overhead}}
{_ENTER}
return 0
"""

# ARGV: the project, then the limits.
_COUNT = Script(
    LUA
    + """
local wait_s, place = count_event(2)
if wait_s > 0 then
  mark_limited(ARGV[1], ARGV[2 + 3 * place], wait_s)
end
return {wait_s, place}
"""
)


class _Shard:
    """The scripts that append to one shard, and their keys."""

    def __init__(self, shard: int) -> None:
        queue = settings.CELERY_TASK_DEFAULT_QUEUE
        self.keys = (*stream.names(shard), queue)
        # What never changes is part of the script: sent along it would cost more
        # than the entry's own fields.
        constants = {
            "overhead": stream.ENTRY_OVERHEAD_BYTES,
            # The bound is of all shards together.
            "max_bytes": settings.STREAM_MAX_BYTES // settings.SHARDS,
            "wake_s": stream.WAKE_S,
            "message": wakeup.wake_message(shard, queue),
            "placeholder": wakeup.ID_PLACEHOLDER,
            "progress_s": PROGRESS_S,
        }
        self.append = Script(LUA + _APPEND.format(**constants))
        self.append_spooled = Script(_APPEND_SPOOLED.format(**constants))
        self.append_once = _APPEND_ONCE.format(**constants)


class Appender:
    """The edge's end of the streams."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._shards = [_Shard(shard) for shard in range(settings.SHARDS)]
        self._large = asyncio.Lock()
        self._spool = Spool(
            settings.SPOOL_DIR,
            shards=settings.SHARDS,
            max_bytes=settings.SPOOL_MAX_BYTES,
            outlet=self,
        )

    def start(self) -> None:
        """Goes on with what dead processes have left in the spool."""
        self._spool.start()

    async def close(self) -> None:
        await self._spool.close()

    async def append(
        self, entry: Entry, limits: Sequence[Limit] = (), *, is_event: bool = False
    ) -> None:
        """Appends the entry and wakes its digest, in one call to Valkey.

        `limits` are those that the entry is under. Once this returns the entry is as
        durable as Valkey is, or it is on disk, behind what waits there already.
        Raises RateLimited; and StreamUnavailable, after which the entry may all the
        same have been appended.

        Where that is unknown an event is kept all the same, `is_event`: by its id it
        is recognised should it come twice. What has no id would be counted twice, and
        so is not accepted.
        """
        line = self._spool.lines[stream.shard_of(entry.project_id)]
        if line.holds and await line.must_wait():
            await self._keep_counted(entry, limits)
            return
        try:
            if len(entry.body) > LARGE_BYTES:
                async with self._large:
                    result = await self._run(entry, limits)
            else:
                result = await self._run(entry, limits)
        except ValkeyError as error:
            await self._keep_after(error, entry, limits, is_event=is_event)
            return
        if result == _FULL:
            await self._keep_counted(entry, limits)
        elif result == _LIMITS_OPEN:
            totals.add(LIMITS_OPEN)
        elif result:
            wait_s, place = result
            raise RateLimited(limits[place].reason, wait_s)

    async def _run(self, entry: Entry, limits: Sequence[Limit]) -> Any:
        shard = self._shards[stream.shard_of(entry.project_id)]
        body = entry.body
        return await self._valkey.run(
            shard.append,
            *shard.keys,
            stream.encode_head(entry),
            body if len(body) <= LARGE_BYTES else Large(body),
            entry.project_id,
            *_told(limits),
            keys=4,
        )

    async def _keep_after(
        self,
        error: ValkeyError,
        entry: Entry,
        limits: Sequence[Limit],
        *,
        is_event: bool,
    ) -> None:
        """Spools an entry whose append has failed."""
        if _may_be_done(error):
            if not is_event:
                raise StreamUnavailable(
                    "the event queue cannot be reached",
                    retry_after_s=AWAY_RETRY_AFTER_S,
                ) from error
            entry = replace(entry, is_repeat=True)
        await self._keep(entry, is_open=bool(limits))

    async def _keep_counted(self, entry: Entry, limits: Sequence[Limit]) -> None:
        """Spools an entry that its limits allow, as far as they can be asked."""
        is_counted = not limits or await self._count(entry, limits)
        await self._keep(entry, is_open=not is_counted)

    async def _count(self, entry: Entry, limits: Sequence[Limit]) -> bool:
        """Counts the entry for its limits; False while that is not possible.

        Raises RateLimited.
        """
        if self._valkey.is_away:
            return False
        try:
            wait_s, place = await self._valkey.run(
                _COUNT, entry.project_id, *_told(limits), keys=0
            )
        except ValkeyError:
            return False
        if wait_s:
            raise RateLimited(limits[place].reason, wait_s)
        return True

    async def _keep(self, entry: Entry, *, is_open: bool) -> None:
        if is_open:
            totals.add(LIMITS_OPEN)
            entry = replace(entry, limits_open=True)
        line = self._spool.lines[stream.shard_of(entry.project_id)]
        try:
            await line.keep(stream.encode_head(entry), entry.body)
        except SpoolUnavailable as error:
            raise StreamUnavailable(
                f"the event queue takes nothing now, and {error}",
                retry_after_s=FULL_RETRY_AFTER_S,
            ) from error

    async def append_spooled(
        self, segment: Segment, chunk_start: int, record: Record
    ) -> bool:
        """See ingest.spool.Outlet."""
        shard = self._shards[stream.shard_of(stream.project_of(record.head))]
        try:
            result = await self._valkey.run(
                shard.append_spooled,
                *shard.keys,
                f"{PROGRESS}{segment.identity}",
                record.head,
                record.body,
                record.start,
                record.end,
                chunk_start,
                keys=5,
            )
        except ValkeyReplyError:
            # A replica refuses; the primary may be elsewhere by now.
            self._valkey.renew()
            raise
        return bool(result != _FULL)

    def forget_spooled(self, segment: Segment) -> None:
        """See ingest.spool.Outlet."""
        with contextlib.suppress(ValkeyError):
            self._valkey.tell("DEL", f"{PROGRESS}{segment.identity}")


def append_once(entry: Entry, token: str) -> None:
    """Appends an entry unless one has been under the same token, whatever its bound.

    For a rare one from outside the edge. Raises redis.RedisError.
    """
    shard = _Shard(stream.shard_of(entry.project_id))
    keys = (*shard.keys, f"{_AGAIN}{token}")
    client: Any = valkey.blocking()
    client.eval(shard.append_once, 5, *keys, stream.encode_head(entry), entry.body)


def append_from_page(entry: Entry) -> None:
    """Appends an entry that came to one of Django's pages, within the stream's bound.

    Raises StreamUnavailable, after which it may all the same have been appended.
    """
    shard = _Shard(stream.shard_of(entry.project_id))
    told = (stream.encode_head(entry), entry.body, entry.project_id)
    client: Any = valkey.blocking()
    try:
        result = client.eval(shard.append.text, len(shard.keys), *shard.keys, *told)
    except redis.RedisError as error:
        raise StreamUnavailable(
            "the event queue cannot be reached", retry_after_s=AWAY_RETRY_AFTER_S
        ) from error
    if result == _FULL:
        raise StreamUnavailable(
            "the event queue is full", retry_after_s=FULL_RETRY_AFTER_S
        )


def _told(limits: Sequence[Limit]) -> list[str | int]:
    """The limits as the scripts take them."""
    told: list[str | int] = []
    for limit in limits:
        told += limit.counter, limit.count, limit.window_s
    return told


def _may_be_done(error: ValkeyError) -> bool:
    """Whether the call that failed may have been carried out."""
    if isinstance(error, ValkeyReplyError):
        return not error.is_refusal
    return isinstance(error, ValkeyLost)
