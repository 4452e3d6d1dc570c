"""What became of requests at the edge: for /metrics, and for each project.

Redis keys:
    errtrack:outcomes   hash, from "project:key:hour:category:outcome:reason" to how
                        many items were refused; taken every few seconds, see
                        flushing.py
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import redis

from ingest import fates, totals
from ingest.fates import Fate
from ingest.outcomes import UNKNOWN, Outcome
from ingest.tally import Place
from ingest.valkey import Valkey, ValkeyUnavailable
from projects import valkey
from projects.hours import hour_of
from projects.keys import KeyInfo

NAME = "errtrack:outcomes"

# How the names of the totals of requests begin; the outcome follows.
REQUESTS = "requests:"

# Fates that an edge process remembers in a second: in a flood the last ones would
# only drive out those before, at the price of a call each.
FATES_PER_S = 100
# What an id is asked for by, whatever else came with the event.
_ERROR = "error"


def count_request(outcome: Outcome) -> None:
    """Counts a request for /metrics."""
    totals.add(f"{REQUESTS}{outcome}")


class Refusals:
    """Sends counts of refused items to Valkey, and keeps them while it is away."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._unsent: Counter[str] = Counter()
        self._second = 0
        self._remembered = 0

    def add_all(
        self,
        key: KeyInfo,
        counts: Mapping[str, int],
        outcome: Outcome,
        reason: str = "",
        event_id: str = "",
    ) -> None:
        """Counts what was refused together; who asks for the id learns of it."""
        now = datetime.now(UTC)
        sent_to = f"{key.project_id}:{key.key_id}:{hour_of(now)}"
        for category, count in counts.items():
            self._unsent[f"{sent_to}:{category}:{outcome}:{reason}"] += count
        self._send()
        if event_id and self._may_remember(now):
            category = _ERROR if _ERROR in counts else next(iter(counts), UNKNOWN)
            fate = Fate(category, outcome, reason, now)
            # It is forgotten while Valkey is away.
            with contextlib.suppress(ValkeyUnavailable):
                self._valkey.tell(*fates.command(key.project_id, event_id, fate))

    def _may_remember(self, now: datetime) -> bool:
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._remembered = second, 0
        self._remembered += 1
        return self._remembered <= FATES_PER_S

    def _send(self) -> None:
        while self._unsent:
            place, count = self._unsent.popitem()
            try:
                self._valkey.tell("HINCRBY", NAME, place, count)
            except ValkeyUnavailable:
                self._unsent[place] += count
                return


def count_refusal(key: KeyInfo, category: str, outcome: Outcome, reason: str) -> None:
    """Counts what one of Django's pages refused; while Valkey is away it is not."""
    sent_to = f"{key.project_id}:{key.key_id}:{hour_of(datetime.now(UTC))}"
    with contextlib.suppress(redis.RedisError):
        valkey.blocking().hincrby(NAME, f"{sent_to}:{category}:{outcome}:{reason}", 1)


def read_place(field: bytes) -> Place:
    """What a field of the hash stands for."""
    project_id, key_id, hour, category, outcome, reason = field.decode().split(":", 5)
    return Place(
        int(project_id), int(key_id), int(hour), category, Outcome(outcome), reason
    )
