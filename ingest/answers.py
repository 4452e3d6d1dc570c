"""What the edge answers, in the protocol's words."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ingest.outcomes import UNKNOWN, Outcome
from projects.limits import LimitReason

Header = tuple[bytes, bytes]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# A browser's SDK can read an answer, an error too, only with these.
_CORS: list[Header] = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"x-sentry-error, x-sentry-rate-limits, retry-after",
    ),
]
_PREFLIGHT: list[Header] = [
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, "
        b"content-type, authentication, authorization, content-encoding, "
        b"transfer-encoding, sentry-trace, baggage",
    ),
    (b"access-control-max-age", b"3600"),
]
_JSON: Header = (b"content-type", b"application/json")
# The oldest browser SDK sends by loading an image: one transparent dot.
_DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")

# What a limit on events lets the SDK hold back; sessions and the like go on.
LIMITED_CATEGORIES = b"default;error;security;attachment"
_SCOPE_AND_CODE = {
    LimitReason.KEY: b"key:key_quota",
    LimitReason.PROJECT: b"project:project_quota",
    LimitReason.ORGANIZATION: b"organization:organization_quota",
    LimitReason.SPIKE: b"project:spike_protection",
}


class Answer(NamedTuple):
    """One response: status, headers, body."""

    status: int
    headers: list[Header]
    body: bytes

    async def send(self, send: Send, *, is_head: bool = False) -> None:
        """Sends it, to HEAD without its body."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": self.headers,
            }
        )
        body = b"" if is_head else self.body
        await send({"type": "http.response.body", "body": body})


class Refused(Exception):
    """A request that is not taken: its outcome and one sentence for its sender.

    `status` is the outcome's own unless another is given; `reason` is the short word
    under which the refusal is counted, in `counts` by category. `event_id` is the
    id, 32 hex digits, by which somebody may ask for what was refused, if known.
    """

    def __init__(
        self,
        outcome: Outcome,
        text: str,
        *,
        reason: str = "",
        status: int | None = None,
        headers: Sequence[Header] = (),
        counts: Mapping[str, int] | None = None,
        event_id: str = "",
    ) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
        self.reason = reason
        self.status = status or outcome.status
        self.headers = headers
        self.counts = {UNKNOWN: 1} if counts is None else counts
        self.event_id = event_id


def _headers(body: bytes, content_type: bytes, *more: Header) -> list[Header]:
    length = (b"content-length", str(len(body)).encode())
    return [(b"content-type", content_type), length, *_CORS, *more]


def accepted(event_id: str, *more: Header) -> Answer:
    """200 with the id, or with none where the request had none."""
    if not event_id:
        return Answer(200, _NOTHING_HEADERS + list(more), b"{}")
    body = b'{"id":"%b"}' % event_id.encode()
    return Answer(200, _ACCEPTED_HEADERS + list(more), body)


def empty(status: int) -> Answer:
    """What is taken, with no word about it."""
    return Answer(status, _headers(b"", b"text/plain"), b"")


def crash_id(event_id: str) -> Answer:
    """The id as crash reporters read it: as text, with dashes."""
    body = str(uuid.UUID(event_id)).encode()
    return Answer(200, _headers(body, b"text/plain"), body)


def refused(refusal: Refused) -> Answer:
    """The refusal as JSON, and in the header that older clients read."""
    body = orjson.dumps({"detail": refusal.text})
    headers = _headers(body, b"application/json", *refusal.headers)
    headers.append((b"x-sentry-error", _header_text(refusal.text)))
    return Answer(refusal.status, headers, body)


def retry_after(seconds: int) -> Header:
    return (b"retry-after", b"%d" % seconds)


def rate_limits(reason: LimitReason, seconds: int) -> Header:
    """A limit on events, for the SDK to wait out."""
    return (
        b"x-sentry-rate-limits",
        b"%d:%b:%b" % (seconds, LIMITED_CATEGORIES, _SCOPE_AND_CODE[reason]),
    )


def _header_text(text: str) -> bytes:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.encode("ascii", "replace")


_ACCEPTED_HEADERS = _headers(b'{"id":"%b"}' % (b"0" * 32), b"application/json")
_NOTHING_HEADERS = _headers(b"{}", b"application/json")
PREFLIGHT = Answer(200, _headers(b"", b"text/plain", *_PREFLIGHT), b"")
IMAGE = Answer(200, _headers(_DOT, b"image/gif"), _DOT)
