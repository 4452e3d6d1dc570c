"""The checks on what a request holds: it leaves them as a submission, or refused."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import Any, NamedTuple

import msgspec

from ingest.answers import Refused
from ingest.auth import DSN, AuthError, parse_dsn
from ingest.body import BodyError, decompress, store_payload
from ingest.envelope import (
    Envelope,
    EnvelopeError,
    Item,
    TooManyItems,
    parse_envelope,
    write_envelope,
)
from ingest.eventjson import decode_event
from ingest.inventory import count_items
from ingest.outcomes import UNKNOWN, Outcome, category_of
from projects.keys import KeyInfo

NO_CREDENTIALS = "no credentials: expected a sentry_key"

# Items that become events: what a limit on events is about.
EVENT_TYPES = frozenset({"event", "security", "raw_security"})
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
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_NIL_ID = "0" * 32


class Limits(msgspec.Struct, frozen=True):
    """Sizes in bytes, after decompression."""

    max_envelope_bytes: int
    max_event_bytes: int


class Submission(msgspec.Struct, frozen=True):
    """What a body was found to hold; `envelope` is None for a stored event.

    `category` is that event's.
    """

    event_id: str
    has_event: bool
    dsn: str | None = None
    envelope: Envelope | None = None
    category: str = UNKNOWN

    def counts(self) -> Counter[str]:
        """How many records of each category it holds."""
        if self.envelope is None:
            return Counter([self.category])
        return count_items(self.envelope.items)


def examine_envelope(body: bytes, encoding: str, limits: Limits) -> Submission:
    """Raises Refused."""
    try:
        data = decompress(body, encoding, limits.max_envelope_bytes)
        envelope = parse_envelope(data)
    except BodyError as error:
        raise refused_body(error) from None
    except TooManyItems as error:
        raise Refused(Outcome.TOO_LARGE, str(error), reason="items") from None
    except EnvelopeError as error:
        raise Refused(Outcome.INVALID, str(error), reason="envelope") from None
    types = [item.type for item in envelope.items]
    _check_sizes(envelope, limits)
    dsn = envelope.headers.get("dsn")
    return Submission(
        event_id=_envelope_event_id(envelope, types),
        has_event=not EVENT_TYPES.isdisjoint(types),
        dsn=dsn if isinstance(dsn, str) else None,
        envelope=envelope,
    )


def examine_store(body: bytes, encoding: str, limits: Limits) -> Submission:
    """Raises Refused."""
    try:
        data = decompress(body, encoding, limits.max_event_bytes)
        payload = store_payload(data, limits.max_event_bytes)
    except BodyError as error:
        raise refused_body(error) from None
    try:
        marks = _marks_of(payload)
    except ValueError as error:
        text = f"bad event: {error}"
        counts = {category_of("event"): 1}
        raise Refused(Outcome.INVALID, text, reason="json", counts=counts) from None
    event_type = marks.type if isinstance(marks.type, str) else "error"
    return Submission(
        event_id=event_id_of(marks.event_id) or uuid.uuid4().hex,
        has_event=event_type != "transaction",
        category=category_of("event", event_type),
    )


class Rest(NamedTuple):
    """What a limit on events leaves of a submission; no body if nothing."""

    body: bytes | None
    # How many records of each category are not in it.
    removed: Counter[str]


def without_events(submission: Submission) -> Rest:
    """The envelope without its events and what hangs on them."""
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


def refused_body(error: BodyError) -> Refused:
    outcomes = {413: Outcome.TOO_LARGE, 503: Outcome.OVERLOADED}
    outcome = outcomes.get(error.status, Outcome.INVALID)
    return Refused(outcome, error.text, reason="body", status=error.status)


def _hangs_on_event(item: Item) -> bool:
    return item.type in EVENT_TYPES or item.type == "attachment"


def _check_sizes(envelope: Envelope, limits: Limits) -> None:
    for item in envelope.items:
        if item.type not in EVENT_TYPES:
            continue
        if len(item.payload) > limits.max_event_bytes:
            text = f"an item {item.type} of more than {limits.max_event_bytes} bytes"
            raise Refused(
                Outcome.TOO_LARGE,
                text,
                reason=item.type,
                counts=count_items(envelope.items),
                event_id=event_id_of(envelope.headers.get("event_id")) or "",
            )


class _Marks(msgspec.Struct):
    """The two fields of an event that the edge looks at."""

    event_id: Any = None
    type: Any = None


_decode_marks = msgspec.json.Decoder(_Marks).decode


def _marks_of(payload: bytes | memoryview) -> _Marks:
    """Raises ValueError for what is no JSON object even to a lenient reader."""
    try:
        return _decode_marks(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        tree = decode_event(bytes(payload))
    if not isinstance(tree, dict):
        raise ValueError("expected a JSON object")
    return _Marks(tree.get("event_id"), tree.get("type"))


def _envelope_event_id(envelope: Envelope, types: list[str]) -> str:
    """The header's id before the payload's, a new one if needed, or none."""
    header_id = event_id_of(envelope.headers.get("event_id"))
    if header_id is not None:
        return header_id
    if _IDENTIFIED_TYPES.isdisjoint(types):
        return ""
    for item in envelope.items:
        if item.type not in _SELF_IDENTIFIED_TYPES:
            continue
        try:
            payload_id = event_id_of(_marks_of(item.payload).event_id)
        except ValueError:
            # The digest sets a broken payload aside under the id answered.
            continue
        if payload_id is not None:
            return payload_id
    return uuid.uuid4().hex
