"""Wakes the digest of shards, and stores the outcomes that the edge has counted."""

from __future__ import annotations

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ingest import attendance, flushing, spikes
from ingest.digest import drain
from ingest.pruning import prune
from issues.locks import shard_lock
from monitors import detection
from projects import valkey
from projects.keys import refresh_mirrors

# When this process has queued a digest of a shard that has not come back yet. One
# that another process took, or that was lost, is held to wait no longer than that.
_queued: dict[int, float] = {}
_QUEUED_S = 60.0


@shared_task
def digest(shard: int) -> None:
    """Drains a shard. Under constant load it queues itself behind other tasks."""
    _queued.pop(shard, None)
    _drain(shard)


def _drain(shard: int) -> None:
    """Drains a shard, and queues a digest for what is left if none waits there.

    Each that comes to find a busy shard would else queue one more, for as long as the
    load lasts, and ever more of them stand before all other tasks.
    """
    if not drain(shard).is_cut_short:
        return
    now = time.monotonic()
    if shard not in _queued or now - _queued[shard] > _QUEUED_S:
        _queued[shard] = now
        digest.delay(shard)


@shared_task
def wake_shards() -> None:
    """The safety net under the edge's own call: drains whatever waits."""
    for shard in range(settings.SHARDS):
        _drain(shard)


@shared_task
def flush_outcomes() -> None:
    """Moves the counts of refused items from Valkey to PostgreSQL."""
    flushing.flush(valkey.blocking())


@shared_task
def prune_outcomes() -> None:
    """Deletes old counts of outcomes, and what was set aside long ago."""
    prune(timezone.now())


@shared_task
def refresh_keys() -> None:
    """Puts right what edges are told of project keys, where news did not arrive."""
    refresh_mirrors()


@shared_task
def learn_usual_hours() -> None:
    """Reckons anew what spike protection takes for usual."""
    spikes.learn_usual_hours(timezone.now())


@shared_task
def watch_monitors() -> None:
    """Looks for check-ins that did not come, and for runs that do not end."""
    for shard in range(settings.SHARDS):
        if not detection.is_due(shard, timezone.now()):
            continue
        with shard_lock(shard, wait=True):
            horizon = attendance.horizon(shard, timezone.now())
            detection.look(shard, horizon.until, horizon.gaps)
        # Whoever was woken meanwhile has found the shard busy.
        _drain(shard)
