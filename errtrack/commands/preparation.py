"""Brings database and static files up to date, and makes the first project."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections

from errtrack.commands import lineage
from errtrack.errors import OperatorError
from errtrack.staticfiles import collect_if_changed
from issues.retention import keep_partitions
from projects.bootstrap import First, ensure_first

# Two that prepare the same database at once must take turns.
_ADVISORY_LOCK = 7_411_000


def prepare() -> dict[str, Any]:
    """Does all that must precede the first request, and gives where to start.

    May be called again, also by several processes at once. The answer has the keys
    of `projects.bootstrap.First`. Raises OperatorError when a server cannot be reached
    or holds what another errtrack has made.
    """
    collect_if_changed()
    _check_valkey()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise OperatorError(f"Cannot use PostgreSQL: {_first_line(error)}") from None
    first = _migrate_and_begin()
    connections.close_all()
    return asdict(first)


def _migrate_and_begin() -> First:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        try:
            lineage.check()
            call_command("migrate", verbosity=0, interactive=False)
            # The clock of recurring tasks first gets to it after an hour.
            keep_partitions()
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
