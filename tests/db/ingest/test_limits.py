"""Rate limits of keys, projects and organizations, as the append call keeps them."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta

import redis
from django.conf import settings

from ingest import limits, totals
from ingest.append import Appender, RateLimited
from ingest.limits import limited_since
from ingest.stream import ShardStream
from ingest.valkey import Valkey
from projects.limits import Limit, LimitReason
from tests.db.ingest.test_stream import ENTRY

MONTH_S = 30 * 24 * 3600


def limit(
    count: int,
    window_s: int = MONTH_S,
    *,
    of: int = 7,
    by: LimitReason = LimitReason.KEY,
) -> Limit:
    return Limit(by, f"{by}:{of}", count, window_s)


def refusals(count: int, *under: Limit) -> list[RateLimited | None]:
    """What each of so many appends at once meets; None if it is taken."""

    async def one(appender: Appender) -> RateLimited | None:
        try:
            await appender.append(ENTRY, under)
        except RateLimited as error:
            return error
        return None

    async def all_of_them() -> list[RateLimited | None]:
        valkey = Valkey(settings.REDIS_URL)
        appender = Appender(valkey)
        met = await asyncio.gather(*(one(appender) for _ in range(count)))
        await valkey.close()
        return met

    return asyncio.run(all_of_them())


def attempts(count: int, *under: Limit) -> list[int]:
    """For each of so many appends at once: 0, or the seconds to wait."""
    return [met.retry_after_s if met else 0 for met in refusals(count, *under)]


def now_s(store: redis.Redis) -> float:
    seconds, microseconds = store.time()
    return float(seconds) + microseconds / 1e6


def test_no_limit_means_none(store: redis.Redis) -> None:
    assert sum(attempts(50)) == 0
    assert store.keys("errtrack:limit*") == []


def test_a_burst_takes_exactly_what_is_allowed(store: redis.Redis) -> None:
    waits = attempts(40, limit(10))
    assert waits.count(0) == 10
    left_s = MONTH_S - now_s(store) % MONTH_S
    assert all(wait == 0 or left_s <= wait <= left_s + 2 for wait in waits)


def test_counters_are_apart(store: redis.Redis) -> None:
    assert attempts(2, limit(1, of=1)).count(0) == 1
    assert attempts(2, limit(1, of=2)).count(0) == 1
    assert attempts(2, limit(1, of=1, by=LimitReason.PROJECT)).count(0) == 1


def test_what_limits_are_not_about_is_not_counted(store: redis.Redis) -> None:
    attempts(5)
    assert attempts(2, limit(1)).count(0) == 1


def test_keys_share_the_limit_of_their_project(store: redis.Redis) -> None:
    project = limit(3, by=LimitReason.PROJECT)
    assert attempts(2, limit(9, of=1), project).count(0) == 2
    assert attempts(2, limit(9, of=2), project).count(0) == 1


def test_what_one_limit_refuses_counts_for_no_other(store: redis.Redis) -> None:
    organization = limit(3, by=LimitReason.ORGANIZATION)
    attempts(5, limit(1, of=1), organization)
    assert attempts(5, limit(9, of=2), organization).count(0) == 2


def test_of_several_limits_the_longest_wait_is_told(store: redis.Redis) -> None:
    spike = limit(1, by=LimitReason.SPIKE)
    met = refusals(3, limit(1, 60), spike, limit(100, by=LimitReason.ORGANIZATION))
    reasons = [each.reason for each in met if each]
    assert reasons == [LimitReason.SPIKE] * 2


def test_the_window_before_counts_in_proportion(store: redis.Redis) -> None:
    now = now_s(store)
    number, elapsed_s = divmod(now, MONTH_S)
    store.set(f"{limits.PREFIX}key:7:{MONTH_S}:{int(number) - 1}", 100)
    waits = attempts(200, limit(100))
    along = math.floor(100 * (1 - elapsed_s / MONTH_S))
    assert waits.count(0) == 100 - along
    assert max(waits) <= MONTH_S
    assert min(wait for wait in waits if wait) >= 1


def test_counters_go_away_by_themselves(store: redis.Redis) -> None:
    attempts(3, limit(5, 60))
    (counter,) = store.keys("errtrack:limit:*")
    assert store.get(counter) == b"3"
    assert 0 < int(store.ttl(counter)) <= 120


def test_a_refused_event_leaves_nothing_in_the_stream(store: redis.Redis) -> None:
    attempts(10, limit(2))
    assert store.xlen("errtrack:stream:0") == 2


def test_it_is_known_since_when_and_why_a_project_is_limited(
    store: redis.Redis,
) -> None:
    spike = limit(1, 600, by=LimitReason.SPIKE)
    attempts(1, spike)
    assert limited_since(ENTRY.project_id) == {}
    attempts(3, spike)
    (reason,), (since,) = zip(*limited_since(ENTRY.project_id).items(), strict=True)
    assert reason == LimitReason.SPIKE
    assert datetime.now(UTC) - since < timedelta(seconds=30)
    attempts(3, spike)
    assert limited_since(ENTRY.project_id) == {reason: since}
    (mark,) = store.keys("errtrack:limited:*")
    assert limits.LIMITED_S < int(store.ttl(mark)) <= limits.LIMITED_S + 600


def test_limits_that_cannot_be_checked_are_open_and_that_is_counted(
    store: redis.Redis, stream: ShardStream
) -> None:
    number = int(now_s(store) // MONTH_S)
    store.hset(f"{limits.PREFIX}key:7:{MONTH_S}:{number}", "no", "number")
    totals.send()
    before = totals.read().get(limits.LIMITS_OPEN, 0)
    assert attempts(3, limit(1)) == [0, 0, 0]
    assert [entry.limits_open for entry in stream.read_new(10)] == [True] * 3
    totals.send()
    assert totals.read()[limits.LIMITS_OPEN] == before + 3
