"""An event in the making: the steps from an item's bytes to what is stored.

Decoded → normalised → scrubbed → grouped and packed. Each step may find that the event
is not to be stored, and raises Refusal.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.conf import settings

from ingest.envelope import Item
from ingest.eventjson import decode_event, read_event
from ingest.filters import reason_to_drop
from ingest.items.kind import Context, Refusal
from ingest.normalise import NotAnEvent, normalise
from ingest.outcomes import Outcome
from ingest.reports import REPORT_TYPES, NotAReport, event_of_report
from ingest.sampling import Sampler
from ingest.scrub import scrub
from ingest.stream import Entry
from ingest.tags import tags_of, user_identity
from issues.event import Event
from issues.grouping import group_for
from issues.grouping.rules.compiled import compile_rules
from issues.models import Level
from issues.newevent import Grouped, NewEvent
from issues.payloads import Dictionary, Pieces, pack
from issues.titles import describe_as
from projects.hours import hour_of
from projects.rules import Rules

_LEVELS = {level.name.lower(): level.value for level in Level}

EVENT_ITEMS = {"event"} | REPORT_TYPES
"""Items that become events: what else there is has a kind of its own."""

# What SDKs that know no envelopes send as an event, too.
_TRANSACTION = "transaction"


class Means(NamedTuple):
    """What a project's events are made by."""

    sampler: Sampler
    dictionary: Dictionary
    rules: Rules


@dataclass(slots=True)
class Draft:
    """What the steps have made of an item so far."""

    item: Item
    context: Context
    means: Means
    tree: Any = None
    event: Event = field(init=False)
    pieces: Pieces = field(init=False)
    made: NewEvent = field(init=False)


Step = Callable[[Draft], None]


def _decode(draft: Draft) -> None:
    item = draft.item
    if len(item.payload) > settings.MAX_EVENT_BYTES:
        raise Refusal(Outcome.TOO_LARGE, "event")
    decode = read_event if item.type == "event" else decode_event
    try:
        tree = decode(bytes(item.payload))
    except ValueError:
        raise Refusal(Outcome.INVALID, "json") from None
    if item.type != "event":
        tree = _event_of_report(tree, draft)
    elif isinstance(tree, dict) and tree.get("type") == _TRANSACTION:
        raise Refusal(Outcome.UNSUPPORTED, "item_type", category=_TRANSACTION)
    draft.tree = tree


def _event_of_report(tree: Any, draft: Draft) -> Any:
    received_at = draft.context.entry.received_at
    try:
        return event_of_report(tree, draft.item.headers, received_at)
    except NotAReport:
        raise Refusal(Outcome.INVALID, "report") from None


def _normalise(draft: Draft) -> None:
    entry = draft.context.entry
    try:
        draft.event = normalise(
            draft.tree,
            received_at=entry.received_at,
            sent_at=draft.context.sent_at,
            event_id=entry.event_id,
            client=entry.client,
            remote_ip=entry.remote_ip,
            user_agent=entry.user_agent,
        )
    except NotAnEvent:
        raise Refusal(Outcome.INVALID, "not_an_object") from None
    filters = draft.means.rules.filters
    reason = reason_to_drop(filters, draft.event, entry.remote_ip)
    if reason is not None:
        raise Refusal(Outcome.FILTERED, reason)


def _scrub(draft: Draft) -> None:
    draft.pieces = scrub(draft.event, draft.means.rules.scrubbing)


def _finish(draft: Draft) -> None:
    entry, event = draft.context.entry, draft.event
    sampler, dictionary, rules = draft.means
    written = rules.grouping
    compiled = compile_rules(written.fingerprinting, written.enhancements)
    grouping = group_for(event, compiled, rules.versions)
    if rules.discarded and not rules.discarded.isdisjoint(
        grouping.hashes + grouping.former
    ):
        raise Refusal(Outcome.FILTERED, "discarded")
    description = describe_as(event, grouping.title)
    fingerprint = uuid.UUID(bytes=grouping.hashes[0])
    hour = hour_of(entry.received_at)
    keeps = sampler.keeps(entry.project_id, fingerprint, hour)
    draft.made = NewEvent(
        project_id=entry.project_id,
        event_id=uuid.UUID(event["event_id"]),
        received_at=entry.received_at,
        timestamp=datetime.fromtimestamp(event["timestamp"], UTC),
        level=_LEVELS[event["level"]],
        grouping=Grouped.of(grouping),
        description=description,
        platform=event["platform"],
        logger=event.get("logger", ""),
        user=user_identity(event) or _sender(entry, event, rules),
        tags=tags_of(event),
        packed=pack(draft.pieces, dictionary) if keeps else None,
    )


STEPS: tuple[Step, ...] = (_decode, _normalise, _scrub, _finish)


def _sender(entry: Entry, event: Event, rules: Rules) -> str | None:
    """Whom an event that names nobody counts for: the address it came from.

    None where the SDK or the project asks that nobody is known by it.
    """
    if rules.scrubbing.drops_addresses:
        return None
    may_infer = event.get("sdk", {}).get("settings", {}).get("infer_ip") != "never"
    return f"ip:{entry.remote_ip}" if entry.remote_ip and may_infer else None
