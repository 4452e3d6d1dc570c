"""Entries that cannot be digested: tried again, then set aside with their reason.

An entry that failed, or that a dead process left behind, is tried again, alone. After
settings.POISON_TRIES deliveries it is set aside. Broken code would so refuse
everything: when most of what is tried fails, nothing is set aside and the shard halts,
loudly, with all of it still in the stream; it goes on by itself once the cause is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from msgspec import convert, json
from msgspec.structs import asdict

from ingest import committed, halts, metrics
from ingest.models import PoisonEntry
from ingest.outcomes import UNKNOWN, Outcome, category_of
from ingest.stream import Entry, Head, ShardStream, encode_head
from ingest.tally import Place, Tally
from projects.hours import hour_of
from projects.models import Project

log = structlog.get_logger(__name__)

# So many failures at least, and this share of what was tried since, are no accident.
HALT_FROM_FAILURES = 10
HALT_FROM_SHARE = 0.5
# Nor are more entries than this, in this time, that kill their worker.
KILLERS_MAX = 10
KILLERS_WITHIN = timedelta(hours=1)
KILLED = "killed its worker"

# Fields of an entry's head that are columns of the table.
_COLUMNS = ("project_id", "key_id", "event_id", "received_at")

# What succeeded in a shard since something began to fail there, in this process.
_succeeded: dict[int, int] = {}


class ShardHalted(Exception):
    """Most of what was tried failed: the shard waits for somebody to mend the cause."""


@dataclass(frozen=True, slots=True)
class Failure:
    entry: Entry
    error: Exception

    @property
    def reason(self) -> str:
        return f"{type(self.error).__name__}: {self.error}"


class Trials:
    """What one drain of a shard tried, and what failed of it."""

    def __init__(self, stream: ShardStream) -> None:
        self._stream = stream
        self._failures: list[Failure] = []

    def note(self, *, succeeded: int, failures: Sequence[Failure] = ()) -> None:
        shard = self._stream.shard
        self._failures += failures
        if self._failures or shard in _succeeded:
            _succeeded[shard] = _succeeded.get(shard, 0) + succeeded

    @property
    def failed(self) -> int:
        return len(self._failures)

    def check(self) -> None:
        """Raises ShardHalted if too much has failed."""
        tried = self.failed + _succeeded.get(self._stream.shard, 0)
        if self.failed < max(HALT_FROM_FAILURES, HALT_FROM_SHARE * tried):
            return
        # These tries tell of the code, and nothing of the entries.
        self._stream.uncount([failure.entry for failure in self._failures])
        raise ShardHalted(
            f"{self.failed} of {tried} entries of shard {self._stream.shard} failed,"
            f" the last with {self._failures[-1].reason}"
        )

    def settle(self) -> None:
        """Sets aside what has failed often enough; the rest waits for the next drain.

        Raises ShardHalted.
        """
        self.check()
        for failure in self._failures:
            if failure.entry.deliveries >= settings.POISON_TRIES:
                set_aside(self._stream, failure.entry, failure.reason)
        if not self._failures:
            _succeeded.pop(self._stream.shard, None)


def is_killer(entry: Entry) -> bool:
    """Whether deliveries of it come to no end, of which the first was with others.

    One that ends in a failure is the last at POISON_TRIES; one that ends because a
    server is away is not counted.
    """
    return entry.deliveries > max(2, settings.POISON_TRIES)


def set_aside_killer(stream: ShardStream, entry: Entry) -> bool:
    """Sets it aside without another look at what it holds.

    False where one after the other kills its worker, so that the cause is elsewhere:
    then it is to be tried again.
    """
    killers = PoisonEntry.objects.filter(
        shard=stream.shard,
        reason__startswith=KILLED,
        created_at__gt=timezone.now() - KILLERS_WITHIN,
    )
    if killers.count() >= KILLERS_MAX:
        log.error("too many entries kill their worker", shard=stream.shard)
        halts.note(stream.shard)
        return False
    set_aside(stream, entry, f"{KILLED} {entry.deliveries - 1} times")
    return True


def set_aside(stream: ShardStream, entry: Entry, reason: str) -> None:
    """Moves the entry from the stream to the poison table, and counts it, once."""
    with transaction.atomic():
        # A project may have been deleted while its last events waited.
        if Project.objects.filter(pk=entry.project_id).exists():
            aside = PoisonEntry.objects.create(
                project_id=entry.project_id,
                key_id=entry.key_id,
                event_id=entry.event_id,
                shard=stream.shard,
                received_at=entry.received_at,
                fields=_other_fields(entry),
                body=entry.body,
                reason=reason,
                tries=min(entry.deliveries, settings.POISON_TRIES),
            )
            tally = Tally()
            tally.add(place_of(aside, Outcome.SET_ASIDE))
            tally.write()
        committed.remember(stream.shard, [entry])
    stream.acknowledge([entry])
    metrics.count_poison()
    log.error(
        "entry set aside",
        project=entry.project_id,
        event_id=entry.event_id,
        reason=reason,
    )


def entry_of(aside: PoisonEntry) -> Entry:
    """The entry as the stream held it."""
    head = {
        **dict.fromkeys(("encoding", "client", "remote_ip", "user_agent"), ""),
        **aside.fields,
        **{name: getattr(aside, name) for name in _COLUMNS},
    }
    return Entry(**asdict(convert(head, Head)), body=bytes(aside.body))


def place_of(entry: PoisonEntry, outcome: Outcome, reason: str = "") -> Place:
    """Under what an entry is counted as a whole, since nobody can look into it."""
    return Place(
        entry.project_id,
        entry.key_id,
        hour_of(entry.received_at),
        category_of("event") if entry.event_id else UNKNOWN,
        outcome,
        reason,
    )


def _other_fields(entry: Entry) -> dict[str, Any]:
    head: dict[str, Any] = json.decode(encode_head(entry))
    return {name: value for name, value in head.items() if name not in _COLUMNS}
