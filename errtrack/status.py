"""How the whole service does, in figures for whoever runs it."""

from __future__ import annotations

import logging
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TypeVar

import django
import redis
from django.conf import settings
from django.db import connection

from alerts import courier
from errtrack import heartbeat
from errtrack.health import Readiness, check_readiness
from ingest import halts, spoolfolder
from ingest.models import PoisonEntry
from ingest.stream import Backlog, ShardStream
from projects import valkey

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What waits in a shard, and since when it halts, if it does."""

    number: int
    backlog: Backlog
    halted_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Room in bytes where the data folder lies."""

    free: int
    total: int

    @property
    def used_percent(self) -> float:
        return 100 * (self.total - self.free) / max(1, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the page shows; None is what could not be asked for."""

    readiness: Readiness
    # Seconds since the last sign of life; None where there was none lately.
    worker_age_s: float | None
    beat_age_s: float | None
    shards: list[Shard] | None
    spool_bytes: int | None
    spool_max_bytes: int
    set_aside: int
    database_bytes: int
    disk: Disk | None
    # Where mail is handed over, as HOST:PORT; empty: nowhere.
    mail_server: str
    mail_from: str
    mails_waiting: int
    # Pairs of a program and its version.
    versions: list[tuple[str, str]]


def ask() -> Status:
    """The service as it is now; takes as long as the health check, at most."""
    return Status(
        readiness=check_readiness(),
        worker_age_s=_or_none(lambda: heartbeat.age_s("worker")),
        beat_age_s=_or_none(lambda: heartbeat.age_s("beat")),
        shards=_or_none(_shards),
        spool_bytes=_or_none(lambda: spoolfolder.survey(settings.SPOOL_DIR).bytes),
        spool_max_bytes=settings.SPOOL_MAX_BYTES,
        set_aside=PoisonEntry.objects.count(),
        database_bytes=_database_bytes(),
        disk=_or_none(_disk),
        mail_server=_mail_server(),
        mail_from=settings.DEFAULT_FROM_EMAIL,
        mails_waiting=courier.waiting(),
        versions=_versions(),
    )


def _or_none(asked: Callable[[], _T]) -> _T | None:
    """The answer; None where Valkey or the disk does not give one."""
    try:
        return asked()
    except (redis.RedisError, OSError) as error:
        _log.warning("part of the status is not known: %s", error)
        return None


def _shards() -> list[Shard]:
    return [
        Shard(
            number=number,
            backlog=ShardStream(number).backlog(),
            halted_since=halts.halted_since(number),
        )
        for number in range(settings.SHARDS)
    ]


def _disk() -> Disk:
    usage = shutil.disk_usage(settings.DATA_DIR)
    return Disk(free=usage.free, total=usage.total)


def _mail_server() -> str:
    if not settings.IS_MAIL_ON:
        return ""
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _versions() -> list[tuple[str, str]]:
    number = connection.cursor().connection.info.server_version
    return [
        ("errtrack", version("errtrack")),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("PostgreSQL", f"{number // 10_000}.{number % 10_000}"),
        ("Valkey", _or_none(_valkey_version) or "\u2013"),
    ]


def _valkey_version() -> str:
    found = valkey.blocking().info("server")
    return str(found.get("valkey_version") or found.get("redis_version"))
