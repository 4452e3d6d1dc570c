"""Whether the service can do its work: each thing it depends on, asked briefly.

Events are accepted longer than all of it works: see `Readiness.is_accepting`.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile

import django.db
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext_noop as _

from errtrack import heartbeat
from ingest import halts, spoolfolder
from ingest.stream import ShardStream
from issues import partitions

_log = logging.getLogger(__name__)

# The answer comes within this time, whatever hangs.
DEADLINE_S = 2.0

# Above this age of the oldest waiting entry the digest does not keep up.
BACKLOG_MAX_S = 60.0

_QUERY_TIMEOUT_MS = 1500

# With less the next requests may find no room, also before the spool's own bound.
_FREE_DISK_BYTES = 16 * 2**20

# A Redis key: string, written by each check; 10 seconds.
_WRITTEN = "errtrack:health"

# So much each check writes: less may fit in a file's last block where the disk is full.
_PROOF = b"\0" * 4096


class Told(str):
    """A sentence in English, for machines and logs, that a page may translate.

    `template` and `values` are what it was made of.
    """

    template: str
    values: dict[str, object]
    # It does its work, and somebody should look.
    is_warning: bool

    def __new__(
        cls, template: str, *, is_warning: bool = False, **values: object
    ) -> Told:
        told = super().__new__(cls, template % values)
        told.template, told.values, told.is_warning = template, values, is_warning
        return told


class NotReady(Exception):
    """A dependency is not as it must be; the only argument is what to tell of it."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self.told = told


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency's state, and the milliseconds that it took to learn it.

    `warning`: it does its work, and somebody should look.
    """

    ok: bool
    detail: Told
    ms: float
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """Every check by its name."""

    checks: dict[str, Check]

    @property
    def is_ready(self) -> bool:
        return all(check.ok for check in self.checks.values())

    @property
    def is_accepting(self) -> bool:
        """Whether events are taken: into the stream, or else into the spool."""
        can_keep = settings.SPOOL_MAX_BYTES > 0 and self.checks["spool"].ok
        return self.checks["valkey"].ok or can_keep

    @property
    def status(self) -> str:
        """In a word: ok, degraded (look after it) or failing."""
        if not self.is_ready:
            return "failing"
        has_warning = any(check.warning for check in self.checks.values())
        return "degraded" if has_warning else "ok"


# What a check says when all is well. Raises NotReady, or the driver's own error.
_Probe = Callable[[], Told]
_Group = dict[str, _Probe]


def check_readiness() -> Readiness:
    """The groups of checks run beside each other.

    A driver's error is logged and only named: its text may tell of hosts and users.
    """
    groups = (_database_probes(), _valkey_probes(), {"spool": _look_at_spool})
    checks: dict[str, Check] = {}
    pool = ThreadPoolExecutor(len(groups), "health")
    try:
        jobs = [pool.submit(_run, group, checks) for group in groups]
        for job in wait(jobs, DEADLINE_S).done:
            job.result()
    finally:
        # What hangs ends by its own timeout; the answer does not wait for it.
        pool.shutdown(wait=False, cancel_futures=True)
    told = Told(_("no answer within %(seconds)s s"), seconds=f"{DEADLINE_S:g}")
    late = Check(False, told, DEADLINE_S * 1000)
    names = [name for group in groups for name in group]
    return Readiness({name: checks.get(name, late) for name in names})


def _run(group: _Group, checks: dict[str, Check]) -> None:
    """Runs the probes of one server, in order; after its first error it is away."""
    is_away = False
    for name, probe in group.items():
        if is_away:
            told = Told(_("not asked: the server is away"))
            checks[name] = Check(False, told, 0.0)
            continue
        started = time.perf_counter()
        is_ok = False
        try:
            detail = probe()
            is_ok = True
        except NotReady as error:
            detail = error.told
        except (django.db.Error, redis.RedisError, OSError) as error:
            _log.warning("health check %s failed: %s", name, error)
            kind, is_away = type(error).__name__, True
            detail = Told(_("cannot be asked (%(error)s)"), error=kind)
        ms = round((time.perf_counter() - started) * 1000, 1)
        checks[name] = Check(is_ok, detail, ms, detail.is_warning)
    # This thread's own; the next check asks for a new one, as a worker would.
    connection.close()


def _database_probes() -> _Group:
    return {
        "postgresql": _ask_postgresql,
        "migrations": _look_for_migrations,
        "partitions": _look_for_partitions,
    }


def _ask_postgresql() -> Told:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {_QUERY_TIMEOUT_MS}")
        cursor.execute("SELECT 1")
    return Told(_("answers"))


def _look_for_migrations() -> Told:
    applied = MigrationRecorder(connection).applied_migrations()
    missing = [leaf for leaf in _last_migrations() if leaf not in applied]
    if missing:
        waiting = ", ".join(f"{app}.{name}" for app, name in missing)
        raise NotReady(Told(_("not applied: %(names)s"), names=waiting))
    return Told(_("all applied"))


@lru_cache(maxsize=1)
def _last_migrations() -> list[tuple[str, str]]:
    """The last migration of each app, as this version of the code knows it."""
    return sorted(MigrationLoader(None).graph.leaf_nodes())


def _look_for_partitions() -> Told:
    today = datetime.now(UTC).date()
    wanted = {today, today + timedelta(days=1)}
    missing = sorted(wanted - set(partitions.existing()))
    if missing:
        days = ", ".join(map(str, missing))
        raise NotReady(Told(_("no partition for %(days)s"), days=days))
    return Told(_("made for today and tomorrow"))


def _valkey_probes() -> _Group:
    return {
        "valkey": _write_to_valkey,
        "worker": _look_for_worker,
        "digest": _look_for_halts,
        "backlog": _look_at_backlog,
    }


def ask_valkey() -> None:
    """Raises redis.RedisError within a second when Valkey is away."""
    with _impatient() as client:
        client.ping()


def _write_to_valkey() -> Told:
    with _impatient() as client:
        client.ping()
        try:
            client.set(_WRITTEN, _PROOF, ex=10)
        except redis.ResponseError as error:
            _log.warning("Valkey does not take a write: %s", error)
            told = Told(_("takes no writes (%(error)s)"), error=type(error).__name__)
            raise NotReady(told) from None
    return Told(_("answers and takes writes"))


def _impatient() -> redis.Redis:
    """A client of its own, that neither waits long nor tries again."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None
    )


