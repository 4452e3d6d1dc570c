"""Deletes outcome counts that are old, and what was set aside long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ingest.models import OutcomeCount, PoisonEntry
from projects.hours import hour_of


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted."""

    counts: int
    entries: int


def prune(now: datetime) -> Pruned:
    """What was set aside and is deleted stays counted as set aside."""
    first_hour = hour_of(now - timedelta(days=settings.OUTCOME_DAYS))
    counts, _ = OutcomeCount.objects.filter(hour__lt=first_hour).delete()
    oldest = now - timedelta(days=settings.POISON_DAYS)
    entries, _ = PoisonEntry.objects.filter(created_at__lt=oldest).delete()
    return Pruned(counts, entries)
