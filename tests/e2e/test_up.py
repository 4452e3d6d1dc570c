"""`errtrack up` starts, stops, survives and refuses as it promises."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.core import signing

from errtrack.embedded import addresses
from tests.e2e.service import (
    ERRTRACK,
    STOP_TIMEOUT_S,
    Service,
    alive,
    run,
    started,
    wait_for,
)

pytestmark = pytest.mark.slow

RECOVERY_TIMEOUT_S = 5.0


@dataclass
class Prepared:
    """A data folder on which errtrack has run before, and what `init` said there."""

    data: Path
    first: dict[str, str]

    def copy_to(self, data: Path) -> Path:
        return Path(shutil.copytree(self.data, data, symlinks=True))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    data = tmp_path_factory.mktemp("prepared") / "data"
    done = run("init", "--json", data=data)
    assert done.returncode == 0, done.stderr
    return Prepared(data, json.loads(done.stdout))


@pytest.fixture
def data(prepared: Prepared, tmp_path: Path) -> Path:
    """A copy of the prepared folder, for one test."""
    return prepared.copy_to(tmp_path / "data")


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    with started(data) as service:
        yield service


@contextmanager
def stream_of(service: Service) -> Iterator[http.client.HTTPResponse]:
    """What a page that is looked at holds open."""
    signer = signing.Signer(
        key=(service.data / "secret_key").read_text().strip(), salt="projects.news"
    )
    ticket = signer.sign_object([time.time() + 60, 1, [1]])
    address = f"{service.url}/live/?ticket={ticket}"
    with urllib.request.urlopen(address, timeout=STOP_TIMEOUT_S) as stream:
        assert stream.readline() == b"retry: 10000\n"
        assert stream.readline() == b"\n"
        yield stream


def test_first_start_says_where_to_begin(tmp_path: Path) -> None:
    with started(tmp_path / "new" / "data") as service:
        wait_for(lambda: service.get("/health/ready") == 200)
        assert re.fullmatch(rf"http://\w+@{service.url[7:]}/\d+", service.dsn)
        assert re.search(r"Sign in +admin@example.com +\S+\n", service.log)
        assert f'sentry_sdk.init("{service.dsn}")' in service.log


def test_libraries_do_not_talk_into_what_it_says(service: Service) -> None:
    wait_for(lambda: service.get("/health/ready") == 200)
    service.stop()
    first, *_, last = said = service.log.splitlines()
    assert first.startswith("errtrack ")
    assert last == "Stopping …"
    assert not [line for line in said if "celery" in line or "worker:" in line]


def test_second_start_finds_the_same_project(data: Path) -> None:
    dsns = set()
    for _ in range(2):
        with started(data, env={"ERRTRACK_URL": "http://errors.example"}) as service:
            dsns.add(service.dsn)
            assert "the password of the first start" in service.log
    assert len(dsns) == 1


def test_two_folders_run_side_by_side(
    service: Service, prepared: Prepared, tmp_path: Path
) -> None:
    with started(prepared.copy_to(tmp_path / "other")) as other:
        assert other.url != service.url
        assert other.get("/health/live") == service.get("/health/live") == 200


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_within_ten_seconds(
    service: Service, signum: signal.Signals
) -> None:
    family = service.descendants()
    with stream_of(service) as stream:
        assert service.stop(signum) < STOP_TIMEOUT_S
        assert stream.read() == b""
    assert service.process.returncode == 0
    assert alive(family) == []


def test_killed_supervisor_leaves_no_process_and_no_lock(service: Service) -> None:
    family = service.descendants()
    service.process.kill()
    service.process.wait()
    wait_for(lambda: not alive(family))
    with started(service.data) as again:
        assert again.get("/health/live") == 200


def test_next_start_need_not_wait_after_a_kill(service: Service) -> None:
    service.process.kill()
    with started(service.data) as again:
        assert again.get("/health/live") == 200


def test_stale_files_of_a_dead_postgres_do_not_block(data: Path) -> None:
    # As after a power failure: files of a process whose id another one has now.
    (data / "postgresql" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{data}/postgresql\n0\n5432\n{data}/run\n\n0 0\nready\n"
    )
    (data / "processes.json").write_text(
        json.dumps([{"pid": os.getpid(), "started_at": 0.0, "kill_signal": 9}])
    )
    with started(data) as service:
        assert service.get("/health/live") == 200


@pytest.mark.parametrize("name", ["postgres", "valkey-server"])
def test_killed_server_is_started_again(service: Service, name: str) -> None:
    victim = next(each for each in service.descendants() if each.name() == name)
    victim.kill()
    wait_for(lambda: "starts again" in service.log)
    wait_for(lambda: name in {each.name() for each in service.descendants()})
    assert service.get("/health/live") == 200


def test_busy_backend_does_not_keep_a_killed_postgres_down(service: Service) -> None:
    wait_for(lambda: service.get("/health/ready") == 200)
    supervisor = psutil.Process(service.process.pid)
    postgres = next(each for each in supervisor.children() if each.name() == "postgres")
    with closing(psycopg.connect(addresses.database_url(service.data))) as connection:
        # It looks neither at its socket nor for its parent.
        connection.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        connection.pgconn.flush()
        backend = psutil.Process(connection.info.backend_pid)
        wait_for(lambda: backend.cpu_times().user > 0.05)
        postgres.kill()
        wait_for(lambda: postgres.pid not in {it.pid for it in supervisor.children()})
        wait_for(lambda: service.get("/health/ready") == 200, RECOVERY_TIMEOUT_S)
    assert alive([backend]) == []


def test_killed_processes_are_started_again(service: Service) -> None:
    supervisor = psutil.Process(service.process.pid)
    forks = [each for each in supervisor.children() if each.name() == "errtrack"]
    assert len(forks) == 3
    for fork in forks:
        fork.kill()
    wait_for(lambda: len(set(supervisor.children()) - set(forks)) == 5)
    assert service.get("/health/live") == 200


def test_second_service_on_a_folder_is_refused(service: Service) -> None:
    refused = run("up", "--bind", "127.0.0.1:0", data=service.data)
    assert_refused(refused, f"errtrack already runs on {service.data}")


def test_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = run("up", "--bind", bind, data=tmp_path / "data")
    assert_refused(refused, f"{bind} is in use")


@pytest.mark.parametrize(
    ("bind", "sentence"),
    [
        ("8000", "Expected an address like 127.0.0.1:8000, got '8000'"),
        ("192.0.2.1:8000", "Cannot listen on 192.0.2.1:8000"),
    ],
)
def test_impossible_address_is_said(tmp_path: Path, bind: str, sentence: str) -> None:
    assert_refused(run("up", "--bind", bind, data=tmp_path / "data"), sentence)


def test_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = run("up", "--bind", "127.0.0.1:0", data=file)
    assert_refused(refused, f"{file} is not a folder.")


def test_impossible_data_folder_is_said() -> None:
    # Where not even root may make a folder.
    refused = run("up", "--bind", "127.0.0.1:0", data=Path("/proc/errtrack"))
    assert_refused(refused, "The data folder /proc/errtrack cannot be made:")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("VERSION", "is of version 999, this errtrack reads version 1"),
        ("postgresql/PG_VERSION", "was made by PostgreSQL 999, this errtrack brings"),
    ],
)
def test_data_of_another_version_is_left_alone(
    data: Path, file: str, sentence: str
) -> None:
    (data / file).write_text("999\n")
    for command in ("up", "migrate"):
        assert_refused(run(command, data=data), sentence)


def test_named_servers_are_used_instead(tmp_path: Path) -> None:
    data = tmp_path / "data"
    named = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"].replace("db=0", "db=7"),
    }
    with started(data, env=named) as service:
        assert service.get("/health/live") == 200
        names = {each.name() for each in service.descendants()}
    assert names == {"errtrack"}
    assert not (data / "postgresql").exists()


def test_unreachable_servers_are_said(tmp_path: Path) -> None:
    named = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    refused = run("up", "--bind", "127.0.0.1:0", data=tmp_path / "data", env=named)
    assert_refused(refused, "errtrack: Cannot use Valkey: ")


def test_init_tells_the_same_at_each_call(prepared: Prepared, data: Path) -> None:
    again = json.loads(run("init", "--json", data=data).stdout)
    assert prepared.first == {**again, "password": prepared.first["password"]}
    names = {"dsn", "url", "organization", "project", "api_token", "email"}
    assert set(again) == names


def test_init_takes_the_owner_from_the_environment(tmp_path: Path) -> None:
    chosen = {"ERRTRACK_OWNER_EMAIL": "me@example.org"}
    chosen["ERRTRACK_OWNER_PASSWORD"] = "a password of mine"
    said = json.loads(run("init", "--json", data=tmp_path / "d", env=chosen).stdout)
    assert said["email"] == "me@example.org"
    assert "password" not in said


def test_commands_find_the_running_service(service: Service) -> None:
    said = json.loads(run("init", "--json", data=service.data).stdout)
    assert said["dsn"] == service.dsn
    assert said["url"] == service.url


def test_test_event_goes_to_the_running_service(service: Service) -> None:
    sent = run("send-test-event", data=service.data)
    assert re.fullmatch(r"[0-9a-f]{32}\n", sent.stdout), sent.stderr


def test_lost_test_event_is_said(data: Path) -> None:
    dsn = f"http://{'0' * 32}@127.0.0.1:1/1"
    lost = run("send-test-event", "--dsn", dsn, data=data)
    assert_refused(lost, f"was not accepted by {dsn}")


def test_commands_do_without_a_service(data: Path) -> None:
    done = run("showmigrations", "issues", data=data)
    assert done.returncode == 0, done.stderr
    assert "[X] 0001_initial" in done.stdout


def test_unknown_command_starts_nothing(tmp_path: Path) -> None:
    done = run("pu", data=tmp_path / "data")
    assert done.returncode == 1
    assert "Unknown command: 'pu'" in done.stderr
    assert not (tmp_path / "data" / "postgresql").exists()


def test_processes_alone_need_servers(tmp_path: Path) -> None:
    for command in ("web", "worker", "beat"):
        options = ["--bind", "127.0.0.1:0"] if command == "web" else []
        refused = run(command, *options, data=tmp_path / "data")
        assert_refused(refused, "No errtrack runs on")


def test_secrets_are_closed_to_others(data: Path) -> None:
    for name in ("secret_key", "postgresql", "valkey", "logs", "run"):
        assert (data / name).stat().st_mode & 0o077 == 0, name


def test_runs_as_an_ordinary_user() -> None:
    if os.geteuid() != 0:
        pytest.skip("the whole run is an ordinary user's")
    nobody = pwd.getpwnam("nobody")
    who: dict[str, Any] = {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        try:
            subprocess.run([str(ERRTRACK), "--version"], check=True, **who)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip(f"an ordinary user cannot reach {ERRTRACK}")
        data = Path(home) / "data"
        with started(data, env={"HOME": home}, cwd=home, **who) as service:
            assert service.get("/health/live") == 200
            family = service.descendants()
            assert {each.uids().effective for each in family} == {nobody.pw_uid}


def test_as_root_the_servers_are_an_ordinary_users(service: Service) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root's servers change their user")
    for process in service.descendants():
        is_server = process.name() in ("postgres", "valkey-server")
        assert (process.uids().effective != 0) == is_server


def test_no_folder_of_root_is_opened(prepared: Prepared, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with started(prepared.copy_to(closed / "data")) as service:
        assert service.get("/health/live") == 200
    assert closed.stat().st_mode & 0o777 == 0o700


def assert_refused(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    """It ended with an error and one line that has this in it."""
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
