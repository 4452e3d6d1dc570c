"""Tables parted by UTC days: days are made ahead, and dropped whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.db import connection, transaction

# Days are made under a lock: two processes must not make the same one at once.
_LOCK = 7411


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyTable:
    """A table, what it is parted by, and the indexes that only its days have.

    `{name}` in an index stands for the day's table, `{day}` for the day's digits.
    """

    name: str
    key: Literal["date", "timestamptz"]
    indexes: tuple[str, ...] = ()

    def of(self, day: date) -> str:
        """The name of the day's own table."""
        return f"{self.name}_{day:%Y%m%d}"

    def create(self, day: date) -> list[str]:
        """Made apart and then attached: `PARTITION OF` would wait for all that read
        the table, and have all that want to read it wait behind it.
        """
        name, after = self.of(day), day + timedelta(days=1)
        clock = " 00:00:00+00" if self.key == "timestamptz" else ""
        return [
            f"CREATE TABLE {name} (LIKE {self.name} INCLUDING ALL)",
            *(index.format(name=name, day=f"{day:%Y%m%d}") for index in self.indexes),
            f"ALTER TABLE {self.name} ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{day}{clock}') TO ('{after}{clock}')",
        ]


class DailyTables:
    """Tables whose days are made and dropped together."""

    def __init__(self, *tables: DailyTable) -> None:
        self._tables = tables

    def ensure(self, days: Iterable[date]) -> list[date]:
        """Makes these days where they are missing; gives those made."""
        wanted = set(days)
        if not wanted.difference(self.existing()):
            return []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            # Looked up again: another process may have made them while this waited.
            missing = sorted(wanted.difference(self.existing()))
            for day in missing:
                for table in self._tables:
                    for statement in table.create(day):
                        cursor.execute(statement)
        return missing

    def existing(self) -> list[date]:
        """The days that there are, in order."""
        parent = self._tables[0].name
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits"
                " WHERE inhparent = %s::regclass",
                [parent],
            )
            names = [name for (name,) in cursor.fetchall()]
        pattern = re.compile(rf"{parent}_(\d{{4}})(\d{{2}})(\d{{2}})")
        found = [pattern.fullmatch(name) for name in names]
        return sorted(date(*map(int, match.groups())) for match in found if match)

    def drop(self, day: date) -> None:
        """Removes a day at once."""
        with connection.cursor() as cursor:
            for table in self._tables:
                cursor.execute(f"DROP TABLE IF EXISTS {table.of(day)}")
