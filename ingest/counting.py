"""What became of requests at the edge: for /metrics, and for each project.

Redis keys:
    errtrack:outcomes   hash, from "project:key:hour:category:outcome:reason" to how
                        many items were refused; taken by `take_refusals` every few
                        seconds
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import astuple, dataclass

import redis

from ingest import totals
from ingest.outcomes import Outcome
from ingest.valkey import Valkey, ValkeyUnavailable
from projects.keys import KeyInfo

NAME = "errtrack:outcomes"

# How the names of the totals of requests begin; the outcome follows.
REQUESTS = "requests:"


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many items of a category were refused in an hour since 1970, and why."""

    project_id: int
    key_id: int
    hour: int
    category: str
    outcome: Outcome
    reason: str
    count: int


def count_request(outcome: Outcome) -> None:
    """Counts a request for /metrics."""
    totals.add(f"{REQUESTS}{outcome}")


class Refusals:
    """Sends counts of refused items to Valkey, and keeps them while it is away."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._unsent: Counter[str] = Counter()

    def add(
        self, key: KeyInfo, category: str, outcome: Outcome, reason: str = ""
    ) -> None:
        hour = int(time.time()) // 3600
        place = f"{key.project_id}:{key.key_id}:{hour}:{category}:{outcome}:{reason}"
        self._unsent[place] += 1
        self._send()

    def _send(self) -> None:
        while self._unsent:
            place, count = self._unsent.popitem()
            try:
                self._valkey.tell("HINCRBY", NAME, place, count)
            except ValkeyUnavailable:
                self._unsent[place] += count
                return


def take_refusals(client: redis.Redis) -> list[RefusalCount]:
    """What was counted since the last call; removed from Valkey in the same step."""
    pipe = client.pipeline(transaction=True)
    pipe.hgetall(NAME)
    pipe.delete(NAME)
    counts, _ = pipe.execute()
    return [_refusal_count(place, count) for place, count in counts.items()]


def put_back_refusals(client: redis.Redis, counts: list[RefusalCount]) -> None:
    """Undoes `take_refusals`, for those who could not store what it gave."""
    pipe = client.pipeline(transaction=True)
    for refusal in counts:
        *place, count = astuple(refusal)
        pipe.hincrby(NAME, ":".join(map(str, place)), count)
    pipe.execute()


def _refusal_count(place: bytes, count: bytes) -> RefusalCount:
    project_id, key_id, hour, category, outcome, reason = place.decode().split(":", 5)
    return RefusalCount(
        int(project_id),
        int(key_id),
        int(hour),
        category,
        Outcome(outcome),
        reason,
        int(count),
    )
