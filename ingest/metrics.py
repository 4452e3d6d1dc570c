"""The digest's figures for /metrics."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NamedTuple

from ingest import totals
from issues.store import Stored


class Histogram(NamedTuple):
    """Names of the totals that make a histogram, and the upper bounds in seconds.

    One more bucket takes what is slower.
    """

    seconds: str
    buckets: str
    bounds: tuple[float, ...]

    def observe(self, seconds: float) -> None:
        totals.add(self.seconds, seconds)
        totals.add(f"{self.buckets}{bisect_left(self.bounds, seconds)}")


BATCH = Histogram(
    "batch_seconds",
    "batches:",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
# From a request's receipt until what it held is stored.
DELAY = Histogram(
    "delay_seconds",
    "delays:",
    (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)


class Stage(StrEnum):
    """What the digest does with a batch, one after the other."""

    PREPARE = "prepare"
    STORE = "store"
    ACKNOWLEDGE = "acknowledge"


# How the names of totals begin: of seconds by stage, and of items by category and
# outcome.
STAGE = "stage_seconds:"
ITEMS = "items:"


@contextmanager
def timed(stage: Stage) -> Iterator[None]:
    """Adds the time that the block takes to the stage's, also when it fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        totals.add(f"{STAGE}{stage}", time.perf_counter() - started)


def observe_batch(stored: Stored, *, seconds: float, delay_s: float) -> None:
    """Counts a batch that was stored and acknowledged.

    `delay_s`: since the first of its requests was received.
    """
    totals.add("digested", len(stored.events))
    totals.add("duplicates", stored.duplicates)
    BATCH.observe(seconds)
    # By clocks of two machines.
    DELAY.observe(max(0.0, delay_s))


def count_items(category: str, outcome: str, count: int) -> None:
    """Counts records that met an outcome, of a category that we name ourselves."""
    totals.add(f"{ITEMS}{category}:{outcome}", count)


def count_poison() -> None:
    """Counts an entry that was set aside."""
    totals.add("poison")
