"""What an edge knows of project keys, with PostgreSQL and Valkey behind it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connections

from ingest import keyring
from ingest.keyring import MAX_REMEMBERED, Keyring, KeysUnavailable
from ingest.valkey import Valkey
from projects import services
from projects.keys import (
    MIRROR_S,
    KeyInfo,
    load_key,
    mirror_name,
    publish_key,
    refresh_mirrors,
)
from projects.limits import Limit, LimitReason
from projects.models import Project, ProjectKey
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)

Work = Callable[[Keyring], Awaitable[Any]]
Load = Callable[[str], KeyInfo | None]


class Asked:
    """Asks PostgreSQL, and counts how often; or finds it away."""

    def __init__(self) -> None:
        self.count = 0
        self.is_away = False

    def __call__(self, public_key: str) -> KeyInfo | None:
        self.count += 1
        if self.is_away:
            raise OperationalError("the server is away")
        return load_key(public_key)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def key() -> ProjectKey:
    key = make_project().keys.get()
    key.rate_limit_count = 5
    key.save()
    return key


NOWHERE = "unix:///nowhere/valkey.sock"


def run(work: Work, load: Load, url: str = "", folder: Path | None = None) -> Any:
    """What comes of work on the keys of an edge process."""

    async def main(own: str) -> Any:
        valkey = Valkey(url or settings.REDIS_URL)
        keys = Keyring(valkey, folder or Path(own), load)
        try:
            return await work(keys)
        finally:
            keys.close()
            await valkey.close()

    # A thread may be writing a key there still.
    with TemporaryDirectory(ignore_cleanup_errors=True) as own:
        return asyncio.run(main(own))


def find(public_key: str) -> Work:
    return lambda keys: keys.find(public_key)


async def in_thread(work: Callable[[], object]) -> None:
    """Does to the database what an event loop must not wait for."""

    def work_and_close() -> None:
        try:
            work()
        finally:
            connections.close_all()

    await asyncio.get_running_loop().run_in_executor(None, work_and_close)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.05)


def test_a_key_is_told_as_it_is_stored(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    info = run(find(key.public_key), asked)
    assert info == KeyInfo(
        key_id=key.id,
        public_key=key.public_key,
        project_id=key.project_id,
        is_active=True,
        limits=info.limits,
    )
    assert info.limits[0] == Limit(LimitReason.KEY, f"key:{key.id}", 5, 60)


def test_limits_of_project_and_organization_come_with_the_key(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    project = key.project
    services.limit_project(project, count=7, window_s=3600)
    services.limit_organization(project.organization, count=9, window_s=86_400)
    services.protect_from_spikes(project, is_on=False, factor=3)
    assert run(find(key.public_key), asked).limits == (
        Limit(LimitReason.KEY, f"key:{key.id}", 5, 60),
        Limit(LimitReason.PROJECT, f"project:{project.pk}", 7, 3600),
        Limit(
            LimitReason.ORGANIZATION,
            f"organization:{project.organization_id}",
            9,
            86_400,
        ),
    )
    assert asked.count == 0


@pytest.mark.parametrize(
    ("busiest_hour", "factor", "count"),
    [(None, 10, 10_000_000), (0, 10, 100_000), (60_000, 10, 600_000)],
)
def test_spike_protection_is_a_multiple_of_what_is_usual(
    store: redis.Redis,
    asked: Asked,
    key: ProjectKey,
    busiest_hour: int | None,
    factor: int,
    count: int,
) -> None:
    Project.objects.update(busiest_hour=busiest_hour)
    services.protect_from_spikes(key.project, is_on=True, factor=factor)
    spike = run(find(key.public_key), asked).limits[-1]
    an_hour = spike.count * 3600 / spike.window_s
    assert spike.reason == LimitReason.SPIKE
    assert an_hour == pytest.approx(count, abs=6)


def test_postgresql_is_asked_once_by_all_edges(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    async def many(keys: Keyring) -> None:
        await asyncio.gather(*(keys.find(key.public_key) for _ in range(50)))

    run(many, asked)
    run(many, asked)
    assert asked.count == 1
    ttl_s = int(store.ttl(mirror_name(key.public_key)))
    assert MIRROR_S - 60 < ttl_s <= MIRROR_S


def test_a_disabled_key_is_known_within_two_seconds(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    async def work(keys: Keyring) -> float:
        assert (await keys.find(key.public_key)).is_active  # type: ignore[union-attr]
        await in_thread(lambda: _disable(key))
        started = time.monotonic()

        async def is_disabled() -> bool:
            info = await keys.find(key.public_key)
            return info is not None and not info.is_active

        await until(is_disabled)
        return time.monotonic() - started

    assert run(work, asked) < 3
    assert asked.count == 1


def _disable(key: ProjectKey) -> None:
    ProjectKey.objects.filter(pk=key.pk).update(is_active=False)
    publish_key(key.public_key)


def test_a_deleted_key_is_forgotten(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    run(find(key.public_key), asked)
    ProjectKey.objects.all().delete()
    publish_key(key.public_key)
    assert run(find(key.public_key), asked) is None
    assert asked.count == 1


def test_an_edge_does_not_overwrite_news_by_what_it_read_before(
    store: redis.Redis, key: ProjectKey
) -> None:
    def late(public_key: str) -> KeyInfo | None:
        info = load_key(public_key)
        _disable(key)
        return info

    async def work(keys: Keyring) -> None:
        await keys.find(key.public_key)

    run(work, late)
    info = run(find(key.public_key), Asked())
    assert not info.is_active


def test_unknown_keys_are_remembered_and_bounded(
    store: redis.Redis, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "MAX_REMEMBERED", 10)
    assert MAX_REMEMBERED > 10

    async def work(keys: Keyring) -> int:
        for _ in range(5):
            assert await keys.find("0" * 32) is None
        for number in range(50):
            assert await keys.find(f"{number:032x}") is None
        return len(keys._unknown)

    assert run(work, asked) == 10
    assert asked.count == 50


def test_an_unknown_key_is_seen_soon_after_it_was_made(
    store: redis.Redis, asked: Asked
) -> None:
    project = make_project()

    async def work(keys: Keyring) -> None:
        assert await keys.find("f" * 32) is None
        await in_thread(make)

        async def is_known() -> bool:
            return await keys.find("f" * 32) is not None

        await until(is_known)

    def make() -> None:
        ProjectKey.objects.create(project=project, public_key="f" * 32)
        publish_key("f" * 32)

    run(work, asked)
    assert asked.count == 1


def test_a_flood_of_unknown_keys_does_not_queue_without_bound(
    store: redis.Redis, asked: Asked
) -> None:
    async def work(keys: Keyring) -> list[Any]:
        finds = (keys.find(f"{number:032x}") for number in range(500))
        return await asyncio.gather(*finds, return_exceptions=True)

    answers = run(work, asked)
    assert {type(answer) for answer in answers} == {type(None), KeysUnavailable}
    assert asked.count < 500


def test_the_mirror_serves_while_postgresql_is_away(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    publish_key(key.public_key)
    asked.is_away = True
    assert run(find(key.public_key), asked).key_id == key.id
    assert asked.count == 0


def test_memory_serves_while_both_are_away(
    store: redis.Redis, asked: Asked, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_S", 0.0)

    async def work(keys: Keyring) -> None:
        await keys.find(key.public_key)
        asked.is_away = True
        store.delete(mirror_name(key.public_key))
        assert (await keys.find(key.public_key)).key_id == key.id  # type: ignore[union-attr]

    run(work, asked)
    assert asked.count == 2


def test_nothing_known_and_nobody_to_ask_is_said(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    asked.is_away = True
    with pytest.raises(KeysUnavailable):
        run(find(key.public_key), asked)
    asked.is_away = False
    assert run(find(key.public_key), asked, url=NOWHERE).key_id == key.id


def test_a_mirror_of_another_version_is_passed_over(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    store.set(mirror_name(key.public_key), b'{"key":"of the future"}')
    assert run(find(key.public_key), asked).key_id == key.id


def test_a_new_process_knows_the_keys_of_one_before(
    store: redis.Redis, asked: Asked, key: ProjectKey, tmp_path: Path
) -> None:
    run(find(key.public_key), asked, folder=tmp_path)
    asked.is_away = True
    found = run(find(key.public_key), asked, url=NOWHERE, folder=tmp_path)
    assert (found.key_id, found.is_active) == (key.id, True)
    with pytest.raises(KeysUnavailable):
        run(find("f" * 32), asked, url=NOWHERE, folder=tmp_path)


def test_the_disk_knows_of_disabled_and_deleted_keys(
    store: redis.Redis, asked: Asked, key: ProjectKey, tmp_path: Path
) -> None:
    run(find(key.public_key), asked, folder=tmp_path)
    _disable(key)
    run(find(key.public_key), asked, folder=tmp_path)
    away = Asked()
    away.is_away = True
    assert not run(find(key.public_key), away, url=NOWHERE, folder=tmp_path).is_active
    ProjectKey.objects.all().delete()
    publish_key(key.public_key)
    run(find(key.public_key), asked, folder=tmp_path)
    with pytest.raises(KeysUnavailable):
        run(find(key.public_key), away, url=NOWHERE, folder=tmp_path)


def test_a_known_key_does_not_wait_for_servers_that_hang(
    store: redis.Redis, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_S", 0.0)
    is_slow = threading.Event()

    def slow(public_key: str) -> KeyInfo | None:
        is_slow.wait(1.0)
        return load_key(public_key)

    async def work(keys: Keyring) -> float:
        is_slow.set()
        await keys.find(key.public_key)
        is_slow.clear()
        store.delete(mirror_name(key.public_key))
        began = time.monotonic()
        assert (await keys.find(key.public_key)).is_active  # type: ignore[union-attr]
        return time.monotonic() - began

    assert run(work, slow) < 0.8


def test_a_key_disabled_while_valkey_is_away_is_found_out(
    asked: Asked, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_S", 0.0)
    monkeypatch.setattr(keyring, "ASK_AGAIN_S", 0.2)

    async def work(keys: Keyring) -> None:
        assert (await keys.find(key.public_key)).is_active  # type: ignore[union-attr]
        await in_thread(lambda: ProjectKey.objects.update(is_active=False))

        async def is_disabled() -> bool:
            info = await keys.find(key.public_key)
            return info is not None and not info.is_active

        await until(is_disabled)

    run(work, asked, url=NOWHERE)


def test_what_valkey_missed_is_put_right(
    store: redis.Redis, asked: Asked, key: ProjectKey
) -> None:
    gone = make_project().keys.get()
    for one in (key, gone):
        publish_key(one.public_key)
    # Changes whose news did not arrive.
    ProjectKey.objects.filter(pk=key.pk).update(is_active=False)
    ProjectKey.objects.filter(pk=gone.pk).delete()
    assert refresh_mirrors() == 2
    assert not run(find(key.public_key), asked).is_active
    assert run(find(gone.public_key), asked) is None
    assert asked.count == 0
    assert refresh_mirrors() == 0
