"""An envelope's bytes as headers and items, the items' bodies untouched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import orjson

# Above what any SDK sends; they keep a request of nothing but headers from
# taking memory without bound.
MAX_ITEMS = 1000
MAX_HEADER_BYTES = 64 * 1024
# Of all items together: as objects, headers take twenty times their size.
MAX_HEADERS_BYTES = 2**20


class EnvelopeError(Exception):
    """The bytes are not an envelope."""


class EnvelopeTooLarge(EnvelopeError):
    """The envelope has more items, or longer headers, than any client sends."""


class Item(msgspec.Struct, frozen=True):
    """One item: its header as sent, and its body as a view into the envelope."""

    headers: dict[str, Any]
    payload: memoryview

    @property
    def type(self) -> str:
        return str(self.headers["type"])


class ItemMark(msgspec.Struct, frozen=True):
    """What is looked at of an item's header."""

    type: Any = None
    length: Any = None
    item_count: Any = None
    platform: Any = None
    attachment_type: Any = None


class Envelope(msgspec.Struct, frozen=True):
    headers: dict[str, Any]
    items: list[Item]


def parse_envelope(data: bytes) -> Envelope:
    """The envelope that `data` holds, already decompressed.

    Blank lines between items are skipped; everything else that the grammar does
    not know raises EnvelopeError. Source: protocol, "Grammar".
    """
    line, position = _line(data, 0)
    headers = envelope_headers(line)
    body = memoryview(data)
    items: list[Item] = []
    header_bytes = 0
    while position < len(data):
        line, position = _line(data, position)
        if not line.strip():
            continue
        header_bytes += len(line)
        if len(items) >= MAX_ITEMS or header_bytes > MAX_HEADERS_BYTES:
            raise too_many(len(items))
        item_headers = _item_headers(line)
        end, following = _payload_end(data, position, item_headers.get("length"))
        items.append(Item(item_headers, body[position:end]))
        position = following
    return Envelope(headers, items)


def too_many(items: int) -> EnvelopeTooLarge:
    """Why an envelope of so many items may have no more of them."""
    if items >= MAX_ITEMS:
        return EnvelopeTooLarge(f"more than {MAX_ITEMS} items")
    return EnvelopeTooLarge(f"item headers of more than {MAX_HEADERS_BYTES} bytes")


def envelope_headers(line: bytes) -> dict[str, Any]:
    """The envelope's own header. Raises EnvelopeError."""
    return _json_object(line, "envelope header")


def item_mark(line: bytes) -> ItemMark:
    """What an item is and how long, without its other headers."""
    try:
        mark = _decode_mark(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        headers = _json_object(line, "item header")
        mark = ItemMark(*map(headers.get, ItemMark.__struct_fields__))
    _check_type(mark.type)
    return mark


_decode_mark = msgspec.json.Decoder(ItemMark).decode


def payload_bytes(length: object) -> int | None:
    """The length that an item's header gives, None if it gives none."""
    if length is None:
        return None
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise EnvelopeError("bad item header: expected a length in bytes")
    return length


def write_envelope(headers: dict[str, Any], items: Iterable[Item]) -> bytes:
    """The bytes of an envelope, every item with its length."""
    parts = [json.dumps(headers).encode()]
    for item in items:
        item_headers = {**item.headers, "length": len(item.payload)}
        parts += [json.dumps(item_headers).encode(), bytes(item.payload)]
    return b"\n".join(parts) + b"\n"


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    """The line that begins at `start`, and where the next one begins."""
    end = data.find(b"\n", start, start + MAX_HEADER_BYTES + 1)
    if end >= 0:
        return data[start:end], end + 1
    if len(data) - start > MAX_HEADER_BYTES:
        raise EnvelopeTooLarge(f"a header of more than {MAX_HEADER_BYTES} bytes")
    return data[start:], len(data)


def _item_headers(line: bytes) -> dict[str, Any]:
    headers = _json_object(line, "item header")
    _check_type(headers.get("type"))
    return headers


def _check_type(kind: object) -> None:
    if not isinstance(kind, str):
        raise EnvelopeError("bad item header: expected a type")


def _json_object(line: bytes, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = _odd_json(line, name)
    if not isinstance(value, dict):
        raise EnvelopeError(f"bad {name}: expected an object")
    return value


def _odd_json(line: bytes, name: str) -> object:
    """JSON of the lenient kind: with NaN, lone surrogates or broken UTF-8."""
    try:
        return json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise EnvelopeError(f"bad {name}: expected JSON") from None


def _payload_end(data: bytes, start: int, length: object) -> tuple[int, int]:
    """Where the body that begins at `start` ends, and where the next line begins."""
    size = length if type(length) is int and length >= 0 else payload_bytes(length)
    if size is None:
        end = data.find(b"\n", start)
        return (len(data), len(data)) if end < 0 else (end, end + 1)
    end = start + size
    if end > len(data):
        raise EnvelopeError(f"an item of {length} bytes ends early")
    if data[end : end + 1] not in (b"\n", b""):
        raise EnvelopeError(f"an item of {length} bytes is not followed by a newline")
    return end, end + 1
