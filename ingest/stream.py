"""The stream of what was accepted and is not yet digested, one per shard.

Redis keys (<n> is the shard; all but the flag live until they are emptied):
    errtrack:stream:<n>         stream, one entry per accepted request with
                                the fields `head` (JSON of Head) and `body`; read by the
                                consumer group `digest`, deleted when acknowledged;
                                never trimmed
    errtrack:stream:<n>:bytes   integer, the sum of the entries' weights: what the
                                stream's bound is measured by
    errtrack:stream:<n>:awake   string, set while a digest of the shard is on its way or
                                at work, so that one message wakes it and not each
                                append; WAKE_S seconds
Appending is in append.py; Celery's queue is a list under the queue's own name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec
import redis
from django.conf import settings

from projects import valkey
from projects.news import CHANNEL, announcement

GROUP = "digest"
# One drain of a shard runs at a time, so that one name serves all of them.
CONSUMER = "digest"
WAKE_S = 30
# What an entry takes besides its body: its other fields and the stream's own.
ENTRY_OVERHEAD_BYTES = 512

Kind = Literal["envelope", "store"]


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the stream keeps of an accepted request beside its body.

    `event_id` is the one answered: 32 hex digits, or empty for a request without any.
    `limits_open` says that its limits could not be checked, `is_repeat` that it may
    have been appended once before.
    """

    project_id: int
    key_id: int
    received_at: datetime
    kind: Kind
    encoding: str
    event_id: str
    client: str
    remote_ip: str
    user_agent: str
    limits_open: bool = False
    is_repeat: bool = False


class Entry(Head, frozen=True, kw_only=True):
    """One accepted request, its body as it came.

    `stream_id` and `deliveries` (1 at the first) are known once it was read back.
    """

    body: bytes
    stream_id: str = ""
    deliveries: int = 0


_encode_head = msgspec.json.Encoder().encode
_decode_head = msgspec.json.Decoder(Head).decode


def encode_head(entry: Entry) -> bytes:
    """The entry's `head` field."""
    return _encode_head(
        Head(
            project_id=entry.project_id,
            key_id=entry.key_id,
            received_at=entry.received_at,
            kind=entry.kind,
            encoding=entry.encoding,
            event_id=entry.event_id,
            client=entry.client,
            remote_ip=entry.remote_ip,
            user_agent=entry.user_agent,
            limits_open=entry.limits_open,
            is_repeat=entry.is_repeat,
        )
    )


class _Route(msgspec.Struct):
    project_id: int


_decode_route = msgspec.json.Decoder(_Route).decode


def project_of(head: bytes) -> int:
    """The project of an entry, by its `head` field alone."""
    return _decode_route(head).project_id


class Backlog(NamedTuple):
    """What waits in a shard; the age is 0 when nothing does."""

    entries: int
    bytes: int
    oldest_age_s: float


class Names(NamedTuple):
    """The Redis keys of a shard."""

    stream: str
    bytes: str
    awake: str


@cache
def names(shard: int) -> Names:
    stream = f"errtrack:stream:{shard}"
    return Names(stream, f"{stream}:bytes", f"{stream}:awake")


def shard_of(project_id: int) -> int:
    return int(project_id % settings.SHARDS)


def weight_of(body: bytes) -> int:
    """The bytes that an entry counts for in the stream's bound."""
    return len(body) + ENTRY_OVERHEAD_BYTES


# KEYS: stream, bytes. ARGV: group, what is announced of projects (may be empty), then
# id and weight of each entry. An entry that is gone already frees nothing; an empty
# stream weighs nothing. Whoever must not announce anything acknowledges all the same.
_ACKNOWLEDGE = f"""
local freed = 0
for i = 3, #ARGV, 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    freed = freed + tonumber(ARGV[i + 1])
  end
end
local left = redis.call('XLEN', KEYS[1])
if left == 0 then
  redis.call('DEL', KEYS[2])
elseif freed > 0 then
  redis.call('DECRBY', KEYS[2], freed)
end
if ARGV[2] ~= '' then
  redis.pcall('PUBLISH', '{CHANNEL}', ARGV[2])
end
return left
"""


