"""What monitors are judged by: how far the digest is, and when we were away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from ingest import attendance
from ingest.attendance import ON_THE_WAY, SILENCE_MAX_S, Horizon, horizon, sign
from ingest.stream import ShardStream, encode_head, names
from monitors.detection import Gap
from projects.models import Project
from tests.factories import make_entry
from tests.monitoring import NOON, at

pytestmark = pytest.mark.usefixtures("store")

NOW_S = NOON.timestamp()
EVERY = timedelta(seconds=5)


@pytest.fixture
def open_since_morning(store: redis.Redis) -> None:
    """Signs until noon; there was no time before that."""
    sign(at("11:59:55").timestamp())
    store.delete(attendance.GAPS)
    sign(NOW_S)


def wait(store: Any, *clocks: str) -> None:
    """Entries that were received at these times and are not digested."""
    for clock in clocks:
        entry = make_entry(Project(pk=1), received_at=at(clock))
        fields = {"head": encode_head(entry), "body": entry.body}
        store.xadd(names(0).stream, fields)


@pytest.mark.usefixtures("open_since_morning")
def test_all_is_known_but_what_is_on_its_way() -> None:
    sign(NOW_S + 60)
    sign(at("12:01").timestamp())
    assert horizon(0, at("12:01")).until == at("12:01") - ON_THE_WAY


@pytest.mark.usefixtures("open_since_morning")
def test_steady_signs_leave_no_gap() -> None:
    for n in range(20):
        sign(NOW_S + n * EVERY.total_seconds())
    assert horizon(0, at("12:01")).gaps == []


@pytest.mark.usefixtures("open_since_morning")
def test_nothing_is_known_since_the_last_sign() -> None:
    assert horizon(0, at("15:00")) == Horizon(NOON, [])


@pytest.mark.usefixtures("open_since_morning")
def test_silence_is_a_gap_once_it_is_over() -> None:
    sign(at("15:00").timestamp())
    sign(at("15:00:05").timestamp())
    assert horizon(0, at("15:00:10")).gaps == [Gap(NOON, at("15:00"))]


@pytest.mark.usefixtures("open_since_morning")
def test_processes_share_their_signs() -> None:
    """One of two was away, and one's clock is behind."""
    for clock in ("12:00:10", "12:00:20", "12:00:15", "12:00:30"):
        sign(at(clock).timestamp())
    assert horizon(0, at("12:00:35")).gaps == []


def test_before_the_first_sign_nothing_is_known() -> None:
    assert horizon(0, NOON).until.year == 1970
    sign(NOW_S)
    (gap,) = horizon(0, NOON).gaps
    assert (gap.start.year, gap.end) == (1970, NOON)


@pytest.mark.usefixtures("open_since_morning")
def test_backlog_holds_the_horizon_back(store: redis.Redis) -> None:
    wait(store, "11:30", "11:40")
    assert horizon(0, NOON).until == at("11:30")
    # Read and not acknowledged, it is not digested either.
    ShardStream(0).read_new(1)
    assert horizon(0, NOON).until == at("11:30")


@pytest.mark.usefixtures("open_since_morning")
def test_what_an_edge_keeps_holds_the_horizon_back(store: Any) -> None:
    sign(at("12:00:05").timestamp(), held_since=at("11:59:50").timestamp())
    sign(at("12:00:10").timestamp(), held_since=at("12:00:02").timestamp())
    sign(at("12:00:15").timestamp())
    assert horizon(0, at("12:00:20")).until == at("11:59:50")
    assert 0 < store.ttl(attendance.HELD) <= SILENCE_MAX_S


def test_so_many_gaps_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance, "GAPS_MAX", 3)
    for hour in range(6):
        sign(NOW_S + hour * 3600)
    assert [gap.end for gap in horizon(0, at("20:00")).gaps] == [
        at("15:00"),
        at("16:00"),
        at("17:00"),
    ]
