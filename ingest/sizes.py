"""How large a body and its items may be, in bytes after decompression."""

from __future__ import annotations

import msgspec

# Items that become events: what a limit on events is about.
EVENT_TYPES = frozenset({"event", "security", "raw_security", "nel"})

# Items that are read whole, and of which no client sends larger ones.
# Source: protocol, "Relay's default limits"; a session's share of the sum.
_SMALL = {
    "check_in": 100 * 1024,
    "client_report": 100 * 1024,
    "user_report": 100 * 1024,
    "session": 100 * 1024,
    "sessions": 2**20,
}
_AS_EVENTS = EVENT_TYPES | {"feedback", "form_data"}


class Limits(msgspec.Struct, frozen=True):
    """What a request may hold. Attachments, and items that are taken and not kept,
    may be as large as the envelope around them."""

    max_envelope_bytes: int
    max_event_bytes: int

    def of_item(self, item_type: str) -> int:
        """The largest payload of an item of the type."""
        if item_type in _AS_EVENTS:
            return self.max_event_bytes
        return _SMALL.get(item_type, self.max_envelope_bytes)
