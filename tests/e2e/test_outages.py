"""The edge goes on accepting while servers are away; then all of it is stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.bench.events import Sent, Small
from tests.bench.load import Target
from tests.e2e.apart import Apart
from tests.e2e.exactness import assert_counted_once, opened, spooled_bytes
from tests.e2e.sender import post

pytestmark = pytest.mark.slow

_SIGNATURES = 40
_STREAM_BYTES = 2**20
_SPOOL_BYTES = 400_000


@pytest.fixture(scope="module")
def supply() -> Iterator[Sent]:
    """More events than any test sends."""
    small = Small(seed=5)
    return itertools.chain.from_iterable(
        small.make(500, signatures=_SIGNATURES) for _ in itertools.count()
    )


@pytest.fixture
def target(processes: Apart) -> Target:
    return Target.of(processes.first()["dsn"])


def _accepted(target: Target, sent: list[Sent]) -> list[Sent]:
    """Those that were answered 200; the others were asked to come again."""
    statuses = [post(target, event) for event in sent]
    assert set(statuses) <= {200, 503}
    return [
        event for event, status in zip(sent, statuses, strict=True) if status == 200
    ]


def test_without_postgresql_all_is_taken_until_stream_and_spool_are_full(
    processes: Apart, target: Target, supply: Iterator[Sent]
) -> None:
    processes.environment |= {
        "ERRTRACK_STREAM_MAX_BYTES": str(_STREAM_BYTES),
        "ERRTRACK_SPOOL_MAX_BYTES": str(_SPOOL_BYTES),
    }
    processes.start("web", "worker", "beat")
    accepted = _accepted(target, list(itertools.islice(supply, 10)))
    processes.kill("PostgreSQL")
    while len(more := _accepted(target, list(itertools.islice(supply, 100)))) == 100:
        accepted += more
    accepted += more
    weight = sum(len(event.body) for event in accepted)
    assert weight > (_STREAM_BYTES + _SPOOL_BYTES) / 2
    assert spooled_bytes(processes) > _SPOOL_BYTES / 2
    processes.start("PostgreSQL")
    with opened(processes.data) as store:
        assert_counted_once(processes, store, target, accepted)


def test_a_web_process_that_begins_without_any_server_takes_events(
    processes: Apart, target: Target, supply: Iterator[Sent]
) -> None:
    processes.start("web", "worker", "beat")
    sent = list(itertools.islice(supply, 60))
    assert _accepted(target, sent[:10]) == sent[:10]
    processes.kill("Valkey")
    assert _accepted(target, sent[10:30]) == sent[10:30]
    processes.kill("PostgreSQL")
    processes.kill("web")
    # What the dead process had on disk comes first.
    assert spooled_bytes(processes) > 0
    processes.start("web")
    assert _accepted(target, sent[30:]) == sent[30:]
    processes.start("PostgreSQL", "Valkey")
    with opened(processes.data) as store:
        assert_counted_once(processes, store, target, sent)