class ShardStream:
    """A shard's stream as its digest sees it. Methods raise redis.RedisError."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        # Entries when some were last acknowledged, those included that were read.
        self.left = 0
        self._names = names(shard)
        self._client = valkey.blocking()
        self._acknowledge = self._client.register_script(_ACKNOWLEDGE)

    def ensure_group(self) -> None:
        """Makes the consumer group where there is none, from the first entry on."""
        try:
            self._client.xgroup_create(self._names.stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def read_new(self, count: int) -> list[Entry]:
        """Up to `count` entries that nobody has read, oldest first; does not wait."""
        answer = self._with_group(
            lambda: self._client.xreadgroup(
                GROUP, CONSUMER, {self._names.stream: ">"}, count=count
            )
        )
        if not answer:
            return []
        return [_entry(stream_id, fields, 1) for stream_id, fields in answer[0][1]]

    def claim_pending(self, after: bytes, count: int) -> tuple[list[Entry], bytes]:
        """Up to `count` entries that were read and never acknowledged, oldest first;
        and where to go on, b"0-0" (also the start) when these were the last.

        To be called only by the shard's one drain: what it finds belongs to a dead
        sibling, and is taken at once.
        """
        answer = self._with_group(
            lambda: self._client.xautoclaim(
                self._names.stream, GROUP, CONSUMER, 0, after, count=count
            )
        )
        following, claimed = answer[0], answer[1]
        deliveries = self._deliveries([stream_id for stream_id, _ in claimed])
        entries = [
            _entry(stream_id, fields, deliveries.get(stream_id, 1))
            for stream_id, fields in claimed
        ]
        return entries, following

    def _deliveries(self, ids: list[bytes]) -> dict[bytes, int]:
        """How often each of these was handed out, this time included."""
        if not ids:
            return {}
        rows: Any = self._client.xpending_range(
            self._names.stream, GROUP, ids[0], ids[-1], len(ids)
        )
        return {row["message_id"]: row["times_delivered"] for row in rows}

    def acknowledge(
        self, entries: Sequence[Entry], changed: Collection[int] = ()
    ) -> None:
        """Takes digested entries off the stream, in one step; again does no harm.

        `changed`: the projects of which they have changed something.
        """
        self.acknowledge_ids(
            [(entry.stream_id, weight_of(entry.body)) for entry in entries], changed
        )

    def acknowledge_ids(
        self, entries: Sequence[tuple[str, int]], changed: Collection[int] = ()
    ) -> None:
        """The same by stream id and weight."""
        if not entries:
            return
        arguments: list[str | int] = [GROUP, announcement(changed)]
        for stream_id, weight in entries:
            arguments += [stream_id, weight]
        keys = [self._names.stream, self._names.bytes]
        self.left = int(self._acknowledge(keys=keys, args=arguments))

    def uncount(self, entries: Sequence[Entry]) -> None:
        """Takes back the delivery of entries that stay: it tells nothing of them."""
        pipe = self._client.pipeline(transaction=False)
        for entry in entries:
            pipe.xclaim(
                self._names.stream,
                GROUP,
                CONSUMER,
                min_idle_time=0,
                message_ids=[entry.stream_id],
                retrycount=entry.deliveries - 1,
                justid=True,
            )
        pipe.execute()

    def clear_wake(self) -> None:
        """Lets the next append wake the digest; then look once more for entries."""
        self._client.delete(self._names.awake)

    def refresh_wake(self) -> None:
        """Keeps appends from waking a second digest while this one goes on."""
        self._client.set(self._names.awake, "1", ex=WAKE_S)

    def backlog(self) -> Backlog:
        """What the shard holds; age by Valkey's clock."""
        pipe = self._client.pipeline(transaction=False)
        pipe.xlen(self._names.stream)
        pipe.get(self._names.bytes)
        pipe.xrange(self._names.stream, count=1)
        pipe.time()
        entries, held, oldest, (seconds, microseconds) = pipe.execute()
        if not oldest:
            return Backlog(0, 0, 0.0)
        appended_ms = int(oldest[0][0].partition(b"-")[0])
        age_s = seconds + microseconds / 1e6 - appended_ms / 1e3
        return Backlog(int(entries), int(held or 0), max(0.0, age_s))

    def oldest_received_at(self) -> datetime | None:
        """When the request was received that waits longest; None where none waits."""
        oldest: Any = self._client.xrange(self._names.stream, count=1)
        return _decode_head(oldest[0][1][b"head"]).received_at if oldest else None

    def _with_group(self, command: Callable[[], Any]) -> Any:
        """The command's answer, also after Valkey was emptied and has no group."""
        try:
            return command()
        except redis.ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
        self.ensure_group()
        return command()


def _entry(stream_id: bytes, fields: dict[bytes, bytes], deliveries: int) -> Entry:
    head = _decode_head(fields[b"head"])
    return Entry(
        **msgspec.structs.asdict(head),
        body=fields[b"body"],
        stream_id=stream_id.decode(),
        deliveries=deliveries,
    )
