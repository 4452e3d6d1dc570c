"""The digest's figures for /metrics."""

from __future__ import annotations

import prometheus_client

from issues.store import Stored

_events = prometheus_client.Counter("errtrack_digested_events", "Events stored.")
_duplicates = prometheus_client.Counter(
    "errtrack_duplicate_events", "Events that were stored already."
)
_poison = prometheus_client.Counter(
    "errtrack_poison_entries", "Stream entries set aside as poison."
)
_batch_seconds = prometheus_client.Histogram(
    "errtrack_digest_batch_seconds",
    "Time from reading a batch to its acknowledgement.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


def observe_batch(stored: Stored, seconds: float) -> None:
    """Counts a batch that was stored and acknowledged."""
    _batch_seconds.observe(seconds)
    _events.inc(len(stored.events))
    _duplicates.inc(stored.duplicates)


def count_poison() -> None:
    """Counts an entry that was set aside."""
    _poison.inc()
