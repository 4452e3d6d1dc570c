"""The checks on what a request holds: it leaves them as a submission, or refused."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ingest.answers import Refused, retry_after
from ingest.auth import DSN, AuthError, parse_dsn
from ingest.body import BodyError, BodyTooLarge, decompress, store_payload
from ingest.envelope import (
    Envelope,
    EnvelopeError,
    EnvelopeTooLarge,
    Item,
    parse_envelope,
    write_envelope,
)
from ingest.eventjson import decode_event
from ingest.glance import lone_event
from ingest.inventory import category_told, count_items, quantity_told
from ingest.outcomes import UNKNOWN, Outcome, category_of
from ingest.pieces import pieces
from ingest.sizes import EVENT_TYPES, Limits
from ingest.stream import Kind
from ingest.survey import Survey, SurveyedItem
from projects.keys import KeyInfo

# When to try again what there was no room for.
RETRY_AFTER_S = 5
NO_CREDENTIALS = "no credentials: expected a sentry_key"

# What inflates beyond this takes too long to look at between other requests, as does
# JSON that only a lenient decoder understands.
QUICK_BYTES = 2**20
QUICK_ODD_BYTES = 2**16

# Items that cannot be named without an event id.
_IDENTIFIED_TYPES = EVENT_TYPES | {
    "transaction",
    "attachment",
    "form_data",
    "unreal_report",
    "user_report",
    "feedback",
    "replay_event",
    "profile",
}
# Types whose payload has an event id of its own.
_SELF_IDENTIFIED_TYPES = ("event", "transaction", "feedback", "replay_event")
# Files that become an event, also where none comes with them.
_CRASH_FILES = frozenset(
    {
        *("event.minidump", "event.applecrashreport", "event.payload"),
        *("event.breadcrumbs", "unreal.context"),
    }
)
_ONE_EVENT = Counter([category_of("event")])
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_NIL_ID = "0" * 32


class TakesLong(Exception):
    """The body is to be surveyed aside, where other requests need not wait for it."""


class Submission(msgspec.Struct, frozen=True):
    """What a body was found to hold.

    A small envelope is here itself, of a large one how many records of each category it
    has, and of a stored event its category.
    """

    kind: Kind
    event_id: str
    has_event: bool
    dsn: str | None = None
    envelope: Envelope | None = None
    counted: Counter[str] | None = None
    category: str = UNKNOWN

    def counts(self) -> Counter[str]:
        """How many records of each category it holds."""
        if self.counted is not None:
            return self.counted
        if self.envelope is not None:
            return count_items(self.envelope.items)
        return Counter([self.category])


def examine_envelope(body: bytes, encoding: str, limits: Limits) -> Submission:
    """Raises Refused; TakesLong for what is left to `survey_envelope`."""
    lone = _lone(body, encoding, limits)
    if lone is not None:
        return lone
    try:
        data = decompress(body, encoding, min(QUICK_BYTES, limits.max_envelope_bytes))
        envelope = parse_envelope(data)
    except BodyTooLarge:
        raise TakesLong from None
    except (BodyError, EnvelopeError) as error:
        raise refused(error) from None
    types = [item.type for item in envelope.items]
    if "attachment" in types:
        attached = (item.headers.get("attachment_type") for item in envelope.items)
        types += _events_of(attached)
    event_id = event_id_of(envelope.headers.get("event_id"))
    for item in envelope.items:
        if len(item.payload) > limits.of_item(item.type):
            counts = count_items(envelope.items)
            raise _too_large(item.type, limits, counts, event_id)
    if event_id is None:
        payloads = (
            item.payload
            for item in envelope.items
            if item.type in _SELF_IDENTIFIED_TYPES
        )
        event_id = _first_event_id(payloads, is_quick=True)
    return submission_of(event_id, types, envelope.headers, envelope=envelope)


def _lone(body: bytes, encoding: str, limits: Limits) -> Submission | None:
    """What most bodies are, an envelope of one event; None for all that needs more
    than a glance, if only to say why it is refused."""
    lone = lone_event(body, encoding)
    if lone is None or lone.size > limits.of_item("event"):
        return None
    event_id = event_id_of(lone.headers.get("event_id"))
    if event_id is None:
        return None
    return submission_of(event_id, ["event"], lone.headers, counted=_ONE_EVENT.copy())


def survey_envelope(body: bytes, encoding: str, limits: Limits) -> Submission:
    """The same for an envelope of any size, of which no more than an event is in
    memory at once. Raises Refused."""
    types: list[str] = []
    counts: Counter[str] = Counter()
    too_large: str | None = None
    try:
        survey = Survey(pieces(body, encoding, limits.max_envelope_bytes))
        event_id = event_id_of(survey.headers.get("event_id"))
        for item in survey.items():
            if item.type in _SELF_IDENTIFIED_TYPES and event_id is None:
                payload = item.read(limits.max_event_bytes)
                event_id = _first_event_id([payload or b""], is_quick=False)
            if not item.is_within(limits.of_item(item.type)):
                too_large = too_large or item.type
            # Its size is known now.
            item.finish()
            types += [item.type, *_events_of([item.mark.attachment_type])]
            counts += _count_of(item)
    except (BodyError, EnvelopeError) as error:
        raise refused(error) from None
    if too_large is not None:
        raise _too_large(too_large, limits, counts, event_id)
    return submission_of(event_id, types, survey.headers, counted=counts)


def examine_store(body: bytes, encoding: str, limits: Limits) -> Submission:
    """Raises Refused; TakesLong for what is left to `survey_store`."""
    try:
        return _stored(body, encoding, min(limits.max_event_bytes, QUICK_BYTES))
    except BodyTooLarge as error:
        if limits.max_event_bytes > QUICK_BYTES:
            raise TakesLong from None
        raise refused(error) from None
    except BodyError as error:
        raise refused(error) from None


def survey_store(body: bytes, encoding: str, limits: Limits) -> Submission:
    """The same for an event of any size. Raises Refused."""
    try:
        return _stored(body, encoding, limits.max_event_bytes, is_quick=False)
    except BodyError as error:
        raise refused(error) from None


class Rest(NamedTuple):
    """What a limit on events leaves of a submission; no body if nothing."""

    body: bytes | None
    # How many records of each category are not in it.
    removed: Counter[str]


def without_events(submission: Submission) -> Rest:
    """The envelope without its events and what hangs on them.

    Of a large one nothing is left: what else comes with so much is no more than that.
    """
    if submission.envelope is None:
        return Rest(None, submission.counts())
    items = submission.envelope.items
    rest = [item for item in items if not _hangs_on_event(item)]
    removed = count_items(item for item in items if _hangs_on_event(item))
    if not rest:
        return Rest(None, removed)
    return Rest(write_envelope(submission.envelope.headers, rest), removed)


def destination(submission: Submission) -> DSN:
    """Where a tunnelled envelope says that it goes. Raises Refused."""
    if submission.dsn is None:
        raise Refused(Outcome.UNAUTHENTICATED, NO_CREDENTIALS)
    try:
        return parse_dsn(submission.dsn)
    except AuthError as error:
        raise Refused(Outcome.INVALID, str(error), reason="dsn") from None


def check_destination(submission: Submission, key: KeyInfo) -> None:
    """Refuses an envelope whose DSN names another key or project."""
    if submission.dsn is None:
        return
    try:
        dsn = parse_dsn(submission.dsn)
    except AuthError:
        # The request has credentials of its own.
        return
    if dsn != DSN(key.public_key, key.project_id):
        text = "the envelope's dsn does not match the request's credentials"
        raise refused_whole(submission, Outcome.INVALID, text, reason="dsn")


def refused_whole(
    submission: Submission, outcome: Outcome, text: str, **more: Any
) -> Refused:
    """The refusal of all that was submitted, each item counted in its category."""
    counts, event_id = submission.counts(), submission.event_id
    return Refused(outcome, text, counts=counts, event_id=event_id, **more)


def event_id_of(value: object) -> str | None:
    """The id as 32 lowercase hex digits, or None for junk and for the nil id."""
    if not isinstance(value, str):
        return None
    text = value.replace("-", "").lower()
    if not _EVENT_ID.fullmatch(text) or text == _NIL_ID:
        return None
    return text


def refused(error: BodyError | EnvelopeError) -> Refused:
    """The answer to a body that cannot be opened."""
    if isinstance(error, EnvelopeTooLarge):
        return Refused(Outcome.TOO_LARGE, str(error), reason="envelope")
    if isinstance(error, EnvelopeError):
        return Refused(Outcome.INVALID, str(error), reason="envelope")
    outcomes = {413: Outcome.TOO_LARGE, 503: Outcome.OVERLOADED}
    outcome = outcomes.get(error.status, Outcome.INVALID)
    headers = [retry_after(RETRY_AFTER_S)] if outcome is Outcome.OVERLOADED else []
    return Refused(
        outcome, error.text, reason="body", status=error.status, headers=headers
    )


def submission_of(
    event_id: str | None,
    types: Sequence[str],
    headers: Mapping[str, Any],
    *,
    envelope: Envelope | None = None,
    counted: Counter[str] | None = None,
) -> Submission:
    """An envelope whose items have these types; itself, or what was counted in it."""
    if event_id is None:
        event_id = "" if _IDENTIFIED_TYPES.isdisjoint(types) else uuid.uuid4().hex
    dsn = headers.get("dsn")
    return Submission(
        kind="envelope",
        event_id=event_id,
        has_event=not EVENT_TYPES.isdisjoint(types),
        dsn=dsn if isinstance(dsn, str) else None,
        envelope=envelope,
        counted=counted,
    )


def _stored(
    body: bytes, encoding: str, max_bytes: int, *, is_quick: bool = True
) -> Submission:
    """Raises BodyError, Refused and TakesLong."""
    data = decompress(body, encoding, max_bytes)
    payload = store_payload(data, max_bytes)
    try:
        marks = _marks_of(payload, is_quick=is_quick)
    except ValueError as error:
        text = f"bad event: {error}"
        counts = {category_of("event"): 1}
        raise Refused(Outcome.INVALID, text, reason="json", counts=counts) from None
    event_id = event_id_of(marks.event_id) or uuid.uuid4().hex
    if marks.type == "transaction":
        headers = {"event_id": event_id}
        item = Item({"type": "transaction"}, memoryview(payload))
        envelope = Envelope(headers, [item])
        return submission_of(event_id, [item.type], headers, envelope=envelope)
    event_type = marks.type if isinstance(marks.type, str) else "error"
    return Submission(
        kind="store",
        event_id=event_id,
        has_event=True,
        category=category_of("event", event_type),
    )


def _events_of(attachment_types: Iterable[object]) -> list[str]:
    """The type of the event that these files become, if any does."""
    is_crash = any(
        isinstance(one, str) and one in _CRASH_FILES for one in attachment_types
    )
    return ["event"] if is_crash else []


def _hangs_on_event(item: Item) -> bool:
    return item.type in EVENT_TYPES or item.type == "attachment"


def _count_of(item: SurveyedItem) -> Counter[str]:
    category = category_told(item.type, item.mark.platform)
    return Counter(
        {category: quantity_told(item.type, item.mark.item_count, item.size)}
    )


def _too_large(
    item_type: str, limits: Limits, counts: Counter[str], event_id: str | None
) -> Refused:
    text = f"an item {item_type} of more than {limits.of_item(item_type)} bytes"
    return Refused(
        Outcome.TOO_LARGE,
        text,
        reason=item_type,
        counts=counts,
        event_id=event_id or "",
    )


class _Marks(msgspec.Struct):
    """The two fields of an event that the edge looks at."""

    event_id: Any = None
    type: Any = None


_decode_marks = msgspec.json.Decoder(_Marks).decode


def _marks_of(payload: bytes | memoryview, *, is_quick: bool) -> _Marks:
    """Raises ValueError for what is no JSON object even to a lenient reader, and
    TakesLong if that would have to read much, and quickly."""
    try:
        return _decode_marks(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if is_quick and len(payload) > QUICK_ODD_BYTES:
            raise TakesLong from None
    tree = decode_event(bytes(payload))
    if not isinstance(tree, dict):
        raise ValueError("expected a JSON object")
    return _Marks(tree.get("event_id"), tree.get("type"))


def _first_event_id(
    payloads: Iterable[bytes | memoryview], *, is_quick: bool
) -> str | None:
    for payload in payloads:
        try:
            found = event_id_of(_marks_of(payload, is_quick=is_quick).event_id)
        except ValueError:
            # The digest sets a broken payload aside under the id answered.
            continue
        if found is not None:
            return found
    return None
