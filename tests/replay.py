"""Takes the recorded requests of real clients through the pure part of the pipe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.body import decompress, store_payload
from ingest.envelope import parse_envelope
from ingest.eventjson import read_event
from ingest.normalise import normalise
from ingest.normalise.times import instant
from ingest.scrub import scrub
from ingest.tags import tags_of, user_identity
from issues.event import Event
from issues.grouping import Grouping, group
from issues.payloads import NO_DICTIONARY, pack, unpack
from issues.titles import Description, describe
from tests.corpus import Recorded, recorded

MAX_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Replayed:
    """An event as it would be stored."""

    event: Event
    tags: dict[str, str]
    user: str | None
    grouping: Grouping
    description: Description


def error_requests() -> list[Recorded]:
    """The requests with an error event."""
    return [request for request in recorded() if request.expected["event"]]


def decoded_body(request: Recorded) -> bytes:
    """The request's body, uncompressed."""
    encodings = [v for name, v in request.headers if name.lower() == "content-encoding"]
    return decompress(request.body, encodings[0] if encodings else "", MAX_BYTES)


def payload_of(request: Recorded) -> tuple[bytes, dict[str, Any]]:
    """The event's JSON, and the headers of the envelope around it."""
    data = decoded_body(request)
    if request.expected["endpoint"] == "store":
        return bytes(store_payload(data, MAX_BYTES)), {}
    envelope = parse_envelope(data)
    events = [item for item in envelope.items if item.type == "event"]
    return bytes(events[0].payload), envelope.headers


def replay(request: Recorded) -> Replayed:
    """The request's event, received a second after it happened."""
    data, headers = payload_of(request)
    happened = instant(request.expected["event"].get("timestamp"))
    received_at = datetime.fromtimestamp(happened or 1_795_400_000, UTC)
    received_at += timedelta(seconds=1)
    event = normalise(
        read_event(data),
        received_at=received_at,
        sent_at=None,
        event_id=request.expected["event"]["event_id"] or headers.get("event_id", ""),
        client=request.expected["sentry_client"] or "",
        remote_ip="192.0.2.7",
        user_agent="",
    )
    packed = pack(scrub(event), NO_DICTIONARY)
    parts = [part and part.data for part in (packed.stack, packed.modules)]
    stored = unpack(packed.payload, NO_DICTIONARY, *parts)
    return Replayed(
        stored,
        dict(tags_of(event)),
        user_identity(event),
        group(event),
        describe(event),
    )
