"""What cannot be digested is set aside and can be tried again; broken code halts."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import Settings

from ingest import digest, halts, poison, setaside
from ingest.models import OutcomeCount, PoisonEntry
from ingest.poison import ShardHalted
from ingest.stream import Entry, ShardStream
from issues import store
from issues.models import Event
from projects import valkey
from projects.models import Project
from tests.appending import append
from tests.db.ingest.test_digest import stream_length
from tests.factories import make_entry, make_project
from tests.factories import set_aside as make_aside

SHARD = 0

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """As a worker that has just started."""
    poison._succeeded.clear()
    yield
    halts.clear(SHARD)


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


@pytest.fixture
def broken(committed_db: None) -> Project:
    """The project whose events nobody can store."""
    return make_project("broken")


@pytest.fixture
def break_store(monkeypatch: pytest.MonkeyPatch, broken: Project) -> None:
    fail_for(monkeypatch, broken, ZeroDivisionError("broken"))


def fail_for(patch: pytest.MonkeyPatch, project: Project, error: Exception) -> None:
    store_batch = store.store_batch

    def failing(events: Any, **others: Any) -> Any:
        if any(one.project_id == project.pk for one in events):
            raise error
        return store_batch(events, **others)

    patch.setattr(digest, "store_batch", failing)


def outcomes() -> dict[tuple[str, str], int]:
    rows = OutcomeCount.objects.values_list("outcome", "reason", "count")
    return {(outcome, reason): count for outcome, reason, count in rows if count}


def drain_whatever_comes() -> None:
    try:
        digest.drain(SHARD)
    except ShardHalted:
        return


@pytest.mark.usefixtures("break_store")
def test_many_poisonous_entries_among_more_good_ones_are_set_aside(
    project: Project, broken: Project
) -> None:
    append(*[make_entry(broken) for _ in range(12)])
    append(*[make_entry(project) for _ in range(30)])
    for _ in range(3):
        digest.drain(SHARD)
    assert PoisonEntry.objects.count() == 12
    assert Event.objects.count() == 30
    assert stream_length() == 0
    assert outcomes() == {("accepted", ""): 30, ("set_aside", ""): 12}


@pytest.mark.usefixtures("break_store")
def test_a_new_worker_goes_on_with_the_good_ones_until_it_can_judge(
    project: Project, broken: Project
) -> None:
    append(*[make_entry(broken) for _ in range(12)])
    with pytest.raises(ShardHalted):
        digest.drain(SHARD)
    for _ in range(3):
        append(*[make_entry(project) for _ in range(5)])
        drain_whatever_comes()
    assert Event.objects.count() == 15
    for _ in range(3):
        digest.drain(SHARD)
    assert PoisonEntry.objects.count() == 12
    assert stream_length() == 0


def test_a_halted_shard_says_so_and_goes_on_by_itself(
    broken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(*[make_entry(broken) for _ in range(12)])
    with monkeypatch.context() as patch:
        fail_for(patch, broken, ZeroDivisionError("broken"))
        for _ in range(6):
            with pytest.raises(ShardHalted, match="12 of 12"):
                digest.drain(SHARD)
        assert halts.halted_since(SHARD) is not None
    assert digest.drain(SHARD).events == 12
    assert halts.halted_since(SHARD) is None
    assert not PoisonEntry.objects.exists()


@pytest.mark.usefixtures("break_store")
def test_a_halted_shard_does_not_read_on_for_ever(
    broken: Project, settings: Settings
) -> None:
    settings.BATCH = 20
    append(*[make_entry(broken) for _ in range(100)])
    for _ in range(5):
        with pytest.raises(ShardHalted):
            digest.drain(SHARD)
    pending: Any = valkey.blocking().xpending("errtrack:stream:0", "digest")
    assert pending["pending"] <= 3 * settings.BATCH
    assert stream_length() == 100


def refused_by_postgresql(state: type[psycopg.Error]) -> OperationalError:
    error = OperationalError("as PostgreSQL says it")
    error.__cause__ = state()
    return error


def test_a_server_without_space_is_no_fault_of_the_entry(
    broken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(make_entry(broken))
    with monkeypatch.context() as patch:
        error = refused_by_postgresql(psycopg.errors.DiskFull)
        fail_for(patch, broken, error)
        for _ in range(6):
            with pytest.raises(OperationalError):
                digest.drain(SHARD)
    assert digest.drain(SHARD).events == 1
    assert not PoisonEntry.objects.exists()


def test_what_is_too_large_for_postgresql_does_not_block_the_rest(
    project: Project, broken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_for(
        monkeypatch,
        broken,
        refused_by_postgresql(psycopg.errors.ProgramLimitExceeded),
    )
    append(make_entry(broken), make_entry(project))
    for _ in range(3):
        digest.drain(SHARD)
    assert Event.objects.count() == 1
    assert PoisonEntry.objects.count() == 1


# A worker that looks at an entry of the marked project and is never seen again.
_WORKER = """
import os, sys
import django
django.setup()
from ingest import batches, digest
from django.conf import settings

project, way = int(sys.argv[1]), sys.argv[2]
prepare = batches.prepare

def deadly(entries, *arguments):
    if any(entry.project_id == project for entry in entries):
        if way == "hang":
            import re
            re.match(r"(a+)+$", "a" * 64 + "b")
        os.kill(os.getpid(), 11)
    return prepare(entries, *arguments)

batches.prepare = deadly
digest.drain(0)
"""


@pytest.fixture
def work(broken: Project) -> Callable[..., int]:
    """Runs a worker's drain in a process; gives how it ended."""
    name = connection.settings_dict["NAME"]
    url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()

    def run(way: str = "die", **environment: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", _WORKER, str(broken.pk), way],
            env={**os.environ, "DATABASE_URL": url, **environment},
            capture_output=True,
            timeout=60,
            check=False,
        )
        sys.stderr.write(done.stderr.decode())
        return done.returncode

    return run


