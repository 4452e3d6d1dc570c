"""What the endpoints besides envelope and store are given, and what they make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ingest.answers import Refused
from ingest.body import BodyError, decompress
from ingest.envelope import Envelope, Item, write_envelope
from ingest.eventjson import clean_tree, decode_event
from ingest.gate import Submission, refused, submission_of
from ingest.outcomes import Outcome
from ingest.pieces import pieces
from ingest.sizes import Limits

_MAX_QUERY_FIELDS = 100


class Posted(NamedTuple):
    """A request that was let in; `argument` is what its path is about."""

    argument: str
    query_string: bytes
    media_type: str
    content_type: str
    encoding: str
    body: bytes
    limits: Limits

    def query(self) -> dict[str, str]:
        """The fields of the query, the first of each name. Raises Refused."""
        text = self.query_string.decode("latin-1")
        try:
            fields = parse_qsl(text, max_num_fields=_MAX_QUERY_FIELDS)
        except ValueError:
            raise invalid("too many fields in the query", "query") from None
        return dict(reversed(fields))

    def json(self) -> Any:
        """The body as JSON, which may be as large as an event. Raises Refused."""
        try:
            # Without what could be read, but not be written again.
            return clean_tree(decode_event(self.content()))
        except ValueError as error:
            raise invalid(f"bad JSON: {error}", "json") from None

    def content(self) -> bytes:
        """The body, decompressed, as large as an event at most. Raises Refused."""
        try:
            return decompress(self.body, self.encoding, self.limits.max_event_bytes)
        except BodyError as error:
            raise refused(error) from None

    def pieces(self) -> Iterator[bytes]:
        """The body, decompressed, of any size. Raises Refused."""
        try:
            yield from pieces(self.body, self.encoding, self.limits.max_envelope_bytes)
        except BodyError as error:
            raise refused(error) from None


class Parcel(NamedTuple):
    """An envelope to append, in the encoding that its body has."""

    submission: Submission
    body: bytes
    encoding: str


class Count(NamedTuple):
    """What is not appended, and why."""

    category: str
    outcome: Outcome
    reason: str
    quantity: int = 1


class Converted(NamedTuple):
    """What became of a request: envelopes, and what is only counted."""

    parcels: tuple[Parcel, ...]
    counts: tuple[Count, ...] = ()

    @property
    def event_id(self) -> str:
        return self.parcels[0].submission.event_id if self.parcels else ""


def parcel(event_id: str, items: Iterable[tuple[Mapping[str, Any], bytes]]) -> Parcel:
    """A small envelope; without an event id if that is empty."""
    made = [Item(dict(headers), memoryview(payload)) for headers, payload in items]
    headers = {"event_id": event_id} if event_id else {}
    envelope = Envelope(headers, made)
    types = [item.type for item in made]
    submission = submission_of(event_id, types, headers, envelope=envelope)
    return Parcel(submission, write_envelope(headers, made), "")


def invalid(text: str, reason: str) -> Refused:
    return Refused(Outcome.INVALID, text, reason=reason)
