"""Nothing accepted is lost or counted twice, whatever is killed at whatever moment."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import psycopg
import pytest
import redis

from tests.bench.events import Sent, Small
from tests.bench.load import Target
from tests.bench.probes import Store
from tests.e2e.apart import Apart
from tests.e2e.exactness import assert_counted_once, opened
from tests.e2e.sender import Sender, post, sending
from tests.e2e.service import Service, alive, wait_for

pytestmark = pytest.mark.slow

_SIGNATURES = 40
_STREAM = "errtrack:stream:0"
_GROUP = "digest"


@pytest.fixture(scope="module")
def supply() -> Iterator[Sent]:
    """More events than any test sends."""
    small = Small(seed=3)
    return itertools.chain.from_iterable(
        small.make(500, signatures=_SIGNATURES) for _ in itertools.count()
    )


@pytest.fixture
def store(processes: Apart) -> Iterator[Store]:
    opened = Store(processes.data)
    yield opened
    opened.close()


@pytest.fixture
def target(processes: Apart) -> Target:
    return Target.of(processes.first()["dsn"])


def test_worker_killed_between_commit_and_acknowledgement(
    processes: Apart, target: Target, supply: Iterator[Sent], store: Store
) -> None:
    processes.start("web", "worker")
    sent = list(itertools.islice(supply, 5))
    with _digest_held_up(store):
        _post_all(target, sent)
        wait_for(lambda: _unacknowledged(processes) > 0 and _is_held_up(store))
        # It can commit now, but nobody will hear its acknowledgement.
        processes.send_signal("Valkey", signal.SIGSTOP)
    wait_for(lambda: store.events_of(target.project_id) > 0)
    processes.kill("worker")
    # What was written to Valkey's socket and not read yet dies with it.
    processes.kill("Valkey")
    processes.start("Valkey")
    assert _unacknowledged(processes) > 0
    processes.start("worker", "beat")
    assert_counted_once(processes, store, target, sent)
    outcomes = "SELECT sum(count) FROM ingest_outcomecount"
    assert store.number(outcomes) == len(sent)


def test_worker_killed_within_the_transaction(
    processes: Apart, target: Target, supply: Iterator[Sent], store: Store
) -> None:
    processes.start("web", "worker")
    sent = list(itertools.islice(supply, 5))
    with _digest_held_up(store):
        _post_all(target, sent)
        wait_for(lambda: _unacknowledged(processes) > 0 and _is_held_up(store))
        processes.kill("worker")
    assert store.events_of(target.project_id) == 0
    processes.start("worker", "beat")
    assert_counted_once(processes, store, target, sent)


def test_events_are_accepted_while_postgresql_is_away(
    processes: Apart, target: Target, supply: Iterator[Sent]
) -> None:
    processes.start("web", "worker", "beat")
    sent = list(itertools.islice(supply, 60))
    _post_all(target, sent[:10])
    processes.kill("PostgreSQL")
    _post_all(target, sent[10:])
    processes.start("PostgreSQL")
    with opened(processes.data) as store:
        assert_counted_once(processes, store, target, sent)


def test_each_process_killed_in_turn_under_load(
    processes: Apart, target: Target, supply: Iterator[Sent]
) -> None:
    # Two workers, of which only one at a time may digest the only shard.
    processes.start("web", "worker", "worker-2", "beat")
    with sending(target, supply) as sender:
        for name in ("worker", "worker-2", "web", "Valkey", "PostgreSQL"):
            sender.wait_for_accepted(200)
            processes.kill(name)
            if name not in ("web", "Valkey"):
                sender.wait_for_accepted(100)
            processes.start(name)
        sender.wait_for_accepted(200)
        (web_worker,) = psutil.Process(processes.pid("web")).children()
        web_worker.kill()
        sender.wait_for_accepted(200)
    _assert_only_asked_again(sender)
    with opened(processes.data) as store:
        assert_counted_once(processes, store, target, sender.accepted)


def test_worker_ends_with_the_process_that_prepares_its_batches(
    processes: Apart, target: Target, supply: Iterator[Sent]
) -> None:
    processes.start("web", "worker", "beat")
    worker = psutil.Process(processes.pid("worker"))
    with sending(target, supply) as sender:
        wait_for(lambda: bool(worker.children()))
        sender.wait_for_accepted(200)
        worker.children()[0].kill()
        wait_for(lambda: not alive([worker]))
        processes.reap("worker")
        processes.start("worker")
        sender.wait_for_accepted(200)
    _assert_only_asked_again(sender)
    with opened(processes.data) as store:
        assert_counted_once(processes, store, target, sender.accepted)


def test_supervisor_starts_again_what_is_killed_under_load(
    running: Service, supply: Iterator[Sent]
) -> None:
    target = Target.of(running.dsn)
    with sending(target, supply) as sender:
        for place in range(len(_recorded(running))):
            sender.wait_for_accepted(100)
            _kill_and_await_successor(running, place)
            sender.wait_for_accepted(100)
    _assert_only_asked_again(sender)
    with opened(running.data) as store:
        assert_counted_once(running, store, target, sender.accepted)


@contextmanager
def _digest_held_up(store: Store) -> Iterator[None]:
    """Within the block no digest comes further than its look for duplicates."""
    with psycopg.connect(store.url) as connection:
        connection.execute("LOCK TABLE issues_event IN ACCESS EXCLUSIVE MODE")
        yield


def _is_held_up(store: Store) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return store.number(waiting) > 0


def _unacknowledged(processes: Apart) -> int:
    """Entries that a digest has read and not acknowledged."""
    with redis.Redis.from_url(processes.environment["REDIS_URL"]) as client:
        try:
            pending: dict[str, Any] = client.xpending(_STREAM, _GROUP)
        except redis.ResponseError:
            # No digest has read anything yet.
            return 0
        return int(pending["pending"])


def _post_all(target: Target, sent: list[Sent]) -> None:
    assert [post(target, event) for event in sent] == [200] * len(sent)


def _recorded(running: Service) -> list[int]:
    """The process ids of the supervisor's children, in the order of their start."""
    rows = json.loads((running.data / "processes.json").read_text())
    return [row["pid"] for row in rows]


def _kill_and_await_successor(running: Service, place: int) -> None:
    victim = _recorded(running)[place]
    psutil.Process(victim).kill()
    wait_for(lambda: _recorded(running)[place] != victim)


def _assert_only_asked_again(sender: Sender) -> None:
    """Connections may break, and a refusal must ask to come again."""
    assert set(sender.failures) <= {0, 503}
