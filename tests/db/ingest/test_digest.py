"""A drain stores what waits, once, whatever was delivered before or fails."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
import redis
from django.db import connection

from ingest import ahead, digest
from ingest.batches import Batch, Here
from ingest.models import OutcomeCount, PoisonEntry
from ingest.poison import ShardHalted
from ingest.preparation import Known
from ingest.stream import Entry, ShardStream
from issues import store
from issues.locks import SHARD_CLASS
from issues.models import Event, IssueState
from projects import valkey
from projects.models import Project
from tests.appending import append
from tests.factories import make_entry, make_payload, make_project

SHARD = 0

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def stream_length() -> int:
    return ShardStream(SHARD).backlog().entries


def test_drain_stores_and_acknowledges_everything(project: Project) -> None:
    append(*[make_entry(project) for _ in range(5)])
    assert digest.drain(SHARD).events == 5
    assert Event.objects.count() == 5
    backlog = ShardStream(SHARD).backlog()
    assert (backlog.entries, backlog.bytes) == (0, 0)


def test_sleeping_shard_is_woken_by_the_next_entry(project: Project) -> None:
    queue = "errtrack"
    append(make_entry(project), make_entry(project))
    assert valkey.blocking().llen(queue) == 1
    digest.drain(SHARD)
    append(make_entry(project))
    assert valkey.blocking().llen(queue) == 2


def test_what_a_dead_process_had_read_is_taken_over_at_once(project: Project) -> None:
    append(*[make_entry(project) for _ in range(3)])
    assert len(ShardStream(SHARD).read_new(10)) == 3
    assert digest.drain(SHARD).events == 3
    assert stream_length() == 0


def test_redelivery_after_the_commit_changes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Died

    append(*[make_entry(project) for _ in range(3)])
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge", die)
        with pytest.raises(Died):
            digest.drain(SHARD)
    assert Event.objects.count() == 3
    assert digest.drain(SHARD).events == 0
    assert IssueState.objects.get().event_count == 3
    assert (outcomes("accepted"), outcomes("duplicate")) == (3, 0)
    assert stream_length() == 0


def test_committed_entries_among_others_that_wait_take_effect_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    class Died(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Died

    # Entries without any id of their own, more than are claimed at a time.
    settings.BATCH = 2
    append(*[make_entry(project, body=b"{not json") for _ in range(7)])
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge", die)
        for _ in range(2):
            with pytest.raises(Died):
                digest.drain(SHARD)
    digest.drain(SHARD)
    assert outcomes("invalid") == 7
    assert stream_length() == 0


def outcomes(outcome: str) -> int:
    counts = OutcomeCount.objects.filter(outcome=outcome)
    return sum(counts.values_list("count", flat=True))


class Busy(Here):
    """While it prepares the first batch, more entries come one by one."""

    def __init__(self, later: list[Entry]) -> None:
        super().__init__(100)
        self.sizes: list[int] = []
        self._later = later

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch:
        self.sizes.append(len(entries))
        while self._later:
            append(self._later.pop())
        return super().prepare(entries, known)


def test_a_busy_shard_is_not_drained_by_the_handful(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "PACE_S", 3.0)
    busy = Busy([make_entry(project) for _ in range(10)])
    monkeypatch.setattr(digest, "_preparer", busy)
    append(*[make_entry(project) for _ in range(30)])
    assert digest.drain(SHARD).events == 40
    assert busy.sizes == [30, 10]


def test_a_few_entries_do_not_wait_for_more(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "PACE_S", 60.0)
    began = time.monotonic()
    for _ in range(2):
        append(*[make_entry(project) for _ in range(5)])
        assert digest.drain(SHARD).events == 5
    assert time.monotonic() - began < 30


def test_second_drain_leaves_a_busy_shard_alone(project: Project) -> None:
    append(make_entry(project))
    other: Any = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [SHARD_CLASS, SHARD])
        assert digest.drain(SHARD).events == 0
        assert stream_length() == 1
        # PostgreSQL lets it go only some time after a connection was closed.
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SHARD_CLASS, SHARD])
    finally:
        other.close()
    assert digest.drain(SHARD).events == 1


def test_outcomes_are_counted_by_key(project: Project) -> None:
    append(make_entry(project, key_id=4), make_entry(project, key_id=5))
    append(make_entry(project, key_id=4, body=b"{not json"))
    digest.drain(SHARD)
    counts = OutcomeCount.objects.order_by("outcome", "key_id")
    assert list(counts.values_list("outcome", "key_id", "category", "count")) == [
        ("accepted", 4, "error", 1),
        ("accepted", 5, "error", 1),
        ("invalid", 4, "error", 1),
    ]


def test_unknown_items_do_not_harm_the_event_beside_them(project: Project) -> None:
    payload = make_payload()
    event = make_entry(project, payload).body
    body = b"\n".join(
        [
            b'{"event_id":"%s"}' % payload["event_id"].encode(),
            b'{"type":"riddle"}',
            b"what is it?",
            b'{"type":"event"}',
            event,
            b'{"type":"transaction"}',
            b"{}",
        ]
    )
    append(make_entry(project, payload, kind="envelope", body=body))
    assert digest.drain(SHARD).events == 1
    assert outcomes("unsupported") == 2


def test_an_entry_that_was_appended_twice_takes_effect_once(project: Project) -> None:
    """As happens where Valkey was lost before it answered, and the spool has it."""
    payload = make_payload()
    session = {
        "sid": uuid.uuid4().hex,
        "init": True,
        "started": "2026-11-20T10:00:00Z",
        "attrs": {"release": "shop@1.0"},
    }
    body = b"\n".join(
        [
            b"{}",
            b'{"type":"event"}',
            json.dumps(payload).encode(),
            b'{"type":"session"}',
            json.dumps(session).encode(),
        ]
    )
    append(make_entry(project, payload, kind="envelope", body=body))
    digest.drain(SHARD)
    again = make_entry(project, payload, kind="envelope", body=body, is_repeat=True)
    append(again)
    digest.drain(SHARD)
    assert (outcomes("accepted"), outcomes("duplicate")) == (2, 1)


def break_store(patch: pytest.MonkeyPatch, project: Project | None = None) -> None:
    """Makes the store fail for one project's events, or for all."""
    store_batch = store.store_batch

    def failing(events: Any, **others: Any) -> Any:
        if any(project is None or one.project_id == project.pk for one in events):
            raise ZeroDivisionError("broken")
        return store_batch(events, **others)

    patch.setattr(digest, "store_batch", failing)