def _look_for_halts() -> Told:
    halted = [
        f"{shard} ({since:%Y-%m-%d %H:%M:%S} UTC)"
        for shard in range(settings.SHARDS)
        if (since := halts.halted_since(shard)) is not None
    ]
    if halted:
        text = _("shards halted since: %(shards)s; most entries fail, the log says why")
        raise NotReady(Told(text, shards=", ".join(halted)))
    return Told(_("goes on in every shard"))


def _look_for_worker() -> Told:
    age_s = heartbeat.age_s("worker")
    if age_s is None:
        text = _("no sign of life for %(seconds)s s")
        raise NotReady(Told(text, seconds=heartbeat.LIVES_S))
    return Told(_("alive %(seconds)s s ago"), seconds=f"{age_s:.1f}")


def _look_at_backlog() -> Told:
    backlogs = [ShardStream(shard).backlog() for shard in range(settings.SHARDS)]
    entries = sum(backlog.entries for backlog in backlogs)
    held = sum(backlog.bytes for backlog in backlogs)
    oldest_s = max(backlog.oldest_age_s for backlog in backlogs)
    state = Told(
        _("%(entries)s entries, %(bytes)s bytes, the oldest %(seconds)s s old"),
        entries=entries,
        bytes=held,
        seconds=f"{oldest_s:.1f}",
    )
    if oldest_s > BACKLOG_MAX_S:
        raise NotReady(state)
    return state


def _look_at_spool() -> Told:
    """Whether requests can be kept on disk while the stream takes none."""
    if not settings.SPOOL_MAX_BYTES:
        return Told(_("off: without Valkey events are refused"))
    root = settings.SPOOL_DIR
    if shutil.disk_usage(_existing(root)).free < _FREE_DISK_BYTES:
        raise NotReady(Told(_("the disk is full")))
    if not os.access(_existing(root), os.W_OK | os.X_OK):
        raise NotReady(Told(_("its folder cannot be written")))
    _write_beside(_existing(root))
    if spoolfolder.bytes_on_disk(root) >= settings.SPOOL_MAX_BYTES:
        text = _("full: %(bytes)s bytes wait")
        raise NotReady(Told(text, bytes=settings.SPOOL_MAX_BYTES))
    waiting = spoolfolder.survey(root)
    if not waiting.bytes:
        return Told(_("empty"))
    age_s = max(0.0, time.time() - waiting.since)
    return Told(
        _("%(bytes)s bytes wait, the oldest %(seconds)s s old"),
        is_warning=True,
        bytes=waiting.bytes,
        seconds=f"{age_s:.1f}",
    )


def _write_beside(folder: Path) -> None:
    """Raises NotReady where a file there cannot grow, as beyond a quota."""
    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            file.write(_PROOF)
            os.fsync(file.fileno())
    except OSError as error:
        _log.warning("the spool's disk takes no write: %s", error)
        told = Told(_("takes no writes (%(error)s)"), error=type(error).__name__)
        raise NotReady(told) from None


def _existing(folder: Path) -> Path:
    """The folder, or where it will be made. Raises NotADirectoryError."""
    for one in (folder, *folder.parents):
        if one.is_dir():
            return one
        if one.exists():
            break
    raise NotADirectoryError(folder)
