"""Refusals are counted by project, and handed on exactly once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import redis
from pytest_django import Settings

from ingest import fates, flushing
from ingest.counting import FATES_PER_S
from ingest.outcomes import Outcome
from tests.corpus import PUBLIC_KEY
from tests.db.ingest.client import Client, call
from tests.db.ingest.conftest import KnownKeys
from tests.db.ingest.test_edge import (
    ENVELOPE,
    ID,
    ONE_EVENT,
    OTHER_ID,
    SESSION,
    STORE,
    envelope,
    event,
)

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
        ("error", Outcome.TOO_LARGE, "event", 1),
    }
    assert refusals(store) == set()


def test_every_record_of_a_refused_envelope_is_counted_in_its_category(
    client: Client, store: redis.Redis
) -> None:
    logs = ({"type": "log", "item_count": 3, "length": 9}, b"x" * 9)
    body = envelope(event(b"x" * (2**20 + 1)), logs, SESSION, event_id=ID)
    client.post(ENVELOPE, body)
    other = f"http://{'0' * 32}@localhost/1"
    client.post(ENVELOPE, envelope(event(), SESSION, dsn=other))
    client.post(STORE, b"{bad")
    assert refusals(store) == {
        ("error", Outcome.TOO_LARGE, "event", 1),
        ("log_item", Outcome.TOO_LARGE, "event", 3),
        ("session", Outcome.TOO_LARGE, "event", 1),
        ("error", Outcome.INVALID, "dsn", 1),
        ("session", Outcome.INVALID, "dsn", 1),
        ("error", Outcome.INVALID, "json", 1),
    }


def test_what_is_refused_for_a_full_queue_is_counted_once(
    make_client: Callable[[], Client],
    keys: KnownKeys,
    store: redis.Redis,
    settings: Settings,
) -> None:
    settings.SPOOL_MAX_BYTES = 0
    client = make_client()
    keys.limit(1)
    client.post(ENVELOPE, ONE_EVENT)
    store.set("errtrack:stream:0:bytes", 2**40)
    assert client.post(ENVELOPE, envelope(event(), SESSION)).status == 503
    assert refusals(store) == {
        ("error", Outcome.OVERLOADED, "stream", 1),
        ("session", Outcome.OVERLOADED, "stream", 1),
    }


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


def test_the_fate_of_a_refused_event_is_remembered(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.limit(1)
    client.post(ENVELOPE, ONE_EVENT)
    assert fates.find(1, ID) == []
    client.post(ENVELOPE, envelope(SESSION, event(), event_id=ID))
    client.post(ENVELOPE, envelope(event(b"x" * (2**20 + 1)), event_id=OTHER_ID))
    (limited,), (large,) = fates.find(1, ID), fates.find(1, OTHER_ID)
    assert limited[:3] == ("error", Outcome.RATE_LIMITED, "key")
    assert large[:3] == ("error", Outcome.TOO_LARGE, "event")


def test_a_flood_of_refusals_remembers_a_bounded_number_a_second(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.limit(1)
    calls = [
        call(ENVELOPE, envelope(event(), event_id=uuid.uuid4().hex)) for _ in range(300)
    ]
    client.send_all(calls)
    client.post(ENVELOPE, ONE_EVENT)
    held = sum(store.hlen(name) for name in store.keys("errtrack:fates:*"))
    assert FATES_PER_S <= held < 300
    assert {count for *_, count in refusals(store)} == {300}


def test_a_disabled_key_is_refused_and_counted(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.change(is_active=False)
    assert client.post(ENVELOPE, ONE_EVENT).status == 403
    assert refusals(store) == {("unknown", Outcome.REJECTED, "disabled_key", 1)}
    assert PUBLIC_KEY in keys
