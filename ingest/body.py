"""A request's body: received, decompressed and unwrapped, each within a bound."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import brotli
import zstandard

fast_zlib: Any
try:
    from isal import isal_zlib as fast_zlib
except ImportError:  # No wheel for this machine: twice the CPU, the same results.
    fast_zlib = zlib

# What real encoders use at most; a frame may ask the decoder for far more.
MAX_ZSTD_WINDOW_BYTES = 8 * 2**20
# Encoders that flush often begin a new gzip member each time.
MAX_GZIP_MEMBERS = 16

GZIP, ZLIB, RAW_DEFLATE = 31, 15, -15


class BodyError(Exception):
    """The body is refused; `status` is the HTTP status, `text` the reason."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class BodyTooLarge(BodyError):
    """The body is larger than its bound."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(413, f"the body is larger than {max_bytes} bytes")


def ends_early() -> BodyError:
    return BodyError(400, "bad compressed body: it ends early")


def known_encoding(encoding: str) -> str:
    """The encoding by its one name, "" for none. Raises BodyError for others."""
    name = _ENCODINGS.get(encoding.strip().lower())
    if name is None:
        raise BodyError(400, f"unknown Content-Encoding {encoding[:40]!r}")
    return name


def decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body without its Content-Encoding, of at most `max_bytes`.

    Raises BodyError: 413 past the bound, 400 for an encoding that is unknown and
    for data that is damaged or ends early. Never takes more memory than the bound.
    """
    decoder = _DECODERS.get(encoding) or _DECODERS[known_encoding(encoding)]
    return decoder(body, max_bytes)


def store_payload(body: bytes, max_bytes: int) -> bytes:
    """The JSON of a decompressed `store` body: as it is, or base64 around it, or
    base64 around its zlib form, as the raven clients send it.

    Raises BodyError. Source: protocol, "Bodies".
    """
    text = body.strip()
    if text[:1] == b"{":
        return _bounded(body, max_bytes)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if text.startswith(_FORM_FIELD):
        field = text.removeprefix(_FORM_FIELD).partition(b"&")[0]
        text = unquote_to_bytes(field.replace(b"+", b" ")).strip()
    if text[:1] == b"{":
        return _bounded(text, max_bytes)
    if text[:1] in (b"\x1f", b"\x78"):
        # Compressed by a client that does not say so; base64 begins otherwise.
        return _unwrapped(body, max_bytes)
    encoded = text.translate(_PLAIN_BASE64, b"\t\r\n")
    try:
        decoded = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BodyError(400, "bad body: expected JSON or base64") from None
    if decoded.lstrip()[:1] == b"{":
        return _bounded(decoded, max_bytes)
    return _unwrapped(decoded, max_bytes)


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# As a form the oldest browser SDK sends what it otherwise puts into an address.
_FORM_FIELD = b"sentry_data="

# The alphabet that is safe in addresses, and the blank that a form decoder leaves of
# a plus sign.
_PLAIN_BASE64 = bytes.maketrans(b"-_ ", b"+/+")


def _unwrapped(data: bytes, max_bytes: int) -> bytes:
    decoder = _gunzip if data[:1] == b"\x1f" else _inflate
    payload = decoder(data, max_bytes)
    if payload.lstrip()[:1] != b"{":
        raise BodyError(400, "bad body: expected a JSON object")
    return payload


def _bounded(body: bytes, max_bytes: int) -> bytes:
    if len(body) > max_bytes:
        raise BodyTooLarge(max_bytes)
    return body


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    whole, rest = _zlib_stream(body, GZIP, max_bytes)
    members = 1
    while rest[:2] == b"\x1f\x8b":
        members += 1
        if members > MAX_GZIP_MEMBERS:
            raise BodyError(400, f"more than {MAX_GZIP_MEMBERS} gzip members")
        member, rest = _zlib_stream(rest, GZIP, max_bytes - len(whole))
        whole += member
    return whole


def _inflate(body: bytes, max_bytes: int) -> bytes:
    """RFC 1950 as the standard says, or bare RFC 1951 as some clients send it."""
    form = ZLIB if has_zlib_header(body) else RAW_DEFLATE
    return _zlib_stream(body, form, max_bytes)[0]


def has_zlib_header(body: bytes) -> bool:
    return (
        len(body) >= 2
        and body[0] & 0x0F == 8
        and int.from_bytes(body[:2], "big") % 31 == 0
    )


def _zlib_stream(body: bytes, form: int, max_bytes: int) -> tuple[bytes, bytes]:
    """One compressed stream's content, and what follows it."""
    decoder = fast_zlib.decompressobj(form)
    try:
        content: bytes = decoder.decompress(body, max_bytes + 1)
    except (zlib.error, fast_zlib.error) as error:
        raise BodyError(400, f"bad compressed body: {error}") from None
    if len(content) > max_bytes:
        raise BodyTooLarge(max_bytes)
    if not decoder.eof:
        raise ends_early()
    return content, decoder.unused_data


def _unbrotli(body: bytes, max_bytes: int) -> bytes:
    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    room = max_bytes + 1
    try:
        part = decoder.process(body, output_buffer_limit=room)
        while part and room > len(part):
            parts.append(part)
            room -= len(part)
            part = decoder.process(b"", output_buffer_limit=room)
    except brotli.error as error:
        raise BodyError(400, f"bad compressed body: {error}") from None
    if part:
        raise BodyTooLarge(max_bytes)
    if not decoder.is_finished():
        raise ends_early()
    return b"".join(parts)


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW_BYTES)
    try:
        size = zstandard.frame_content_size(body)
        if size < 0:
            # The frame does not say, as when it was written in a stream.
            size = len(decoder.stream_reader(body).read(max_bytes + 1))
        if size > max_bytes:
            raise BodyTooLarge(max_bytes)
        # Unlike the reader this one tells a frame that ends early.
        return decoder.decompress(body, max_output_size=max(size, 1))
    except zstandard.ZstdError as error:
        raise BodyError(400, f"bad compressed body: {error}") from None


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "": _bounded,
    "gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
_ENCODINGS = {
    **{name: name for name in _DECODERS},
    "identity": "",
    # A character set in the wrong header: sentry.java.android 2.0.0.
    "utf-8": "",
    "x-gzip": "gzip",
}
