"""Rate limits of keys, as the append call keeps them."""

from __future__ import annotations

import asyncio
import math

import msgspec
import redis
from django.conf import settings

from ingest.append import Appender, RateLimited
from ingest.limits import counter_prefix
from ingest.valkey import Valkey
from projects.keys import KeyInfo
from tests.db.ingest.conftest import KEY
from tests.db.ingest.test_stream import ENTRY

MONTH_S = 30 * 24 * 3600


def limited(count: int, window_s: int, key_id: int = 7) -> KeyInfo:
    return msgspec.structs.replace(
        KEY, key_id=key_id, rate_limit_count=count, rate_limit_window_s=window_s
    )


def attempts(key: KeyInfo, count: int, *, is_event: bool = True) -> list[int]:
    """For each of so many appends at once: 0, or the seconds to wait."""

    async def one(appender: Appender) -> int:
        try:
            await appender.append(ENTRY, key, is_event=is_event)
        except RateLimited as error:
            return error.retry_after_s
        return 0

    async def all_of_them() -> list[int]:
        valkey = Valkey(settings.REDIS_URL)
        appender = Appender(valkey)
        waits = await asyncio.gather(*(one(appender) for _ in range(count)))
        await valkey.close()
        return waits

    return asyncio.run(all_of_them())


def now_s(store: redis.Redis) -> float:
    seconds, microseconds = store.time()
    return float(seconds) + microseconds / 1e6


def test_no_limit_means_none(store: redis.Redis) -> None:
    assert sum(attempts(limited(0, 60), 50)) == 0
    assert store.keys("errtrack:limit:*") == []


def test_a_burst_takes_exactly_what_is_allowed(store: redis.Redis) -> None:
    waits = attempts(limited(10, MONTH_S), 40)
    assert waits.count(0) == 10
    left_s = MONTH_S - now_s(store) % MONTH_S
    assert all(wait == 0 or left_s <= wait <= left_s + 2 for wait in waits)


def test_keys_are_limited_apart(store: redis.Redis) -> None:
    assert attempts(limited(1, MONTH_S, key_id=1), 2).count(0) == 1
    assert attempts(limited(1, MONTH_S, key_id=2), 2).count(0) == 1


def test_what_is_no_event_is_not_limited(store: redis.Redis) -> None:
    key = limited(1, MONTH_S)
    assert sum(attempts(key, 5, is_event=False)) == 0
    assert attempts(key, 2).count(0) == 1


def test_the_window_before_counts_in_proportion(store: redis.Redis) -> None:
    now = now_s(store)
    number, elapsed_s = divmod(now, MONTH_S)
    before = f"{counter_prefix(7)}:{MONTH_S}:{int(number) - 1}"
    store.set(before, 100)
    waits = attempts(limited(100, MONTH_S), 200)
    along = math.floor(100 * (1 - elapsed_s / MONTH_S))
    assert waits.count(0) == 100 - along
    # So much of the month before has to fall out of the window for one more.
    wait_s = MONTH_S * (1 - (100 - waits.count(0) - (100 - along)) / 100)
    assert max(waits) <= MONTH_S
    assert min(wait for wait in waits if wait) >= 1
    assert wait_s >= 0


def test_counters_go_away_by_themselves(store: redis.Redis) -> None:
    attempts(limited(5, 60), 3)
    (counter,) = store.keys("errtrack:limit:*")
    assert store.get(counter) == b"3"
    assert 0 < int(store.ttl(counter)) <= 120


def test_a_refused_event_leaves_nothing_behind(store: redis.Redis) -> None:
    attempts(limited(2, MONTH_S), 10)
    assert store.xlen("errtrack:stream:0") == 2
