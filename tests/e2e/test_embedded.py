"""The private servers of a data folder, without the service on top."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis

from errtrack.embedded import addresses, logfiles, servers
from errtrack.embedded.postgres import Postgres
from errtrack.embedded.valkey import Valkey
from tests.e2e.service import ERRTRACK, environment

pytestmark = pytest.mark.slow


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    first, second = servers.make_servers(tmp_path, [Postgres, Valkey])
    for server in (first, second):
        server.start()
    servers.wait_until_ready([first, second])
    with psycopg.connect(addresses.database_url(tmp_path)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(addresses.redis_url(tmp_path)) as client:
        client.set("kept", "42")
    for server in (first, second):
        assert server.process is not None
        server.process.kill()
        server.process.wait()
    with servers.running(tmp_path, [Postgres, Valkey]):
        with psycopg.connect(addresses.database_url(tmp_path)) as connection:
            assert connection.execute("TABLE kept").fetchall() == [(42,)]
        with redis.Redis.from_url(addresses.redis_url(tmp_path)) as client:
            assert client.get("kept") == b"42"


def test_text_is_utf8_and_sorts_the_same_everywhere(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path, [Postgres]),
        psycopg.connect(addresses.database_url(tmp_path)) as connection,
    ):
        row = connection.execute(
            "SELECT current_setting('server_encoding'), datlocprovider, datlocale"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("UTF8", "b", "C.UTF-8")


def test_a_path_too_long_for_sockets_is_no_obstacle(tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 20) / ("deeper" * 10)
    data.mkdir(parents=True)
    with (
        servers.running(data, [Postgres, Valkey]),
        psycopg.connect(addresses.database_url(data)) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
    shutil.rmtree(addresses.socket_folder(data))


def test_two_commands_at_once_take_turns(tmp_path: Path) -> None:
    command = [str(ERRTRACK), "showmigrations", "--data", str(tmp_path / "data")]
    both = [subprocess.Popen(command, env=environment()) for _ in "12"]
    assert [process.wait(60) for process in both] == [0, 0]


def test_long_log_keeps_only_its_end(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "valkey.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * logfiles.MAX_BYTES + b"the end")
    logfiles.trim(tmp_path)
    assert log.read_bytes() == b""
    kept = log.with_suffix(".log.old").read_bytes()
    assert kept.endswith(b"the end")
    assert len(kept) < logfiles.MAX_BYTES
