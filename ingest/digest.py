"""The digest: a shard's entries are read in batches, stored, and acknowledged.

Entries leave the stream only after the commit that stored them. Whoever dies before
leaves them pending; the next drain takes them over, and the store recognises what it
has stored already.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from ingest import committed, halts, metrics
from ingest.ahead import Ahead, Reading, known_of, prepare_with
from ingest.batches import Batch, Here, Preparer
from ingest.items import KINDS
from ingest.items.kind import Kind, Refusal
from ingest.metrics import Stage
from ingest.poison import ShardHalted, Trials
from ingest.preparation import Filed, Prepared, accepted, duplicate
from ingest.recovery import is_server_away, take_over, try_alone
from ingest.stream import Entry, ShardStream
from ingest.tally import Tally
from issues import dictionaries
from issues.locks import shard_lock
from issues.store import Stored, forget_everything, store_batch

log = structlog.get_logger(__name__)

# A drain ends after this long and asks to be woken again, so that the worker's
# other tasks get their turn under constant load.
DRAIN_MAX_S = 5.0

# Events stored by this process since it last thought of training, by project.
_since_training: Counter[int] = Counter()

_preparer: Preparer = Here(settings.SAMPLE_PER_HOUR)


@dataclass(slots=True)
class Drained:
    """What one drain of a shard did."""

    events: int = 0
    # Entries may be left.
    is_cut_short: bool = False


def prepare_by(preparer: Preparer) -> None:
    """Has this process' batches prepared by another one."""
    global _preparer
    _preparer = preparer


def drain(shard: int) -> Drained:
    """Digests what waits in the shard. Does nothing while another process does.

    While PostgreSQL stores one batch, the next is being prepared.
    """
    drained = Drained()
    stream = ShardStream(shard)
    with shard_lock(shard, wait=False) as is_ours:
        if not is_ours:
            return drained
        try:
            _drain(stream, drained)
        except ShardHalted:
            halts.note(shard)
            raise
        halts.clear(shard)
    return drained


def _drain(stream: ShardStream, drained: Drained) -> None:
    """What failed before comes first. Raises ShardHalted."""
    ends_at = time.monotonic() + DRAIN_MAX_S
    trials = Trials(stream)
    alone = partial(_digest_alone, stream)
    drained.events += take_over(stream, trials, alone)
    if trials.failed >= settings.BATCH:
        # There would be ever more of it.
        trials.check()
    with ThreadPoolExecutor(_preparer.seats, "prepare") as threads:
        ahead = Ahead(stream, _preparer, threads)
        ahead.read_on()
        while ahead:
            drained.events += _digest(stream, ahead.next(), trials)
            _train_dictionaries()
            drained.is_cut_short = time.monotonic() > ends_at
            if not drained.is_cut_short:
                ahead.read_on()
    trials.settle()


def _digest(stream: ShardStream, reading: Reading, trials: Trials) -> int:
    """Stores a batch, or else its entries one by one; gives the events stored.

    Raises ShardHalted.
    """
    entries = reading.entries
    try:
        stored = _store_and_acknowledge(stream, entries, reading.batch.result())
    except Exception as error:
        _forget()
        if is_server_away(error):
            raise
        log.exception("batch failed", shard=stream.shard, entries=len(entries))
    else:
        trials.note(succeeded=len(entries))
        return stored
    stored = try_alone(stream, entries, trials, partial(_digest_alone, stream))
    trials.check()
    return stored


def _digest_alone(stream: ShardStream, entry: Entry) -> int:
    batch = prepare_with(_preparer, [entry], known_of([entry]))
    return _store_and_acknowledge(stream, [entry], batch)


def _forget() -> None:
    """What the process believes of the database may be why a batch failed."""
    _preparer.start_anew()
    forget_everything()


def _store_and_acknowledge(
    stream: ShardStream, entries: list[Entry], batch: Batch
) -> int:
    started = time.perf_counter()
    with metrics.timed(Stage.STORE), transaction.atomic():
        stored = store_batch(
            [event for held in batch.prepared for event in held.events],
            beside=_issues_of_records(batch),
        )
        _count_events(entries, batch, stored)
        _store_records(entries, batch, stored)
        batch.tally.write()
        committed.remember(stream.shard, entries)
    with metrics.timed(Stage.ACKNOWLEDGE):
        changed = {event.project_id for event in stored.events}
        stream.acknowledge(entries, changed)
    metrics.observe_batch(
        stored,
        seconds=time.perf_counter() - started,
        delay_s=time.time() - entries[0].received_at.timestamp(),
    )
    _since_training.update(event.project_id for event in stored.events)
    return len(stored.events)


def _issues_of_records(batch: Batch) -> set[int]:
    """The issues that what is no event may change."""
    records: defaultdict[Kind, list[Any]] = defaultdict(list)
    for held in batch.prepared:
        for filed in held.filed:
            if KINDS[filed.type].changes is not None:
                records[KINDS[filed.type]].append(filed.record)
    return {
        issue
        for kind, of_kind in records.items()
        if kind.changes is not None
        for issue in kind.changes(of_kind)
    }


def _count_events(entries: list[Entry], batch: Batch, stored: Stored) -> None:
    new = {id(event) for event in stored.events}
    for entry, held in zip(entries, batch.prepared, strict=True):
        for event in held.events:
            count_as = accepted if id(event) in new else duplicate
            batch.tally.add(count_as(entry, event))


def _store_records(entries: list[Entry], batch: Batch, stored: Stored) -> None:
    """Stores what is no event, kind by kind, and counts what became of it."""
    filed = [
        record
        for entry, held in zip(entries, batch.prepared, strict=True)
        if held.filed and not _is_repeated(entry, held, stored)
        for record in held.filed
    ]
    if not filed:
        return
    # Several types may share a kind.
    for kind in dict.fromkeys(KINDS.values()):
        of_kind = [record for record in filed if KINDS[record.type] is kind]
        if of_kind:
            refusals = kind.store([record.record for record in of_kind])
            _count_records(batch.tally, of_kind, refusals)


def _is_repeated(entry: Entry, held: Prepared, stored: Stored) -> bool:
    """Whether the entry was digested before under another stream id.

    It may be: Valkey was lost when it was appended first. Its event tells.
    """
    return (
        entry.is_repeat
        and bool(held.events)
        and not any(event is one for event in held.events for one in stored.events)
    )


def _count_records(
    tally: Tally, filed: list[Filed], refusals: Sequence[Refusal | None]
) -> None:
    for record, refusal in zip(filed, refusals, strict=True):
        place = record.place
        if refusal is not None:
            place = place._replace(outcome=refusal.outcome, reason=refusal.reason)
        tally.add(place)


def _train_dictionaries() -> None:
    """Trains the dictionaries of projects that have the events for it.

    Here and not in a task of its own: under load that waits behind the drain, and
    thousands of events are stored at three times their size meanwhile.
    """
    for project_id, count in list(_since_training.items()):
        if count >= dictionaries.events_between_checks(project_id):
            del _since_training[project_id]
            dictionaries.train_dictionary(project_id)
