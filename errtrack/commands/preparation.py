"""Brings database and static files up to this version, and makes the first project."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection

from errtrack.errors import OperatorError
from projects.bootstrap import First, ensure_first

# Two that prepare the same database at once must take turns.
_ADVISORY_LOCK = 7_411_000


def prepare() -> dict[str, Any]:
    """Does all that must precede the first request, and gives where to start.

    May be called again, also by several processes at once. The answer has the keys
    of `projects.bootstrap.First`. Raises OperatorError when a server cannot be reached.
    """
    _collect_static_files()
    _check_valkey()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise OperatorError(f"Cannot use PostgreSQL: {_first_line(error)}") from None
    return asdict(_migrate_and_begin())


def _migrate_and_begin() -> First:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        try:
            call_command("migrate", verbosity=0, interactive=False)
            return ensure_first(
                email=settings.OWNER_EMAIL, password=settings.OWNER_PASSWORD or None
            )
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])


def _check_valkey() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.ping()
    except redis.RedisError as error:
        raise OperatorError(f"Cannot use Valkey: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _collect_static_files() -> None:
    """Collects the static files anew if any has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _state_of_sources()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(state)


def _state_of_sources() -> str:
    """A digest that changes when a static file appears, disappears or changes."""
    digest = hashlib.sha256()
    for path in _source_files():
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=None):
            yield Path(storage.path(name))
