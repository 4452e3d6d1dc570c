"""Values of MessagePack that stand one behind the other, as crash handlers append them.

The library decodes one value and needs to know where it ends.
"""

from __future__ import annotations

import msgspec
from msgspec import msgpack

# How many bytes follow the first byte of a type, and in how many a length stands.
_FIXED = {
    **{0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8},
    **{0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8},
    **{0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17},
}
_LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_COUNTS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def unpack_values(data: bytes | memoryview) -> list[object]:
    """All values in the bytes. Raises ValueError."""
    found: list[object] = []
    position = 0
    view = memoryview(data)
    while position < len(view):
        end = _end(view, position)
        try:
            found.append(msgpack.decode(view[position:end]))
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(f"bad MessagePack: {error}") from None
        position = end
    return found


def _end(data: memoryview, position: int) -> int:
    """Where the value that begins at the position ends. Raises ValueError."""
    pending = 1
    while pending:
        if position >= len(data):
            raise ValueError("bad MessagePack: it ends early")
        kind = data[position]
        size, inner = _extent(kind, data, position + 1)
        position += 1 + size
        pending += inner - 1
    if position > len(data):
        raise ValueError("bad MessagePack: it ends early")
    return position


def _extent(kind: int, data: memoryview, position: int) -> tuple[int, int]:
    """How many bytes belong to a value itself, and how many values it holds."""
    if kind in _COUNTS:
        width, values = _COUNTS[kind]
        return width, values * _number(data, position, width)
    if kind in _LENGTHS:
        width = _LENGTHS[kind]
        return width + _number(data, position, width), 0
    if kind in _EXTENSIONS:
        width = _EXTENSIONS[kind]
        return width + 1 + _number(data, position, width), 0
    if 0x80 <= kind <= 0x8F:
        return 0, 2 * (kind & 0x0F)
    if 0x90 <= kind <= 0x9F:
        return 0, kind & 0x0F
    if 0xA0 <= kind <= 0xBF:
        return kind & 0x1F, 0
    return _FIXED.get(kind, 0), 0


def _number(data: memoryview, position: int, width: int) -> int:
    return int.from_bytes(data[position : position + width], "big")
