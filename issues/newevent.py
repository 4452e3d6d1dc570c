"""What the digest hands to the store: an event that is ready to be written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from issues.grouping import Grouping, Part
from issues.payloads import Packed
from issues.titles import Description

_write_parts = msgspec.msgpack.Encoder().encode
_read_parts = msgspec.msgpack.Decoder(tuple[Part, ...]).decode


class Grouped(NamedTuple):
    """A grouping whose parts are packed: only those of an event that begins an issue
    are read, and as objects they would take 20 µs to another process."""

    version: str
    hashes: tuple[bytes, ...]
    former: tuple[bytes, ...]
    parts: bytes

    @classmethod
    def of(cls, grouping: Grouping) -> Grouped:
        parts = _write_parts(grouping.parts)
        return cls(grouping.version, grouping.hashes, grouping.former, parts)

    def parts_as_json(self) -> list[dict[str, Any]]:
        """The parts for a JSON column."""
        return [part.as_json() for part in _read_parts(self.parts)]


@dataclass(slots=True, kw_only=True)
class NewEvent:
    """One event, normalised, scrubbed, grouped and packed."""

    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    # The event's own time, UTC.
    timestamp: datetime
    # issues.models.Level
    level: int
    grouping: Grouped
    description: Description
    platform: str
    logger: str
    # "id:…", "email:…", …; None where the event names nobody.
    user: str | None
    tags: list[tuple[str, str]]
    # None: beyond the hour's sample of full payloads, the event is only counted.
    packed: Packed | None
