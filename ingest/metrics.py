"""The digest's figures for /metrics."""

from __future__ import annotations

from bisect import bisect_left

from ingest import totals
from issues.store import Stored

# Names of totals: seconds spent in batches, and batches by bucket of their time.
BATCH_SECONDS = "batch_seconds"
BATCHES = "batches:"

# Upper bounds of the histogram of batch times; one more bucket takes what is slower.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def observe_batch(stored: Stored, seconds: float) -> None:
    """Counts a batch that was stored and acknowledged."""
    totals.add("digested", len(stored.events))
    totals.add("duplicates", stored.duplicates)
    totals.add(BATCH_SECONDS, seconds)
    totals.add(f"{BATCHES}{bisect_left(BUCKETS_S, seconds)}")


def count_poison() -> None:
    """Counts an entry that was set aside."""
    totals.add("poison")
