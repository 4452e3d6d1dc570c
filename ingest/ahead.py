"""A shard's entries are read ahead, and prepared while earlier ones are stored."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from django.conf import settings

from ingest import metrics, rulebook
from ingest.batches import Batch, Preparer
from ingest.metrics import Stage
from ingest.preparation import Known
from ingest.stream import WAKE_S, Entry, ShardStream
from issues import dictionaries

# A batch of ten costs three times as much an event as one of two hundred. After so
# many at once more will come: then a batch that is not full is read so long after the
# one before, unless nothing else is left to do. A lone event does not wait.
_MANY = 20
PACE_S = 0.1

# Each write to Valkey waits for its disk.
_WAKE_EVERY_S = WAKE_S / 6


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries that were read and are being prepared."""

    entries: list[Entry]
    batch: Future[Batch]


class Ahead:
    """What was read of the shard and is not stored, oldest first."""

    def __init__(
        self, stream: ShardStream, preparer: Preparer, threads: Executor
    ) -> None:
        """`threads` are as many as the preparer has seats."""
        self._stream = stream
        self._preparer = preparer
        self._threads = threads
        self._readings: deque[Reading] = deque()
        self._due = 0.0
        self._wake_due = 0.0

    def __bool__(self) -> bool:
        return bool(self._readings)

    def next(self) -> Reading:
        return self._readings.popleft()

    def read_on(self) -> None:
        """Reads as much as can be prepared meanwhile; nothing once the shard is asleep.

        Each seat has a batch then, and one more waits for the first seat that is free.
        """
        while len(self._readings) <= self._preparer.seats and self._is_time():
            entries = self._read()
            if not entries:
                return
            is_full = len(entries) >= settings.BATCH
            if len(entries) >= _MANY and not is_full:
                self._due = time.monotonic() + PACE_S
            known = known_of(entries)
            batch = self._threads.submit(prepare_with, self._preparer, entries, known)
            self._readings.append(Reading(entries, batch))

    def _is_time(self) -> bool:
        early_s = self._due - time.monotonic()
        if early_s <= 0:
            return True
        if not self._readings:
            time.sleep(early_s)
            return True
        unstored = sum(len(reading.entries) for reading in self._readings)
        return self._stream.left - unstored >= settings.BATCH

    def _read(self) -> list[Entry]:
        entries = self._stream.read_new(settings.BATCH)
        if not entries and not self._readings:
            entries = self._look_once_more()
        if entries and time.monotonic() >= self._wake_due:
            self._stream.refresh_wake()
            self._wake_due = time.monotonic() + _WAKE_EVERY_S
        return entries

    def _look_once_more(self) -> list[Entry]:
        """The wake flag is cleared before the last look, so that an entry which comes
        after that look finds no flag and wakes the shard itself.

        Not while there is something to store: each entry that came meanwhile would
        queue a digest more, and all of these would stand before the worker's other
        tasks.
        """
        self._stream.clear_wake()
        self._wake_due = 0.0
        return self._stream.read_new(settings.BATCH)


def known_of(entries: list[Entry]) -> Known:
    """What their projects say of how events are made."""
    projects = {entry.project_id for entry in entries}
    return Known(
        {project: dictionaries.current(project) for project in projects},
        rulebook.rules_of(projects),
    )


def prepare_with(preparer: Preparer, entries: list[Entry], known: Known) -> Batch:
    with metrics.timed(Stage.PREPARE):
        return preparer.prepare(entries, known)
