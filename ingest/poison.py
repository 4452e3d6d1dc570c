"""Entries that cannot be digested: set aside with their reason, a few at a time.

Broken code would refuse everything: when most of a batch fails, nothing is set aside
and the shard halts, loudly, with all of it still in the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings

from ingest import metrics, stream
from ingest.models import PoisonEntry
from ingest.stream import Entry
from projects.models import Project

log = structlog.get_logger(__name__)

# A batch with at least so many failures, and this share of them, is no accident.
HALT_FROM_FAILURES = 10
HALT_FROM_SHARE = 0.5

# An entry delivered so often without ever failing has ended its worker each time.
DEADLY_DELIVERIES = 20


class ShardHalted(Exception):
    """Most of a batch failed: the shard waits for somebody to mend the cause."""


class WorkerDied(Exception):
    """Every worker that took the entry has died of it."""


@dataclass(frozen=True, slots=True)
class Failure:
    entry: Entry
    error: Exception


def judge(shard: int, failures: Sequence[Failure], *, tried: int) -> None:
    """Sets aside the entries that have failed often enough; the rest stay pending.

    Raises ShardHalted when too large a share of what was tried has failed.
    """
    if len(failures) >= max(HALT_FROM_FAILURES, HALT_FROM_SHARE * tried):
        raise ShardHalted(
            f"{len(failures)} of {tried} entries of shard {shard} failed,"
            f" the last with {failures[-1].error!r}"
        )
    for failure in failures:
        if failure.entry.deliveries >= settings.POISON_TRIES:
            set_aside(shard, failure)


def without_deadly(shard: int, entries: list[Entry]) -> list[Entry]:
    """The entries less those that have ended their worker again and again.

    Such an entry never comes to fail: its worker is killed first, by the kernel for
    instance. Without this the shard would stand still for ever.
    """
    deadly = [one for one in entries if one.deliveries > DEADLY_DELIVERIES]
    for entry in deadly:
        set_aside(shard, Failure(entry, WorkerDied(f"{entry.deliveries} deliveries")))
    return [one for one in entries if one.deliveries <= DEADLY_DELIVERIES]


def set_aside(shard: int, failure: Failure) -> None:
    """Moves the entry from the stream to the poison table."""
    entry = failure.entry
    reason = f"{type(failure.error).__name__}: {failure.error}"
    # A project may have been deleted while its last events waited.
    if Project.objects.filter(pk=entry.project_id).exists():
        PoisonEntry.objects.create(
            project_id=entry.project_id,
            key_id=entry.key_id,
            event_id=entry.event_id,
            shard=shard,
            received_at=entry.received_at,
            fields={
                "kind": entry.kind,
                "encoding": entry.encoding,
                "client": entry.client,
                "remote_ip": entry.remote_ip,
                "user_agent": entry.user_agent,
            },
            body=entry.body,
            reason=reason,
            tries=entry.deliveries,
        )
    stream.acknowledge(shard, [entry])
    metrics.count_poison()
    log.error(
        "entry set aside",
        project=entry.project_id,
        event_id=entry.event_id,
        reason=reason,
    )
