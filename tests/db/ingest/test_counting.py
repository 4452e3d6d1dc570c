"""Refusals are counted by project, and handed on exactly once."""

from __future__ import annotations

import time

import redis

from ingest import flushing
from ingest.outcomes import Outcome
from tests.corpus import PUBLIC_KEY
from tests.db.ingest.client import Client
from tests.db.ingest.conftest import KnownKeys
from tests.db.ingest.test_edge import ENVELOPE, ONE_EVENT, SESSION, envelope, event

HOUR = 3600


def refusals(store: redis.Redis) -> set[tuple[str, Outcome, str, int]]:
    taking = flushing.take(store)
    if taking is None:
        return set()
    flushing.forget(store, taking)
    for place in taking.counts:
        assert (place.project_id, place.key_id) == (1, 7)
        assert abs(place.hour - time.time() / HOUR) < 2
    return {
        (place.category, place.outcome, place.reason, count)
        for place, count in taking.counts.items()
    }


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
