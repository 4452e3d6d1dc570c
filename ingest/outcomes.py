"""All that can befall an item of a request, and the HTTP status that tells it."""

from __future__ import annotations

import enum


class Outcome(enum.StrEnum):
    """A closed set: whatever is sent meets one of these, and is counted under it."""

    ACCEPTED = "accepted"
    # Of a kind that is taken and not kept, such as transactions.
    UNSUPPORTED = "unsupported"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    # Dropped by the SDK itself, which told us of it.
    CLIENT_DISCARD = "client_discard"
    INVALID = "invalid"
    # Taken, but failing in the digest again and again: it waits for an operator.
    SET_ASIDE = "set_aside"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    # No credentials, and credentials that do not open the project.
    UNAUTHENTICATED = "unauthenticated"
    REJECTED = "rejected"
    # No such address, or not by this method.
    UNROUTED = "unrouted"
    # We cannot take it now: the stream is away or full.
    OVERLOADED = "overloaded"

    @property
    def status(self) -> int:
        """The HTTP status of a request that met this outcome as a whole."""
        return _STATUS[self]


_STATUS = {
    Outcome.ACCEPTED: 200,
    Outcome.UNSUPPORTED: 200,
    Outcome.DUPLICATE: 200,
    Outcome.FILTERED: 200,
    Outcome.CLIENT_DISCARD: 200,
    Outcome.SET_ASIDE: 200,
    Outcome.INVALID: 400,
    Outcome.UNAUTHENTICATED: 401,
    Outcome.REJECTED: 403,
    Outcome.UNROUTED: 404,
    Outcome.TOO_LARGE: 413,
    Outcome.RATE_LIMITED: 429,
    Outcome.OVERLOADED: 503,
}

# The category of a request that was refused before its items were known.
UNKNOWN = "unknown"

# The category of every item type whose items are counted under another name.
_CATEGORIES = {
    "event": "error",
    "raw_security": "security",
    "nel": "security",
    "form_data": "error",
    "unreal_report": "error",
    "sessions": "session",
    "user_report": "feedback",
    "check_in": "monitor",
    "client_report": "internal",
    "log": "log_item",
    "otel_log": "log_item",
    "otel_span": "span",
    "otel_traces_data": "span",
    "statsd": "metric_bucket",
    "metric_buckets": "metric_bucket",
    "metric_meta": "metric_bucket",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
    "profile_chunk_ui": "profile_chunk_ui",
}
_SAME_NAME = frozenset(
    {
        "transaction",
        "security",
        "attachment",
        "session",
        "feedback",
        "span",
        "trace_metric",
        "profile",
        "profile_chunk",
    }
)
_EVENT_CATEGORIES = {
    "default": "default",
    "transaction": "transaction",
    "csp": "security",
    "hpkp": "security",
    "expectct": "security",
    "expectstaple": "security",
    "nel": "security",
    "feedback": "feedback",
    "userreportv2": "feedback",
}

# What items are counted under; SDKs may report drops of further ones.
CATEGORIES = tuple(
    sorted({UNKNOWN, *_SAME_NAME, *_CATEGORIES.values(), *_EVENT_CATEGORIES.values()})
)

# What people mean by events.
EVENT_CATEGORIES = frozenset({"default", "error", "security"})


def category_of(item_type: str, event_type: str = "error") -> str:
    """The data category of an item; `event_type` is an event payload's own type.

    Source: protocol, "Item types". Types that nobody knows are "unknown".
    """
    if item_type == "event":
        return _EVENT_CATEGORIES.get(event_type, "error")
    if item_type in _SAME_NAME:
        return item_type
    return _CATEGORIES.get(item_type, UNKNOWN)