def test_poisonous_entry_is_set_aside_and_the_rest_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisonous = make_project("poison")
    break_store(monkeypatch, poisonous)
    entry = make_entry(poisonous)
    append(entry, *[make_entry(project) for _ in range(4)])
    for _ in range(3):
        digest.drain(SHARD)
    assert Event.objects.count() == 4
    aside = PoisonEntry.objects.get()
    assert aside.event_id == entry.event_id
    assert "broken" in aside.reason
    assert bytes(aside.body) == entry.body
    assert stream_length() == 0


def test_entries_are_not_blamed_for_an_absent_valkey(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise redis.ConnectionError("away")

    append(make_entry(project))
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge_ids", fail)
        for _ in range(4):
            with pytest.raises(redis.ConnectionError):
                digest.drain(SHARD)
    assert not PoisonEntry.objects.exists()
    digest.drain(SHARD)
    assert stream_length() == 0
    assert IssueState.objects.get().event_count == 1


def test_unnamed_events_count_for_the_address_they_came_from(project: Project) -> None:
    payloads = [make_payload(user=None) for _ in range(3)]
    first, second, silent = payloads
    silent["sdk"] = {"name": "sentry.python", "settings": {"infer_ip": "never"}}
    append(
        make_entry(project, first, remote_ip="192.0.2.1"),
        make_entry(project, second, remote_ip="192.0.2.1"),
        make_entry(project, silent, remote_ip="192.0.2.2"),
    )
    digest.drain(SHARD)
    state = IssueState.objects.get()
    assert (state.event_count, state.user_count) == (3, 1)


def test_broken_code_halts_the_shard_and_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(*[make_entry(project) for _ in range(12)])
    with monkeypatch.context() as patch:
        break_store(patch)
        for _ in range(5):
            with pytest.raises(ShardHalted):
                digest.drain(SHARD)
    assert not PoisonEntry.objects.exists()
    assert stream_length() == 12
    assert digest.drain(SHARD).events == 12


def test_events_of_a_deleted_project_are_let_go(project: Project) -> None:
    entry = make_entry(project)
    append(entry)
    project.delete()
    for _ in range(3):
        digest.drain(SHARD)
    assert stream_length() == 0
    assert not PoisonEntry.objects.exists()
