"""Wakes the digest of shards, and stores the outcomes that the edge has counted."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.db import transaction

from ingest.digest import drain
from ingest.outcomes import Outcome
from ingest.refusals import take_refusals
from ingest.tally import Place, Tally


@shared_task
def digest(shard: int) -> None:
    """Drains a shard. Under constant load it queues itself behind other tasks."""
    if drain(shard).is_cut_short:
        digest.delay(shard)


@shared_task
def wake_shards() -> None:
    """The safety net under the edge's own call: drains whatever waits."""
    for shard in range(settings.SHARDS):
        digest(shard)


@shared_task
def flush_outcomes() -> None:
    """Moves the counts of refused requests from Valkey to PostgreSQL."""
    tally = Tally()
    with transaction.atomic():
        for refusal in take_refusals():
            place = Place(
                refusal.project_id,
                refusal.key_id,
                refusal.hour,
                refusal.category,
                Outcome(refusal.outcome),
                refusal.reason,
            )
            tally.add(place, refusal.count)
        tally.write()
