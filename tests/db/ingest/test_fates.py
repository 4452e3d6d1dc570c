"""What became of refused ids is remembered, within bounds of time and space."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import redis

from ingest import fates
from ingest.fates import Fate, Fates
from ingest.outcomes import Outcome

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ID = "f" * 31 + "1"


def remember(project_id: int, *event_ids: str, at: datetime = AT) -> None:
    memory = Fates()
    for event_id in event_ids:
        memory.remember(project_id, event_id, Outcome.FILTERED, "localhost", at)
    memory.write()


def reasons(project_id: int, event_id: str) -> list[str]:
    return [fate.reason for fate in fates.find(project_id, event_id)]


def test_a_fate_is_told_as_it_was_remembered(store: redis.Redis) -> None:
    memory = Fates()
    memory.remember(1, ID, Outcome.INVALID, "a:b", AT, category="feedback")
    memory.write()
    assert fates.find(1, ID) == [Fate("feedback", Outcome.INVALID, "a:b", AT)]


def test_an_id_is_remembered_for_its_own_project_only(store: redis.Redis) -> None:
    remember(1, ID)
    assert fates.find(1 + fates.BUCKETS, ID) == []


def test_of_an_id_the_latest_fate_in_each_category_is_told(store: redis.Redis) -> None:
    memory = Fates()
    memory.remember(1, ID, Outcome.FILTERED, "first", AT)
    later = AT + timedelta(minutes=1)
    memory.remember(1, ID, Outcome.FILTERED, "second", later)
    memory.remember(1, ID, Outcome.TOO_LARGE, "event", AT, category="attachment")
    memory.write()
    assert reasons(1, ID) == ["second", "event"]


def test_the_edges_command_remembers_the_same(store: redis.Redis) -> None:
    fate = Fate("error", Outcome.RATE_LIMITED, "key", AT)
    _, script, keys, *rest = fates.command(3, ID, fate)
    store.eval(str(script), int(keys), *rest)
    assert fates.find(3, ID) == [fate]


def test_nothing_to_remember_costs_no_call(store: redis.Redis) -> None:
    store.config_resetstat()
    Fates().write()
    assert "cmdstat_eval" not in store.info("commandstats")


def test_a_flood_drives_out_the_oldest_and_takes_bounded_space(
    store: redis.Redis,
) -> None:
    remember(1, ID)
    for _ in range(20):
        remember(1, *[uuid.uuid4().hex for _ in range(fates.BUCKET_MAX // 4)])
    last = uuid.uuid4().hex
    remember(1, last)
    held = sum(store.hlen(name) for name in store.keys("errtrack:fates:*"))
    assert held <= 2.5 * fates.BUCKET_MAX
    assert reasons(1, ID) == []
    assert reasons(1, last) == ["localhost"]


def test_a_flood_leaves_other_projects_their_memory(store: redis.Redis) -> None:
    remember(2, ID)
    for _ in range(20):
        remember(1, *[uuid.uuid4().hex for _ in range(fates.BUCKET_MAX // 4)])
    assert reasons(2, ID) == ["localhost"]


@pytest.mark.parametrize("age_s", [0, fates.KEPT_S // 2 - 60])
def test_a_fate_outlives_half_the_time_whenever_it_came(
    store: redis.Redis, age_s: int
) -> None:
    remember(1, uuid.uuid4().hex)
    new, old = "errtrack:fates:1:new", "errtrack:fates:1:old"
    store.expire(new, fates.KEPT_S - age_s)
    remember(1, ID)
    store.expire(new, fates.KEPT_S // 2 - 1)
    remember(1, uuid.uuid4().hex)
    assert reasons(1, ID) == ["localhost"]
    assert store.ttl(old) >= fates.KEPT_S // 2 - 60
    assert store.ttl(new) > fates.KEPT_S - 60
