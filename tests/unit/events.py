"""Makes normalised events out of short payloads."""

from __future__ import annotations

import marshal
from datetime import UTC, datetime
from typing import Any

from ingest.normalise import normalise
from issues.event import Event
from issues.grouping import group

RECEIVED_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVENT_ID = "0123456789abcdef0123456789abcdef"


def event_of(
    payload: object = None,
    *,
    received_at: datetime = RECEIVED_AT,
    sent_at: datetime | None = None,
    remote_ip: str = "192.0.2.7",
    client: str = "",
    user_agent: str = "",
    **fields: Any,
) -> Event:
    """The normalised event of a payload, or of one with these fields."""
    return normalise(
        _copied(fields if payload is None else payload),
        received_at=received_at,
        sent_at=sent_at,
        event_id=EVENT_ID,
        client=client,
        remote_ip=remote_ip,
        user_agent=user_agent,
    )


def _copied(payload: Any) -> object:
    """A copy at any depth: normalising takes its payload apart."""
    copied: object = marshal.loads(marshal.dumps(payload))
    return copied


def frame(function: str, **fields: Any) -> dict[str, Any]:
    """A frame of the app, unless told otherwise."""
    return {"function": function, "in_app": True, "lineno": 7, **fields}


def error(*frames: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A payload with one exception, raised in the last frame."""
    exception: dict[str, Any] = {}
    for name, usual in (("type", "ValueError"), ("value", "no good")):
        exception[name] = fields.pop(name, usual)
    for name in ("mechanism", "module"):
        if name in fields:
            exception[name] = fields.pop(name)
    if frames:
        exception["stacktrace"] = {"frames": list(frames)}
    return {"platform": "python", "exception": {"values": [exception]}, **fields}


def hash_of(payload: dict[str, Any]) -> str:
    """The hash of the payload's event."""
    (digest,) = group(event_of(payload)).hashes
    return digest.hex()
