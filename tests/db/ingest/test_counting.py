"""Refusals are counted by project, and handed on exactly once."""

from __future__ import annotations

import time

import redis

from ingest.counting import RefusalCount, put_back_refusals, take_refusals
from ingest.outcomes import Outcome
from tests.corpus import PUBLIC_KEY
from tests.db.ingest.client import Client
from tests.db.ingest.conftest import KnownKeys
from tests.db.ingest.test_edge import ENVELOPE, ONE_EVENT, SESSION, envelope, event

HOUR = 3600


def refusals(store: redis.Redis) -> set[tuple[str, Outcome, str, int]]:
    counts = take_refusals(store)
    for one in counts:
        assert (one.project_id, one.key_id) == (1, 7)
        assert abs(one.hour - time.time() / HOUR) < 2
    return {(one.category, one.outcome, one.reason, one.count) for one in counts}


def test_what_is_refused_is_counted_and_taken_once(
    client: Client, store: redis.Redis
) -> None:
    for _ in range(3):
        client.post(ENVELOPE, b"hello")
    client.post(ENVELOPE, envelope(event(b"x" * (2**20 + 1))))
    # Of these the project is not known.
    client.post("/api/1/envelope/", ONE_EVENT)
    client.post(f"/api/1/envelope/?sentry_key={'f' * 32}", ONE_EVENT)
    assert refusals(store) == {
        ("unknown", Outcome.INVALID, "envelope", 3),
        ("unknown", Outcome.TOO_LARGE, "event", 1),
    }
    assert refusals(store) == set()


def test_limited_events_are_counted_by_category(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.limit(1)
    attachment = ({"type": "attachment", "length": 1}, b"x")
    client.post(ENVELOPE, ONE_EVENT)
    client.post(ENVELOPE, ONE_EVENT)
    client.post(ENVELOPE, envelope(event(), SESSION, attachment))
    assert refusals(store) == {
        ("error", Outcome.RATE_LIMITED, "key", 2),
        ("attachment", Outcome.RATE_LIMITED, "key", 1),
    }


def test_a_disabled_key_is_refused_and_counted(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.change(is_active=False)
    assert client.post(ENVELOPE, ONE_EVENT).status == 403
    assert refusals(store) == {("unknown", Outcome.REJECTED, "disabled_key", 1)}
    assert PUBLIC_KEY in keys


def test_what_could_not_be_stored_is_put_back(store: redis.Redis) -> None:
    counts = [
        RefusalCount(1, 7, 490_000, "error", Outcome.INVALID, "a:b", 3),
        RefusalCount(2, 8, 490_000, "error", Outcome.TOO_LARGE, "", 1),
    ]
    put_back_refusals(store, counts)
    put_back_refusals(store, counts[:1])
    put_back_refusals(store, [])
    taken = {one.project_id: one for one in take_refusals(store)}
    assert taken[1].count == 6
    assert taken[1].reason == "a:b"
    assert taken[2] == counts[1]
