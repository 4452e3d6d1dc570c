"""Stream entries become events and records that are ready to be stored.

Bytes → envelope → items; the event among them, step by step, see ``ingest.drafts``;
and what else there is, by its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.conf import settings

from ingest.body import BodyError, decompress, store_payload
from ingest.crashes.completion import complete
from ingest.drafts import EVENT_ITEMS, STEPS, Draft, Means, Step
from ingest.envelope import Envelope, EnvelopeError, Item, parse_envelope
from ingest.inventory import category_of_item, quantity_of
from ingest.items import KINDS
from ingest.items.kind import Context, Refusal
from ingest.limits import LIMITS_OPEN
from ingest.normalise.times import instant
from ingest.outcomes import Outcome, category_of
from ingest.sampling import Sampler
from ingest.stream import Entry
from ingest.tally import Place, Tally
from issues.newevent import NewEvent
from issues.payloads import Dictionary
from projects.hours import hour_of
from projects.rules import Rules

# So many entries take each step together: the code of one step, and what it knows,
# stay in the processor's caches (one entry after the other takes 15 % longer, measured
# on typical events). More would push out each other's trees.
_HANDFUL = 8
_HANDFUL_BYTES = 128 * 1024

# Stands for the items of a body that cannot be opened.
_OPAQUE = Item({"type": "unknown"}, memoryview(b""))


class Filed(NamedTuple):
    """What an item that is no event says, and under what it is counted if kept."""

    # The item's.
    type: str
    record: Any
    place: Place


class Prepared(NamedTuple):
    """What an entry holds for the store."""

    events: list[NewEvent]
    filed: list[Filed]


class Known(NamedTuple):
    """What the database tells of projects, by their ids."""

    dictionaries: Mapping[int, Dictionary]
    rules: Mapping[int, Rules]


def prepare(
    entries: Sequence[Entry], sampler: Sampler, tally: Tally, known: Known
) -> list[Prepared]:
    """What each entry holds; what cannot be stored of it is counted in the tally.

    Touches neither PostgreSQL nor Valkey, so that one batch can be prepared while
    another is being stored.
    """
    prepared: list[Prepared] = []
    for handful in _handfuls(entries):
        works = [_Work(entry, sampler, tally, known) for entry in handful]
        for step in STEPS:
            for work in works:
                work.take(step)
        prepared += [work.finished() for work in works]
    return prepared


def _handfuls(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    handful: list[Entry] = []
    size = 0
    for entry in entries:
        handful.append(entry)
        size += len(entry.body)
        if len(handful) == _HANDFUL or size > _HANDFUL_BYTES:
            yield handful
            handful, size = [], 0
    if handful:
        yield handful


class _Work:
    """An entry while it is being prepared."""

    def __init__(
        self, entry: Entry, sampler: Sampler, tally: Tally, known: Known
    ) -> None:
        self._entry = entry
        self._tally = tally
        self._means = Means(
            sampler,
            known.dictionaries[entry.project_id],
            known.rules[entry.project_id],
        )
        self._prepared = Prepared([], [])
        self._fate_of_files: Refusal | None = None
        self._items: list[Item] = []
        self._draft: Draft | None = None
        try:
            envelope = _open(entry)
        except (BodyError, EnvelopeError):
            # The edge has seen its beginning, or all of it before a limit was changed.
            self._refuse(_OPAQUE, Refusal(Outcome.INVALID, "body"))
            return
        items = complete(envelope.items)
        self._context = Context(entry, envelope.headers, _sent_at(envelope), items)
        self._items = _event_first(items)
        if self._items and self._items[0].type in EVENT_ITEMS:
            self._draft = Draft(self._items.pop(0), self._context, self._means)

    def take(self, step: Step) -> None:
        """One step of the entry's event, if it has one that is worth it."""
        if self._draft is None:
            return
        try:
            step(self._draft)
        except Refusal as refusal:
            self._refuse(self._draft.item, refusal)
            self._draft = None

    def finished(self) -> Prepared:
        """The event, if it was made, and the other items."""
        if self._draft is not None:
            self._keep(self._draft.made)
        for item in self._items:
            try:
                self._add(item)
            except Refusal as refusal:
                self._refuse(item, refusal)
        return self._prepared

    def _add(self, item: Item) -> None:
        if self._fate_of_files is not None and item.type == "attachment":
            # What hangs on the event goes with it, before it costs a file.
            raise self._fate_of_files
        if item.type not in EVENT_ITEMS:
            self._prepared.filed.append(_filed(item, self._context))
        elif self._prepared.events:
            # An envelope has one event, whose id its header gives.
            raise Refusal(Outcome.INVALID, "second_event")
        else:
            draft = Draft(item, self._context, self._means)
            for step in STEPS:
                step(draft)
            self._keep(draft.made)

    def _keep(self, event: NewEvent) -> None:
        self._prepared.events.append(event)
        self._fate_of_files = None
        if event.packed is None:
            self._fate_of_files = Refusal(Outcome.FILTERED, "event_sampled")

    def _refuse(self, item: Item, refusal: Refusal) -> None:
        _count_refusal(self._entry, item, refusal, self._tally)
        if item.type in EVENT_ITEMS and not self._prepared.events:
            is_filtered = refusal.outcome is Outcome.FILTERED
            refused = Refusal(Outcome.FILTERED, "event_refused")
            self._fate_of_files = refusal if is_filtered else refused


def _event_first(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item.type not in EVENT_ITEMS)


def _count_refusal(entry: Entry, item: Item, refusal: Refusal, tally: Tally) -> None:
    category = refusal.category or category_of_item(item)
    place = _place(entry, category, refusal.outcome, refusal.reason)
    tally.add(place, quantity_of(item))
    if entry.event_id and refusal.outcome is not Outcome.UNSUPPORTED:
        tally.remember(place, entry.event_id, entry.received_at)


def _filed(item: Item, context: Context) -> Filed:
    kind = KINDS.get(item.type)
    if kind is None:
        # Taken and not kept; its count says so.
        raise Refusal(Outcome.UNSUPPORTED, "item_type")
    place = _place(context.entry, category_of_item(item), Outcome.ACCEPTED)
    return Filed(item.type, kind.read(item, context), place)


def _open(entry: Entry) -> Envelope:
    data = decompress(entry.body, entry.encoding, settings.MAX_ENVELOPE_BYTES)
    if entry.kind == "store":
        payload = store_payload(data, settings.MAX_ENVELOPE_BYTES)
        return Envelope({}, [Item({"type": "event"}, memoryview(payload))])
    return parse_envelope(data)


def _sent_at(envelope: Envelope) -> datetime | None:
    """The sender's clock when it sent the envelope."""
    seconds = instant(envelope.headers.get("sent_at"))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _place(entry: Entry, category: str, outcome: Outcome, reason: str = "") -> Place:
    hour = hour_of(entry.received_at)
    return Place(entry.project_id, entry.key_id, hour, category, outcome, reason)


def accepted(entry: Entry, event: NewEvent) -> Place:
    """Under what a stored event is counted."""
    category = category_of("event", event.description.kind)
    reason = LIMITS_OPEN if entry.limits_open else ""
    return _place(entry, category, Outcome.ACCEPTED, reason)


def duplicate(entry: Entry, event: NewEvent) -> Place:
    category = category_of("event", event.description.kind)
    return _place(entry, category, Outcome.DUPLICATE)
