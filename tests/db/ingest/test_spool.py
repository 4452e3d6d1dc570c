"""What the edge accepts while the stream does not take it, and what becomes of it."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django import Settings

from errtrack.embedded import addresses, servers
from errtrack.embedded.valkey import Valkey as Server
from ingest import spoolfolder
from ingest.stream import ENTRY_OVERHEAD_BYTES
from tests.db.ingest.client import call
from tests.db.ingest.conftest import KnownKeys
from tests.db.ingest.spooling import (
    ENVELOPE,
    SESSION,
    STREAM,
    Process,
    SlowServer,
    drained,
    event,
    heads,
    is_empty,
    kill,
    number_of,
    numbers,
    start,
)


@pytest.fixture
def begin(
    server: Server, keys: KnownKeys, spool: Path
) -> Iterator[Callable[[], Process]]:
    """Starts an edge process."""
    begun: list[Process] = []

    def begin_one() -> Process:
        begun.append(Process(keys))
        return begun[-1]

    yield begin_one
    for process in begun:
        process.close()


@pytest.fixture
def server(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings
) -> Iterator[Server]:
    """A Valkey that the test may mistreat."""
    data = tmp_path / "data"
    data.mkdir(mode=0o711)
    kind: type[Server] = getattr(request, "param", Server)
    (one,) = servers.make_servers(data, [kind])
    assert isinstance(one, Server)
    start(one)
    settings.REDIS_URL = addresses.redis_url(data)
    yield one
    one.send_signal(signal.SIGCONT)
    servers.stop([one])


@pytest.fixture
def valkey(server: Server, settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL, protocol=2) as client:
        yield client


def test_what_comes_while_valkey_is_away_follows_in_order(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    edge = begin()
    assert edge.post(event(0)).status == 200
    kill(server)
    for number in range(1, 30):
        assert edge.post(event(number)).status == 200
    start(server)
    for number in range(30, 60):
        assert edge.post(event(number)).status == 200
    edge.wait_for(lambda: is_empty(spool))
    assert edge.post(event(60)).status == 200
    assert numbers(valkey) == list(range(61))


def test_one_sync_serves_many_requests(
    begin: Callable[[], Process], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def counting(file: int) -> None:
        synced.append(file)
        fsync(file)

    edge = begin()
    kill(server)
    monkeypatch.setattr(os, "fsync", counting)
    assert edge.post_all([event(number) for number in range(200)]) == [200] * 200
    assert 0 < len(synced) < 40


def test_load_that_never_ends_finds_its_way_back_to_the_stream(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    edge = begin()
    kill(server)
    assert edge.post(event(0)).status == 200
    start(server)

    async def flood() -> None:
        async with asyncio.timeout(15):
            while not is_empty(spool):
                await asyncio.gather(*(_send(edge, event(1)) for _ in range(20)))

    edge._client.run(flood())


async def _send(edge: Process, body: bytes) -> None:
    assert (await edge._client._one(call(ENVELOPE, body))).status == 200


@contextmanager
def full(valkey: redis.Redis) -> Iterator[None]:
    valkey.config_set("maxmemory", "1mb")
    yield
    valkey.config_set("maxmemory", "0")


@contextmanager
def read_only(valkey: redis.Redis) -> Iterator[None]:
    valkey.replicaof("127.0.0.1", "1")
    yield
    valkey.replicaof("NO", "ONE")


@pytest.mark.parametrize("broken", [full, read_only])
def test_a_valkey_that_takes_no_writes_is_as_good_as_away(
    begin: Callable[[], Process], valkey: redis.Redis, spool: Path, broken: Any
) -> None:
    edge = begin()
    assert edge.post(event(0)).status == 200
    with broken(valkey):
        assert edge.post_all([event(number) for number in range(1, 20)]) == [200] * 19
        assert edge.post(SESSION).status == 200
        assert numbers(valkey) == [0]
    edge.wait_for(lambda: is_empty(spool))
    assert sorted(numbers(valkey)[:20]) == list(range(20))
    assert len(heads(valkey)) == 21


@pytest.mark.parametrize("server", [SlowServer], indirect=True)
def test_a_valkey_that_loads_its_log_is_as_good_as_away(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    edge = begin()
    assert edge.post(event(0)).status == 200
    for number in range(5):
        valkey.set(f"ballast:{number}", "x")
    kill(server)
    server.start()
    answered = [edge.post(event(number)).status for number in range(1, 10)]
    assert answered == [200] * 9
    assert not is_empty(spool)
    edge.wait_for(lambda: is_empty(spool))
    assert numbers(valkey) == list(range(10))


def test_a_valkey_that_hangs_holds_nobody_up_for_long(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    edge = begin()
    assert edge.post(event(0)).status == 200
    server.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    statuses = edge.post_all([event(number) for number in range(1, 10)] + [SESSION])
    assert time.monotonic() - began < 5
    # What has no id might be counted twice: nobody knows whether Valkey has it.
    assert statuses == [200] * 9 + [503]
    began = time.monotonic()
    assert edge.post_all([event(10), SESSION]) == [200, 200]
    assert time.monotonic() - began < 1
    server.send_signal(signal.SIGCONT)
    edge.wait_for(lambda: is_empty(spool))
    assert set(numbers(valkey)) == set(range(11))
    told = {number_of(head) for head in heads(valkey) if "is_repeat" in head}
    assert told == set(range(1, 10))


def test_what_the_stream_s_bound_does_not_admit_waits_on_disk(
    begin: Callable[[], Process], valkey: redis.Redis, settings: Settings, spool: Path
) -> None:
    weight = len(event(0)) + ENTRY_OVERHEAD_BYTES
    settings.STREAM_MAX_BYTES = 3 * weight
    edge = begin()
    assert [edge.post(event(number)).status for number in range(10)] == [200] * 10
    assert numbers(valkey) == [0, 1, 2]
    assert not is_empty(spool)
    seen: list[int] = []
    while len(seen) < 10:
        edge.wait_for(lambda: bool(numbers(valkey)))
        seen += numbers(valkey)
        valkey.delete(STREAM, f"{STREAM}:bytes")
    assert seen == list(range(10))
    edge.wait_for(lambda: is_empty(spool))


def test_a_full_spool_asks_to_come_again(
    begin: Callable[[], Process],
    server: Server,
    valkey: redis.Redis,
    settings: Settings,
    spool: Path,
) -> None:
    settings.SPOOL_MAX_BYTES = 5000
    edge = begin()
    kill(server)
    answers = [edge.post(event(number, 1000)) for number in range(6)]
    assert [answer.status for answer in answers] == [200] * 3 + [503] * 3
    assert int(answers[-1].headers["retry-after"]) > 0
    assert spoolfolder.bytes_on_disk(spool) <= 5000
    start(server)
    edge.wait_for(lambda: is_empty(spool))
    assert numbers(valkey) == [0, 1, 2]


def test_without_a_spool_a_request_is_refused_until_it_is_mended(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    spool.write_text("a file in the way")
    edge = begin()
    kill(server)
    answer = edge.post(event(0))
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert str(spool) not in answer.body.decode()
    spool.unlink()
    assert edge.post(event(1)).status == 200
    start(server)
    edge.wait_for(drained(valkey, 1))
    assert numbers(valkey) == [1]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond 3,000 bytes: a write fails in its midst."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limit[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_a_full_disk_refuses_and_keeps_what_was_accepted(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    edge = begin()
    kill(server)
    with full_disk():
        statuses = [edge.post(event(number, 1000)).status for number in range(4)]
    # The third does not fit into the first file, the fourth is in a new one.
    assert statuses == [200, 200, 503, 200]
    assert edge.post(event(4, 1000)).status == 200
    start(server)
    edge.wait_for(lambda: is_empty(spool))
    assert numbers(valkey) == [0, 1, 3, 4]


def test_the_next_process_goes_on_with_what_one_has_left(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    first = begin()
    kill(server)
    for number in range(5):
        assert first.post(event(number)).status == 200
    first.close()
    second = begin()
    second.wait_for(lambda: (spool / "0" / "lock").exists())
    assert second.post(event(5)).status == 200
    start(server)
    second.wait_for(lambda: is_empty(spool))
    assert numbers(valkey) == list(range(6))


def test_a_living_process_takes_over_what_a_dead_one_has_left(
    begin: Callable[[], Process], server: Server, valkey: redis.Redis, spool: Path
) -> None:
    one, other = begin(), begin()
    kill(server)
    assert one.post(event(1)).status == 200
    assert other.post(event(2)).status == 200
    assert (spool / "1").is_dir()
    start(server)
    other.wait_for(drained(valkey, 1))
    assert numbers(valkey) == [2]
    one.close()
    other.wait_for(lambda: is_empty(spool))
    assert numbers(valkey) == [2, 1]


def test_what_was_on_its_way_when_a_process_died_comes_once(
    begin: Callable[[], Process],
    server: Server,
    valkey: redis.Redis,
    settings: Settings,
    spool: Path,
) -> None:
    settings.STREAM_MAX_BYTES = 3 * (len(SESSION) + ENTRY_OVERHEAD_BYTES)
    first = begin()
    kill(server)
    assert first.post_all([SESSION] * 5) == [200] * 5
    start(server)
    first.wait_for(lambda: valkey.xlen(STREAM) == 3)
    first.close()
    # It died before it could note how far it had come.
    for note in spool.rglob("*.done"):
        note.unlink()
    settings.STREAM_MAX_BYTES = 2**20
    second = begin()
    second.wait_for(lambda: is_empty(spool))
    assert valkey.xlen(STREAM) == 5
    assert valkey.keys("errtrack:spool:*") == []


def test_limits_hold_while_only_the_stream_is_full(
    begin: Callable[[], Process],
    keys: KnownKeys,
    valkey: redis.Redis,
    settings: Settings,
) -> None:
    settings.STREAM_MAX_BYTES = 1
    keys.limit(3)
    edge = begin()
    statuses = [edge.post(event(number)).status for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_limits_are_open_while_valkey_is_away(
    begin: Callable[[], Process],
    keys: KnownKeys,
    server: Server,
    valkey: redis.Redis,
    spool: Path,
) -> None:
    keys.limit(1)
    edge = begin()
    assert edge.post(event(0)).status == 200
    kill(server)
    assert edge.post_all([event(1), event(2)]) == [200, 200]
    start(server)
    edge.wait_for(lambda: is_empty(spool))
    assert [head.get("limits_open", False) for head in heads(valkey)] == [
        False,
        True,
        True,
    ]
    assert edge.post(event(3)).status == 429
