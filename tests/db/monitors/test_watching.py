"""The task of each minute, with the digest and other workers beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ingest import attendance, tasks
from issues.locks import SHARD_CLASS
from issues.models import Event, IssueState
from issues.repair import repair
from monitors.models import CheckIn, Monitor, MonitorEnvironment
from projects import valkey
from projects.models import Project
from tests.factories import make_project
from tests.monitoring import check_in, environment, make_monitor, runs

pytestmark = pytest.mark.usefixtures("committed_db")

HOUR = timedelta(hours=1)


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


@pytest.fixture
def overdue(project: Project) -> Monitor:
    """A job of every half hour that was last seen two hours ago."""
    monitor = make_monitor(project, crontab="*/30 * * * *")
    check_in(monitor, "ok", timezone.now() - 2 * HOUR)
    return monitor


def sign(*, ago: timedelta = timedelta()) -> None:
    attendance.sign((timezone.now() - ago).timestamp())


@pytest.fixture
def always_open(committed_db: None) -> None:
    """The service was never away."""
    sign(ago=timedelta(seconds=5))
    valkey.blocking().delete(attendance.GAPS)
    sign()


def in_threads(count: int, work: Callable[[], None]) -> None:
    """Runs it in so many threads at once, each with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("always_open")
def test_task_finds_what_is_overdue(overdue: Monitor) -> None:
    tasks.watch_monitors()
    assert runs(overdue) == ["ok", "missed"]
    assert environment(overdue).next_latest_at > timezone.now()  # type: ignore[operator]  # It is expected.
    assert IssueState.objects.get().event_count == 1


@pytest.mark.usefixtures("always_open")
def test_many_workers_at_once_find_it_once(overdue: Monitor) -> None:
    check_in(overdue, "in_progress", timezone.now() - HOUR)
    MonitorEnvironment.objects.update(next_latest_at=timezone.now() - HOUR)
    in_threads(4, tasks.watch_monitors)
    assert sorted(runs(overdue)) == ["missed", "ok", "timeout"]
    assert Event.objects.count() == IssueState.objects.get().event_count == 2
    assert repair(dry_run=True).differences == 0


def test_service_that_was_away_raises_no_alarm(overdue: Monitor) -> None:
    sign(ago=3 * HOUR)
    sign()
    tasks.watch_monitors()
    assert runs(overdue) == ["ok", "unknown"]
    assert not IssueState.objects.exists()
    assert environment(overdue).standing == "ok"


def test_while_no_edge_is_there_it_waits(overdue: Monitor) -> None:
    sign(ago=3 * HOUR)
    tasks.watch_monitors()
    assert runs(overdue) == ["ok"]


@pytest.mark.usefixtures("always_open")
def test_it_waits_for_the_digest_of_the_shard(overdue: Monitor) -> None:
    """And so for the check-ins that this is just storing."""
    other: Any = connection.copy()
    waiting = threading.Thread(target=in_threads, args=(1, tasks.watch_monitors))
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [SHARD_CLASS, 0])
        waiting.start()
        _wait_for_a_waiter()
        check_in(overdue, "ok", timezone.now())
    finally:
        other.close()
        waiting.join()
    assert runs(overdue) == ["ok", "ok"]


def _wait_for_a_waiter() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                " AND classid = %s AND NOT granted",
                [SHARD_CLASS],
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for the shard")


@pytest.mark.usefixtures("always_open")
def test_each_shard_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SHARDS", 3)
    for _ in range(6):
        monitor = make_monitor(make_project(), crontab="*/30 * * * *")
        check_in(monitor, "ok", timezone.now() - 2 * HOUR)
    tasks.watch_monitors()
    assert CheckIn.objects.filter(status="missed").count() == 6