def test_an_entry_that_kills_its_worker_is_set_aside_untouched(
    project: Project, broken: Project, work: Callable[..., int]
) -> None:
    deadly = make_entry(broken)
    append(make_entry(project), deadly, *[make_entry(project) for _ in range(5)])
    endings = [work() for _ in range(4)]
    assert endings == [-signal.SIGSEGV] * 3 + [0]
    aside = PoisonEntry.objects.get()
    assert aside.reason == "killed its worker 3 times"
    assert (aside.event_id, bytes(aside.body)) == (deadly.event_id, deadly.body)
    assert Event.objects.count() == 6
    assert stream_length() == 0


def test_an_entry_that_comes_to_no_end_is_set_aside(
    project: Project, broken: Project, work: Callable[..., int]
) -> None:
    append(make_entry(broken), make_entry(project))
    limit = {"ERRTRACK_PREPARE_MAX_S": "1", "ERRTRACK_POISON_TRIES": "2"}
    endings = [work("hang", **limit) for _ in range(3)]
    assert endings == [-signal.SIGALRM] * 2 + [0]
    assert PoisonEntry.objects.get().reason == "killed its worker 2 times"
    assert Event.objects.count() == 1


def test_others_do_not_suffer_from_who_died_beside_them(
    project: Project, broken: Project
) -> None:
    append(*[make_entry(project) for _ in range(5)])
    stream = ShardStream(SHARD)
    assert len(stream.read_new(10)) == 5
    # Whoever takes over dies at the first of them, too.
    for _ in range(2):
        stream.claim_pending(b"0-0", 1)
    assert digest.drain(SHARD).events == 4
    assert PoisonEntry.objects.count() == 1


def test_when_one_after_the_other_kills_its_worker_nothing_more_is_set_aside(
    broken: Project,
) -> None:
    for _ in range(poison.KILLERS_MAX):
        make_aside(broken, reason="killed its worker 3 times")
    append(make_entry(broken))
    stream = ShardStream(SHARD)
    stream.read_new(10)
    for _ in range(3):
        stream.claim_pending(b"0-0", 1)
    assert digest.drain(SHARD).events == 1
    assert PoisonEntry.objects.count() == poison.KILLERS_MAX


def one_aside(project: Project) -> tuple[Entry, PoisonEntry]:
    entry = make_entry(project, client="sdk/1", remote_ip="192.0.2.1")
    append(entry)
    (read,) = ShardStream(SHARD).read_new(1)
    poison.set_aside(ShardStream(SHARD), read, "ValueError: bad")
    return entry, PoisonEntry.objects.get()


def test_what_is_tried_again_is_appended_once_as_it_was(project: Project) -> None:
    entry, aside = one_aside(project)
    assert setaside.retry(aside.pk)
    assert not setaside.retry(aside.pk)
    (again,) = ShardStream(SHARD).read_new(10)
    for field in ("body", "client", "remote_ip", "event_id", "received_at", "kind"):
        assert getattr(again, field) == getattr(entry, field), field
    assert outcomes() == {}
    assert digest.drain(SHARD).events == 1
    assert outcomes() == {("accepted", ""): 1}


def test_who_dies_between_appending_and_deleting_appends_nothing_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(_self: PoisonEntry) -> None:
        raise Died

    _, aside = one_aside(project)
    with monkeypatch.context() as patch:
        patch.setattr(PoisonEntry, "delete", die)
        with pytest.raises(Died):
            setaside.retry(aside.pk)
    assert PoisonEntry.objects.exists()
    assert setaside.retry(aside.pk)
    assert stream_length() == 1


def test_what_cannot_be_appended_stays_set_aside(
    project: Project, store: redis.Redis
) -> None:
    _, aside = one_aside(project)
    store.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(redis.ResponseError):
            setaside.retry(aside.pk)
    finally:
        store.config_set("maxmemory", "0")
    assert PoisonEntry.objects.exists()
    assert stream_length() == 0


def test_what_is_dropped_is_counted(project: Project) -> None:
    _, aside = one_aside(project)
    assert outcomes() == {("set_aside", ""): 1}
    assert setaside.drop(aside.pk)
    assert not setaside.drop(aside.pk)
    assert outcomes() == {("invalid", "dropped"): 1}


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("poison", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_and_shows(project: Project) -> None:
    entry, aside = one_aside(project)
    told = json.loads(command("list", "--json"))
    assert told["total"] == 1
    (row,) = told["entries"]
    assert (row["id"], row["event_id"]) == (aside.pk, entry.event_id)
    assert "ValueError: bad" in command("list")
    shown = json.loads(command("--json", "show", str(aside.pk)))
    assert shown["fields"]["client"] == "sdk/1"
    assert shown["body_bytes"] == len(entry.body)
    assert "ValueError: bad" in command("show", str(aside.pk))
    with pytest.raises(CommandError, match="no entry 0"):
        command("show", "0")


def test_the_command_retries_and_drops(project: Project) -> None:
    pks = [make_aside(project).pk for _ in range(3)]
    assert json.loads(command("retry", str(pks[0]), "--json")) == {
        "done": [pks[0]],
        "missing": [],
    }
    assert stream_length() == 1
    with pytest.raises(CommandError, match="not set aside"):
        command("retry", str(pks[0]))
    assert "1 entries dropped" in command("drop", str(pks[1]))
    assert "1 entries dropped" in command("drop", "--all")
    assert not PoisonEntry.objects.exists()
    with pytest.raises(CommandError, match="--all"):
        command("drop")
