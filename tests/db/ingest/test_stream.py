"""Appending to a shard's stream, and reading, claiming and acknowledging."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings

from ingest.append import Appender, StreamUnavailable
from ingest.stream import ENTRY_OVERHEAD_BYTES, Entry, ShardStream, names
from ingest.valkey import Valkey

ENTRY = Entry(
    project_id=1,
    key_id=7,
    received_at=datetime(2026, 11, 23, 4, 5, 6, 789012, tzinfo=UTC),
    kind="store",
    encoding="gzip",
    event_id="fc6d8c0c43fc4630ad850ee518f1b9d0",
    client="raven-python/6.10.0",
    remote_ip="2001:db8::1",
    user_agent="ägent",
    body=b"\x00\xff\r\n body",
)


def appended(*entries: Entry) -> None:
    async def append_all() -> None:
        valkey = Valkey(settings.REDIS_URL)
        appender = Appender(valkey)
        try:
            for entry in entries:
                await appender.append(entry)
        finally:
            await valkey.close()

    asyncio.run(append_all())


def bodies(entries: list[Entry]) -> list[bytes]:
    return [entry.body for entry in entries]


def numbered(count: int) -> list[Entry]:
    return [
        msgspec.structs.replace(ENTRY, body=b"%d" % number) for number in range(count)
    ]


def test_an_entry_comes_back_as_it_went_in(stream: ShardStream) -> None:
    appended(ENTRY)
    (entry,) = stream.read_new(10)
    assert entry.stream_id
    assert entry == msgspec.structs.replace(
        ENTRY, stream_id=entry.stream_id, deliveries=1
    )


def test_entries_are_read_once_in_order(stream: ShardStream) -> None:
    appended(*numbered(5))
    assert bodies(stream.read_new(3)) == [b"0", b"1", b"2"]
    assert bodies(stream.read_new(3)) == [b"3", b"4"]
    assert stream.read_new(3) == []


def test_what_a_dead_sibling_had_read_is_claimed_with_its_count(
    stream: ShardStream,
) -> None:
    appended(*numbered(5))
    stream.read_new(4)
    first, after = stream.claim_pending(b"0-0", 3)
    second, end = stream.claim_pending(after, 3)
    assert bodies(first + second) == [b"0", b"1", b"2", b"3"]
    assert {entry.deliveries for entry in first + second} == {2}
    assert end == b"0-0"
    again, _ = stream.claim_pending(b"0-0", 10)
    assert {entry.deliveries for entry in again} == {3}
    assert bodies(stream.read_new(10)) == [b"4"]


def test_acknowledged_entries_are_gone_and_their_bytes_given_back(
    store: redis.Redis, stream: ShardStream
) -> None:
    appended(*numbered(3))
    entries = stream.read_new(10)
    stream.acknowledge(entries[:2])
    assert stream.backlog()[:2] == (1, 1 + ENTRY_OVERHEAD_BYTES)
    # Once more, as after a lost answer: nothing is given back twice.
    stream.acknowledge(entries[:2])
    assert stream.backlog()[:2] == (1, 1 + ENTRY_OVERHEAD_BYTES)
    stream.acknowledge(entries)
    assert stream.backlog() == (0, 0, 0.0)
    assert stream.claim_pending(b"0-0", 10) == ([], b"0-0")
    assert not store.exists(names(0).bytes)


def test_the_backlog_tells_its_age(store: redis.Redis, stream: ShardStream) -> None:
    appended(ENTRY)
    backlog = stream.backlog()
    assert backlog.entries == 1
    assert backlog.bytes == len(ENTRY.body) + ENTRY_OVERHEAD_BYTES
    assert 0 <= backlog.oldest_age_s < 60


def test_entries_from_before_the_group_are_read(
    store: redis.Redis, stream: ShardStream
) -> None:
    appended(ENTRY)
    stream.ensure_group()
    stream.ensure_group()
    assert len(stream.read_new(10)) == 1


def test_an_emptied_valkey_is_no_error(store: redis.Redis, stream: ShardStream) -> None:
    appended(ENTRY)
    entries = stream.read_new(10)
    store.flushdb()
    assert stream.read_new(10) == []
    assert stream.claim_pending(b"0-0", 10) == ([], b"0-0")
    stream.acknowledge(entries)
    store.flushdb()
    appended(ENTRY)
    assert len(stream.read_new(10)) == 1


def test_the_flag_is_set_by_an_append_and_by_a_long_drain(
    store: redis.Redis, stream: ShardStream
) -> None:
    appended(ENTRY)
    assert 0 < int(store.ttl(names(0).awake)) <= 30
    stream.clear_wake()
    assert not store.exists(names(0).awake)
    stream.refresh_wake()
    appended(ENTRY)
    # The drain is at work: only the first append has sent a message.
    assert store.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 1


@pytest.fixture
def full_valkey(store: redis.Redis) -> Iterator[None]:
    store.config_set("maxmemory", "1mb")
    yield
    store.config_set("maxmemory", "0")


@pytest.mark.usefixtures("full_valkey")
def test_a_valkey_without_memory_takes_nothing_and_counts_nothing(
    store: redis.Redis, stream: ShardStream, settings: Any
) -> None:
    settings.SPOOL_MAX_BYTES = 0
    with pytest.raises(StreamUnavailable):
        appended(ENTRY)
    assert not store.exists(names(0).bytes, names(0).stream)


def test_a_valkey_that_is_away_is_said_to_be(store: redis.Redis, settings: Any) -> None:
    settings.SPOOL_MAX_BYTES = 0

    async def append() -> None:
        valkey = Valkey("unix:///nowhere/valkey.sock")
        await Appender(valkey).append(ENTRY)

    with pytest.raises(StreamUnavailable) as caught:
        asyncio.run(append())
    assert caught.value.retry_after_s > 0


def test_projects_spread_over_shards(store: redis.Redis, settings: Any) -> None:
    settings.SHARDS = 3
    appended(*(msgspec.structs.replace(ENTRY, project_id=n) for n in range(1, 8)))
    found = [
        [entry.project_id for entry in ShardStream(shard).read_new(10)]
        for shard in range(3)
    ]
    assert found == [[3, 6], [1, 4, 7], [2, 5]]
