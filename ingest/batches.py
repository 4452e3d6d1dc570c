"""A batch of stream entries is prepared for the store, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from django.conf import settings

from ingest.preparation import Known, Prepared, prepare
from ingest.sampling import Sampler
from ingest.stream import Entry
from ingest.tally import Tally
from ingest.timelimit import time_limit

# A batch has so many times as long to be prepared as an entry alone.
_BATCH_PATIENCE = 3


class Batch(NamedTuple):
    """What entries held for the store, in their order, and what was refused of it."""

    prepared: list[Prepared]
    tally: Tally


class Preparer(Protocol):
    """Prepares batches. An entry that takes too long ends its process."""

    @property
    def seats(self) -> int:
        """Batches that can be prepared at once."""

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch: ...

    def start_anew(self) -> None:
        """To be called when a batch was rolled back: what it kept is not stored."""


class Here:
    """Prepares batches in this process."""

    seats = 1

    def __init__(self, sample_per_hour: int) -> None:
        self._sampler = Sampler(sample_per_hour)

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch:
        tally = Tally()
        patience = 1 if len(entries) == 1 else _BATCH_PATIENCE
        with time_limit(settings.PREPARE_MAX_S * patience):
            return Batch(prepare(entries, self._sampler, tally, known), tally)

    def start_anew(self) -> None:
        self._sampler.start_anew()
