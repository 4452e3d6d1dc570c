"""What became of requests at the edge: for /metrics, and for each project.

Redis keys:
    errtrack:outcomes   hash, from "project:key:hour:category:outcome:reason" to how
                        many items were refused; taken every few seconds, see
                        flushing.py
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from datetime import UTC, datetime

from ingest import fates, totals
from ingest.fates import Fate
from ingest.outcomes import Outcome
from ingest.tally import Place
from ingest.valkey import Valkey, ValkeyUnavailable
from projects.keys import KeyInfo

NAME = "errtrack:outcomes"

# How the names of the totals of requests begin; the outcome follows.
REQUESTS = "requests:"

# Fates that an edge process remembers in a second: in a flood the last ones would
# only drive out those before, at the price of a call each.
FATES_PER_S = 100


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

    def add(
        self,
        key: KeyInfo,
        category: str,
        outcome: Outcome,
        reason: str = "",
        count: int = 1,
    ) -> None:
        hour = int(time.time()) // 3600
        place = f"{key.project_id}:{key.key_id}:{hour}:{category}:{outcome}:{reason}"
        self._unsent[place] += count
        self._send()

    def remember(
        self,
        key: KeyInfo,
        event_id: str,
        category: str,
        outcome: Outcome,
        reason: str = "",
    ) -> None:
        """Lets people find out what became of the id; forgotten without Valkey."""
        now = datetime.now(UTC)
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._remembered = second, 0
        self._remembered += 1
        if self._remembered > FATES_PER_S:
            return
        fate = Fate(category, outcome, reason, now)
        with contextlib.suppress(ValkeyUnavailable):
            self._valkey.tell(*fates.command(key.project_id, event_id, fate))

    def _send(self) -> None:
        while self._unsent:
            place, count = self._unsent.popitem()
            try:
                self._valkey.tell("HINCRBY", NAME, place, count)
            except ValkeyUnavailable:
                self._unsent[place] += count
                return


def read_place(field: bytes) -> Place:
    """What a field of the hash stands for."""
    project_id, key_id, hour, category, outcome, reason = field.decode().split(":", 5)
    return Place(
        int(project_id), int(key_id), int(hour), category, Outcome(outcome), reason
    )
