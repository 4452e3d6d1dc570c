"""Requests to the ingest protocol: well-formed ones, and all that goes wrong."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import brotli
import zstandard
from hypothesis import strategies as st

from tests.corpus import PUBLIC_KEY, recorded
from tests.db.ingest.client import Call
from tests.fuzz.events import event, item, item_sources
from tests.fuzz.values import damaged, dumped, is_chance, scalar, text, value

Pairs = tuple[tuple[str, str], ...]

# A server takes no line ends or NUL in a header; all else may come.
header_texts = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40
)
randoms = st.randoms(use_true_random=True)
_PATHS = (
    *("/api/1/envelope/", "/api/1/store/", "/api/1/envelope", "//api//1//store//"),
    *("/api/store/", "/errors/api/1/envelope/", "/api/01/envelope/", "/api/2/store/"),
    *("/api/1/security/", "/api/1/csp-report/", "/api/1/nel/", "/api/1/minidump/"),
    *(f"/api/1/unreal/{PUBLIC_KEY}/", f"/api/1/cron/nightly/{PUBLIC_KEY}/"),
    *("/api/1/cron/nightly", f"/api/1/events/{'a' * 32}/attachments/", "/api/1/x/"),
    *("/api/999999999999999999/store/", "/api/99999999999999999999/store/"),
    *("/api/embed/error-page/", "/api/1/otlp/v1/traces", "/api/x/envelope/", "/api/1"),
)
_TYPES = (
    *("application/x-sentry-envelope", "application/json", "text/plain;charset=UTF-8"),
    *("application/octet-stream", "application/x-www-form-urlencoded", "", "x" * 300),
    *(
        "multipart/form-data; boundary=x",
        "application/csp-report",
        "multipart/form-data",
    ),
    *("application/reports+json", "application/expect-ct-report", "application/x-dmp"),
)
_ATTACHMENT_TYPES = ("event.attachment", "event.minidump", "event.payload", "x")
_HEADERS = ("User-Agent", "X-Forwarded-For", "Content-Length", "Expect", "Host")
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "UTF-8": bytes,
    "gzip": lambda data: gzip.compress(data, 1),
    "x-gzip": lambda data: gzip.compress(data, 1),
    " GZIP ": lambda data: gzip.compress(data, 1),
    "deflate": lambda data: zlib.compress(data, 1),
    "br": lambda data: bytes(brotli.compress(data, quality=1)),
    "zstd": zstandard.ZstdCompressor(1).compress,
    "gzip, gzip": lambda data: gzip.compress(data, 1),
    "bogus": bytes,
}
_VALID_QUERY = f"sentry_key={PUBLIC_KEY}&sentry_version=7&sentry_client=fuzz%2F1"

_keys = st.one_of(
    st.just(PUBLIC_KEY),
    st.just(PUBLIC_KEY.upper()),
    st.just("f" * 32),
    header_texts,
)


@st.composite
def auth_headers(draw: st.DrawFn) -> str:
    """`Sentry sentry_key=…, …` with anything at each of its places."""
    fields = [("sentry_key", draw(_keys))]
    for name in ("version", "client", "timestamp", "secret"):
        if draw(st.booleans()):
            usual = st.sampled_from(("7", "2.0", "nan", "-inf", "1e999", "\uff19", "9"))
            fields.append((f"sentry_{name}", draw(st.one_of(usual, header_texts))))
    if draw(st.booleans()):
        fields.reverse()
    equals = draw(st.sampled_from(("=", "=", " = ", "")))
    separator = draw(st.sampled_from((", ", ",", " , ", " ", ",,", ";")))
    joined = separator.join(f"{name}{equals}{value}" for name, value in fields)
    prefix = draw(
        st.sampled_from(("Sentry ", "sentry ", "Sentry", "Basic ", "DSN ", ""))
    )
    return _header(prefix + joined)


def _header(text: str) -> str:
    """The text as far as it can stand in a header."""
    plain = text.encode("latin-1", "replace").decode("latin-1")
    return plain.translate({10: None, 13: None, 0: None})


def _credentials(random: Random) -> tuple[str, Pairs]:
    """(query, headers); four of five are good."""
    match random.randrange(10):
        case 0:
            return _header(text(random)), (("Authorization", _header(text(random))),)
        case 1:
            return f"sentry_key={_header(text(random))}&{_header(text(random))}", ()
        case 2 | 3:
            return "", (("X-Sentry-Auth", f"Sentry sentry_key={PUBLIC_KEY}"),)
        case 4 | 5:
            both = base64.b64encode(f"{PUBLIC_KEY}:x".encode()).decode()
            return "", (("Authorization", f"Basic {both}"),)
    return _VALID_QUERY, ()


def _header_line(random: Random, fields: dict[str, Any]) -> bytes:
    """A header of an envelope or item; some fields odd, seldom no JSON."""
    if fields and is_chance(random, 4):
        fields = {**fields, random.choice(list(fields)): value(random)}
    line = dumped(fields)
    return damaged(random, line) if is_chance(random, 25) else line


def envelope(random: Random) -> bytes:
    """Header and items; lengths right, wrong or left out, lines broken at times."""
    choices = {
        "event_id": ("fc6d8c0c43fc4630ad850ee518f1b9d0", "FC6D8C0C-43FC", None, None),
        "sent_at": ("2026-11-23T12:00:00Z", "9999-12-31", "0001-01-01", None),
        "dsn": (None, None, f"http://{PUBLIC_KEY}@h/1", "http://x"),
        "sdk": ({"name": "fuzz", "version": "1"}, None),
    }
    fields = {name: random.choice(given) for name, given in choices.items()}
    given = {name: one for name, one in fields.items() if one is not None}
    lines = [_header_line(random, given)]
    for _ in range(random.randrange(5)):
        lines += _item_lines(random)
    newline = random.choice((b"\n",) * 6 + (b"\r\n", b"\n\n"))
    data = newline.join(lines) + random.choice((b"", b"\n", b"\n\n"))
    return damaged(random, data) if is_chance(random, 15) else data


def _item_lines(random: Random) -> list[bytes]:
    kind, payload = _item(random)
    headers: dict[str, Any] = {"type": kind}
    match random.randrange(6):
        case 0 | 1 | 2:
            headers["length"] = len(payload)
        case 3:
            headers["length"] = scalar(random)
    if kind == "attachment":
        headers |= {
            "filename": text(random),
            "content_type": random.choice(_TYPES),
            "attachment_type": random.choice(_ATTACHMENT_TYPES),
        }
    return [_header_line(random, headers), payload]


def _item(random: Random) -> tuple[str, bytes]:
    match random.randrange(6):
        case 0 | 1:
            return "event", event(random)
        case 2 | 3:
            return item(random)
        case 4:
            return "attachment", random.randbytes(random.randrange(200))
    kind = random.choice(item_sources())[0]
    return kind if random.random() < 0.7 else text(random), dumped(value(random))


def _stored(random: Random) -> bytes:
    """An event for `store`: as it is, in base64, or in base64 of its zlib form."""
    data = event(random)
    match random.randrange(5):
        case 0:
            return base64.b64encode(data)
        case 1:
            return base64.b64encode(zlib.compress(data, 1))
        case 2:
            return zlib.compress(data, 1)
    return data


def _body(random: Random) -> bytes:
    match random.randrange(10):
        case 0:
            return random.randbytes(random.randrange(100))
        case 1:
            return dumped(value(random))
        case 2:
            return damaged(random, random.choice(recorded()).body)
        case 3 | 4 | 5:
            return _stored(random)
    return envelope(random)


def request(random: Random) -> Call:
    """A request in which anything can be odd, though seldom everything."""
    query, headers = _credentials(random)
    encoding = random.choice(("", "", "", *_ENCODERS))
    body = _ENCODERS[encoding](_body(random))
    if is_chance(random, 10):
        body = damaged(random, body)
    if encoding:
        headers += (("Content-Encoding", encoding),)
    headers += (("Content-Type", random.choice(_TYPES)),)
    if is_chance(random, 5):
        headers += ((random.choice(_HEADERS), _header(text(random))),)
    return Call(
        path=_path(random),
        pieces=_pieces(random, body),
        method=random.choice(("POST",) * 8 + ("GET", "OPTIONS", "PUT", "HEAD")),
        query=query,
        headers=headers,
    )


def _path(random: Random) -> str:
    kind = random.random()
    if kind < 0.1:
        return f"/api/1/{text(random)}".encode(errors="replace").decode()
    return random.choice(_PATHS[:4] if kind < 0.7 else _PATHS)


def _pieces(random: Random, body: bytes) -> tuple[bytes | None, ...]:
    """The body as it comes in: whole, cut somewhere, or broken off."""
    cut = random.randint(0, len(body))
    match random.randrange(8):
        case 0:
            return body[:cut], body[cut:]
        case 1:
            return body[:cut], None
    return (body,)


def of_event(data: bytes) -> Call:
    """The plain request that brings this event."""
    return Call("/api/1/store/", (data,), query=_VALID_QUERY)


def of_envelope(data: bytes) -> Call:
    return Call("/api/1/envelope/", (data,), query=_VALID_QUERY)
