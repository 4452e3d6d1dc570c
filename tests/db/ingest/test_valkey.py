"""The one connection: order, deadlines, loss and return."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings

from ingest.valkey import (
    MAX_WAITING_BYTES,
    Script,
    Valkey,
    ValkeyLost,
    ValkeyReplyError,
    ValkeyUnavailable,
)


def run(work: Callable[[Valkey], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        valkey = Valkey(options.pop("url", settings.REDIS_URL), **options)
        try:
            return await work(valkey)
        finally:
            await valkey.close()

    return asyncio.run(main())


def kill_others(store: redis.Redis) -> None:
    store.client_kill_filter(_type="normal", skipme=True)


def test_replies_find_their_calls(store: redis.Redis) -> None:
    async def work(valkey: Valkey) -> list[Any]:
        await valkey.call("PING")
        return await asyncio.gather(*(valkey.call("ECHO", n) for n in range(2000)))

    assert run(work) == [b"%d" % n for n in range(2000)]


def test_an_error_reaches_its_call_only(store: redis.Redis) -> None:
    async def work(valkey: Valkey) -> list[Any]:
        calls = [valkey.call("PING"), valkey.call("NONSENSE"), valkey.call("PING")]
        return await asyncio.gather(*calls, return_exceptions=True)

    first, error, last = run(work)
    assert (first, last) == (b"PONG", b"PONG")
    assert isinstance(error, ValkeyReplyError)


def test_a_script_is_loaded_when_it_is_missing(store: redis.Redis) -> None:
    script = Script("return {KEYS[1], ARGV[1]}")

    async def work(valkey: Valkey) -> list[Any]:
        replies = []
        for _ in range(2):
            store.script_flush()
            replies.append(await valkey.run(script, "key", "value", keys=1))
        replies.append(await valkey.run(script, "key", "value", keys=1))
        return replies

    assert run(work) == [[b"key", b"value"]] * 3


def test_what_is_told_is_done(store: redis.Redis) -> None:
    async def work(valkey: Valkey) -> Any:
        await valkey.call("PING")
        valkey.tell("SET", "told", "yes")
        valkey.tell("NONSENSE")
        return await valkey.call("GET", "told")

    assert run(work) == b"yes"


def test_a_lost_connection_fails_what_waits_and_comes_back(store: redis.Redis) -> None:
    async def work(valkey: Valkey) -> Any:
        waiting = [asyncio.create_task(valkey.call("BLPOP", "no", 0))]
        waiting += [asyncio.create_task(valkey.call("PING")) for _ in range(3)]
        await asyncio.sleep(0.05)
        kill_others(store)
        failures = await asyncio.gather(*waiting, return_exceptions=True)
        return failures, await valkey.call("PING")

    failures, after = run(work)
    assert {type(failure) for failure in failures} == {ValkeyLost}
    assert after == b"PONG"


def test_a_silent_server_is_given_up(store: redis.Redis) -> None:
    async def work(valkey: Valkey) -> Any:
        started = time.monotonic()
        with pytest.raises(ValkeyLost):
            await valkey.call("BLPOP", "no", 0)
        return time.monotonic() - started, await valkey.call("PING")

    took_s, after = run(work, deadline_s=0.2)
    assert 0.1 < took_s < 5
    assert after == b"PONG"


def test_what_waits_is_bounded(store: redis.Redis) -> None:
    piece = b"x" * 2**20
    most = MAX_WAITING_BYTES // 2**20

    async def work(valkey: Valkey) -> Any:
        blocked = asyncio.create_task(valkey.call("BLPOP", "go", 0))
        await asyncio.sleep(0.05)
        calls = [asyncio.create_task(valkey.call("ECHO", piece)) for _ in range(50)]
        await asyncio.sleep(0.05)
        store.lpush("go", "on")
        await blocked
        return await asyncio.gather(*calls, return_exceptions=True)

    replies = run(work)
    refused = sum(isinstance(reply, ValkeyUnavailable) for reply in replies)
    assert replies.count(piece) == most - 1
    assert refused == 50 - (most - 1)


def test_an_absent_server_is_not_asked_again_at_once() -> None:
    async def work(valkey: Valkey) -> list[type[BaseException]]:
        calls = [valkey.call("PING") for _ in range(100)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        with pytest.raises(ValkeyUnavailable, match="just now"):
            await valkey.call("PING")
        with pytest.raises(ValkeyUnavailable):
            valkey.tell("PING")
        return [type(failure) for failure in failures]

    failures = run(work, url="unix:///nowhere/valkey.sock")
    assert set(failures) == {ValkeyUnavailable}


def test_a_password_and_another_database(store: redis.Redis) -> None:
    store.acl_setuser(
        "someone",
        enabled=True,
        reset=True,
        passwords=["+open sesame"],
        keys=["*"],
        commands=["+@all"],
    )
    path = urlsplit(settings.REDIS_URL).path
    url = f"unix://someone:open%20sesame@{path}?db=3"

    async def work(valkey: Valkey) -> Any:
        name = await valkey.call("ACL", "WHOAMI")
        return name, b"db=3" in await valkey.call("CLIENT", "INFO")

    assert run(work, url=url) == (b"someone", True)
    with pytest.raises(ValkeyUnavailable, match="WRONGPASS"):
        run(work, url=url.replace("sesame", "barley"))
    store.acl_deluser("someone")
