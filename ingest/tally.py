"""Outcomes added up and stored, by project, key, hour and category."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from ingest import metrics
from ingest.fates import Fates
from ingest.outcomes import CATEGORIES, UNKNOWN, Outcome
from issues import sql


class Place(NamedTuple):
    """What is counted apart."""

    project_id: int
    # 0 where no key is known.
    key_id: int
    # Whole hours since 1970.
    hour: int
    category: str
    outcome: Outcome
    reason: str


class Tally:
    """Outcomes of one batch."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()
        self._fates = Fates()

    def add(self, place: Place, count: int = 1) -> None:
        self._counts[place] += count

    def remember(self, place: Place, event_id: str, at: datetime) -> None:
        """Lets people find out what became of the id, which is stored nowhere."""
        project_id, outcome, reason = place.project_id, place.outcome, place.reason
        self._fates.remember(
            project_id, event_id, outcome, reason, at, category=place.category
        )

    def write(self) -> None:
        """Adds the counts to those stored, for projects that still exist.

        Once that is committed they show in /metrics, too.
        """
        self._fates.write()
        transaction.on_commit(self._show)
        rows = sorted(self._counts.items())
        if rows:
            sql.run_often(
                _ADD,
                *map(list, zip(*(place for place, _ in rows), strict=True)),
                [count for _, count in rows],
            )

    def _show(self) -> None:
        counts: Counter[tuple[str, Outcome]] = Counter()
        for place, count in self._counts.items():
            # SDKs may name categories without end.
            category = place.category if place.category in CATEGORIES else UNKNOWN
            counts[category, place.outcome] += count
        for (category, outcome), count in counts.items():
            # What is tried again is taken back here; what is shown only rises.
            if count > 0:
                metrics.count_items(category, outcome, count)


_ADD = """
INSERT INTO ingest_outcomecount
    (project_id, key_id, hour, category, outcome, reason, count)
SELECT n.* FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::text[], %s::text[],
    %s::text[], %s::int8[])
    AS n(project_id, key_id, hour, category, outcome, reason, count)
JOIN projects_project p ON p.id = n.project_id
ON CONFLICT (project_id, hour, key_id, category, outcome, reason)
DO UPDATE SET count = ingest_outcomecount.count + EXCLUDED.count
"""
