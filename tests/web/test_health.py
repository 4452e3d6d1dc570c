"""The service says whether it is alive and ready, in time and without secrets."""

from __future__ import annotations

import re
import resource
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from errtrack import health, heartbeat, probe
from ingest import halts, spoolfile
from ingest.spoolfolder import Folder
from ingest.stream import names
from issues import partitions
from projects import valkey

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def store() -> redis.Redis:
    """A service that is well, its Valkey otherwise empty."""
    client = valkey.blocking()
    client.flushdb()
    heartbeat.give("worker")
    partitions.ensure([TODAY, TODAY + timedelta(days=1)])
    return client


@pytest.fixture(autouse=True)
def spool(settings: Settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


@pytest.fixture
def mute_server() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()


def failing(client: Client) -> set[str]:
    """The names of the checks that fail."""
    _, told = ready(client)
    return {name for name, check in told["checks"].items() if not check["ok"]}


def test_a_live_process_says_so(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_a_service_that_is_well_is_ready(client: Client) -> None:
    status, told = ready(client)
    assert (status, told["status"]) == (200, "ok")
    assert set(told["checks"]) == {
        "postgresql",
        "migrations",
        "partitions",
        "valkey",
        "worker",
        "digest",
        "backlog",
        "spool",
    }
    assert told["accepting"]


def test_liveness_asks_no_server(
    client: Client, django_assert_num_queries: Any, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_assert_num_queries(0):
        assert client.get("/health/live").status_code == 200


def test_without_a_worker_it_is_not_ready(client: Client, store: redis.Redis) -> None:
    store.flushdb()
    status, told = ready(client)
    assert (status, told["status"]) == (503, "failing")
    assert failing(client) == {"worker"}


def test_an_old_backlog_makes_it_not_ready(client: Client, store: redis.Redis) -> None:
    long_ago_ms = int((time.time() - health.BACKLOG_MAX_S - 5) * 1000)
    store.xadd(names(0).stream, {"body": b"x"}, id=f"{long_ago_ms}-0")
    assert failing(client) == {"backlog"}


def test_a_fresh_backlog_does_not(client: Client, store: redis.Redis) -> None:
    store.xadd(names(0).stream, {"body": b"x"})
    assert failing(client) == set()


def test_without_tomorrows_partition_it_is_not_ready(client: Client) -> None:
    tomorrow = TODAY + timedelta(days=1)
    partitions.drop(tomorrow)
    _, told = ready(client)
    assert failing(client) == {"partitions"}
    assert str(tomorrow) in told["checks"]["partitions"]["detail"]


def test_with_a_migration_left_it_is_not_ready(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    app, name = max(one for one in recorder.applied_migrations() if one[0] == "issues")
    recorder.record_unapplied(app, name)
    try:
        assert failing(client) == {"migrations"}
    finally:
        recorder.record_applied(app, name)


def test_without_postgresql_it_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/no/such/folder")
    status, told = ready(client)
    assert status == 503
    assert failing(client) == {"postgresql", "migrations", "partitions"}
    assert "/no/such" not in str(told)


def test_without_valkey_it_is_not_ready(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://user:secret@127.0.0.1:1/0"
    status, told = ready(client)
    assert status == 503
    assert failing(client) == {"valkey", "worker", "digest", "backlog"}
    assert "secret" not in str(told)


def test_without_valkey_events_are_accepted_as_long_as_they_can_be_kept(
    client: Client, settings: Settings, spool: Path
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert ready(client)[1]["accepting"]
    settings.SPOOL_MAX_BYTES = 0
    assert not ready(client)[1]["accepting"]
    assert "spool" not in failing(client)


def test_a_valkey_that_takes_no_writes_makes_it_not_ready(
    client: Client, store: redis.Redis
) -> None:
    store.config_set("maxmemory", "1mb")
    try:
        assert failing(client) == {"valkey"}
    finally:
        store.config_set("maxmemory", "0")


def keep(spool: Path, size: int) -> None:
    """Leaves a request in the spool, as an edge process does that has died."""
    folder = Folder(spool, 2**30)
    folder.take_slot()
    folder.write(0, [spoolfile.pack(b"{}", b"x" * size)])
    folder.close()


def test_what_waits_in_the_spool_is_a_warning(client: Client, spool: Path) -> None:
    keep(spool, 1000)
    status, told = ready(client)
    assert (status, told["status"]) == (200, "degraded")
    check = told["checks"]["spool"]
    assert (check["ok"], check["warning"]) == (True, True)
    assert re.fullmatch(r"\d{4} bytes wait, the oldest .* s old", check["detail"])


def test_a_full_spool_makes_it_not_ready(
    client: Client, spool: Path, settings: Settings
) -> None:
    settings.SPOOL_MAX_BYTES = 1000
    keep(spool, 2000)
    assert failing(client) == {"spool"}


def test_a_disk_that_takes_nothing_more_is_told(
    client: Client, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    now = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Like a quota that is used up: there is room, and a file cannot grow.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, now[1]))
    try:
        told = ready(client)[1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, now)
    assert not told["checks"]["spool"]["ok"]
    assert not told["accepting"]


def test_a_spool_that_cannot_be_written_makes_it_not_ready(
    client: Client, spool: Path
) -> None:
    spool.write_text("a file in the way")
    assert failing(client) == {"spool"}


def test_a_shard_that_halts_makes_it_not_ready(client: Client) -> None:
    halts.note(0)
    assert failing(client) == {"digest"}
    halts.clear(0)
    assert failing(client) == set()


def test_servers_that_hang_do_not_hold_up_the_answer(
    client: Client,
    mute_server: int,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{mute_server}/0"
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", mute_server)
    started = time.monotonic()
    status, _ = ready(client)
    assert status == 503
    assert time.monotonic() - started < health.DEADLINE_S + 1
    assert len(failing(client)) == 7


def test_containers_are_probed_by_signs_of_life(store: redis.Redis) -> None:
    assert probe.is_alive("worker")
    assert not probe.is_alive("beat")
    heartbeat.give("beat")
    assert probe.is_alive("beat")
