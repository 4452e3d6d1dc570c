"""What an envelope of one event tells by its first lines and its length.

Most of what SDKs send is such an envelope, gzipped. To inflate it whole would take the
edge a fifth of a request's work, and tell it no more than that nothing follows the
event. The digest inflates it anyway, and counts what turns out to be damaged.
"""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

from ingest.body import GZIP
from ingest.envelope import (
    EnvelopeError,
    envelope_headers,
    item_mark,
    payload_bytes,
)

# Both lines of nearly all SDKs; what needs more is looked at whole.
LEAD_BYTES = 1024


class LoneEvent(NamedTuple):
    """The header of an envelope that holds one event, and the event's bytes."""

    headers: dict[str, Any]
    size: int


def lone_event(body: bytes, encoding: str) -> LoneEvent | None:
    """The event, where the length of its item accounts for the whole body.

    None for everything else, damaged bodies among it as far as their beginning and
    their length tell.
    """
    if encoding != "gzip":
        return None
    try:
        lead = zlib.decompressobj(GZIP).decompress(body, LEAD_BYTES)
        header, item, _ = lead.split(b"\n", 2)
        mark = item_mark(item)
        headers = envelope_headers(header)
        size = payload_bytes(mark.length)
    except (zlib.error, ValueError, EnvelopeError):
        return None
    if mark.type != "event" or size is None:
        return None
    whole = len(header) + len(item) + 2 + size
    # How much there is stands at the end (RFC 1952, 2.3.1); the last line may end.
    if int.from_bytes(body[-4:], "little") - whole not in (0, 1):
        return None
    return LoneEvent(headers, size)
