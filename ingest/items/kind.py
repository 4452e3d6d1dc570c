"""What a type of item that is no event brings to the digest: a reader and a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ingest.envelope import Item
from ingest.outcomes import Outcome
from ingest.stream import Entry


class Refusal(Exception):
    """An item that cannot be taken; its outcome is counted, the rest goes on.

    It is counted in `category`, by default the one of the item's type.
    """

    def __init__(self, outcome: Outcome, reason: str, *, category: str = "") -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.category = category


class Context(NamedTuple):
    """What an item came with: its entry, and its envelope's headers and items.

    `sent_at` is the sender's clock when it sent the envelope.
    """

    entry: Entry
    headers: Mapping[str, Any]
    sent_at: datetime | None
    items: Sequence[Item] = ()


class Kind(NamedTuple):
    """How items of a type are digested.

    `read` makes a record of an item, and raises Refusal. It runs while another batch
    is being stored, and touches neither PostgreSQL nor Valkey.

    `store` is given a batch's records in the order of their entries, in the
    transaction that stores the batch's events, after them. What it does takes effect
    once, however often an entry is delivered. It gives, for each record, None (it is
    counted as accepted) or the Refusal to count it as.

    `changes` gives the issues that storing the records may change.
    """

    read: Callable[[Item, Context], Any]
    store: Callable[[list[Any]], Sequence[Refusal | None]]
    changes: Callable[[list[Any]], Collection[int]] | None = None
