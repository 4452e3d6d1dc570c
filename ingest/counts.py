"""Outcome counts read back: summed up by whatever columns and stretches of time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection

from projects.windows import Window


class Column(StrEnum):
    """What counts can be summed up by."""

    PROJECT = "project_id"
    KEY = "key_id"
    CATEGORY = "category"
    OUTCOME = "outcome"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of one group, by bucket; buckets without any are left out."""

    by: tuple[str | int, ...]
    of_bucket: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.of_bucket.values())

    def series(self, window: Window) -> list[int]:
        return window.spread(self.of_bucket.items())


# The primary key begins with project and hour, which finds the rows.
_SUM = """
SELECT {columns} (hour - %(first_hour)s) / %(bucket_hours)s AS bucket,
    sum(count)::int8 AS total
FROM ingest_outcomecount
WHERE project_id = ANY(%(projects)s::int4[])
  AND hour >= %(first_hour)s AND hour < %(end_hour)s {filters}
GROUP BY {columns} bucket
HAVING sum(count) <> 0
"""


def sum_counts(
    projects: Sequence[int],
    window: Window,
    by: Sequence[Column],
    only: Mapping[Column, Collection[str] | Collection[int]] | None = None,
) -> list[Sums]:
    """The counts of the projects, one group for each combination found of `by`.

    `only` keeps the rows that have one of the values in each of its columns. The
    groups come by their total, the largest first. One statement.
    """
    filters: dict[str, Any] = {
        column: list(values) for column, values in (only or {}).items()
    }
    statement = _SUM.format(
        columns="".join(f"{column}, " for column in by),
        filters="".join(f" AND {column} = ANY(%({column})s)" for column in filters),
    )
    parameters = {
        "projects": list(projects),
        "first_hour": window.first_hour,
        "bucket_hours": window.bucket_hours,
        "end_hour": window.first_hour + window.bucket_hours * window.buckets,
        **filters,
    }
    groups: dict[tuple[str | int, ...], Sums] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for *values, bucket, total in cursor.fetchall():
            group = groups.setdefault(tuple(values), Sums(tuple(values)))
            group.of_bucket[bucket] = total
    return sorted(groups.values(), key=lambda group: (-group.total, group.by))
