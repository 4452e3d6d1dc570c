"""Entries that cannot be digested: set aside with their reason, a few at a time.

Broken code would refuse everything: when most of a batch fails, nothing is set aside
and the shard halts, loudly, with all of it still in the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings

from ingest.models import PoisonEntry
from ingest.stream import Entry, ShardStream
from projects.models import Project

log = structlog.get_logger(__name__)

# A batch with at least so many failures, and this share of them, is no accident.
HALT_FROM_FAILURES = 10
HALT_FROM_SHARE = 0.5


class ShardHalted(Exception):
    """Most of a batch failed: the shard waits for somebody to mend the cause."""


@dataclass(frozen=True, slots=True)
class Failure:
    entry: Entry
    error: Exception


def judge(stream: ShardStream, failures: Sequence[Failure], *, tried: int) -> None:
    """Sets aside the entries that have failed often enough; the rest stay pending.

    Raises ShardHalted when too large a share of what was tried has failed.
    """
    if len(failures) >= max(HALT_FROM_FAILURES, HALT_FROM_SHARE * tried):
        raise ShardHalted(
            f"{len(failures)} of {tried} entries of shard {stream.shard} failed,"
            f" the last with {failures[-1].error!r}"
        )
    for failure in failures:
        if failure.entry.deliveries >= settings.POISON_TRIES:
            set_aside(stream, failure)


def set_aside(stream: ShardStream, failure: Failure) -> None:
    """Moves the entry from the stream to the poison table."""
    entry = failure.entry
    reason = f"{type(failure.error).__name__}: {failure.error}"
    # A project may have been deleted while its last events waited.
    if Project.objects.filter(pk=entry.project_id).exists():
        PoisonEntry.objects.create(
            project_id=entry.project_id,
            key_id=entry.key_id,
            event_id=entry.event_id,
            shard=stream.shard,
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
    stream.acknowledge([entry])
    log.error(
        "entry set aside",
        project=entry.project_id,
        event_id=entry.event_id,
        reason=reason,
    )
