"""Wakes the digest of shards, and stores the outcomes that the edge has counted."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, transaction

from ingest.counting import put_back_refusals, take_refusals
from ingest.digest import drain
from ingest.tally import Place, Tally
from projects import valkey


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
    """Moves the counts of refused items from Valkey to PostgreSQL."""
    client = valkey.blocking()
    refusals = take_refusals(client)
    tally = Tally()
    for one in refusals:
        place = Place(
            one.project_id, one.key_id, one.hour, one.category, one.outcome, one.reason
        )
        tally.add(place, one.count)
    try:
        with transaction.atomic():
            tally.write()
    except DatabaseError:
        put_back_refusals(client, refusals)
        raise
