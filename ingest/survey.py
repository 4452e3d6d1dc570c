"""A large envelope looked through piece by piece: it is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.envelope import (
    MAX_HEADER_BYTES,
    MAX_HEADERS_BYTES,
    MAX_ITEMS,
    EnvelopeError,
    EnvelopeTooLarge,
    ItemMark,
    envelope_headers,
    item_mark,
    payload_bytes,
    too_many,
)


class Survey:
    """An envelope that comes in `pieces`: its headers, then its items in turn.

    The grammar is that of `envelope.parse_envelope`, and what does not follow it
    raises EnvelopeError.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._source = _Source(pieces)
        self._items = 0
        self._header_bytes = 0
        line = self._header_line()
        self.headers: dict[str, Any] = envelope_headers(line or b"")

    def items(self) -> Iterator[SurveyedItem]:
        """Each item, with its payload to be read before the next one is asked for."""
        while (line := self._header_line()) is not None:
            if not line.strip():
                continue
            self._header_bytes += len(line)
            if self._items >= MAX_ITEMS or self._header_bytes > MAX_HEADERS_BYTES:
                raise too_many(self._items)
            self._items += 1
            mark = item_mark(line)
            item = SurveyedItem(mark, self._source)
            yield item
            item.finish()

    def _header_line(self) -> bytes | None:
        return self._source.line(MAX_HEADER_BYTES)


class SurveyedItem:
    """An item whose payload is still to come; `size` is what was seen of it."""

    def __init__(self, mark: ItemMark, source: _Source) -> None:
        self.mark = mark
        self.type: str = mark.type
        self.size = 0
        self._source = source
        self._left = payload_bytes(mark.length)
        self._is_at_end = False

    def read(self, limit: int) -> bytes | None:
        """The payload, or None if it is longer than `limit` bytes; not to be called
        twice."""
        parts: list[bytes] = []
        for part in self._parts():
            if self.size > limit:
                return None
            parts.append(part)
        return b"".join(parts)

    def is_within(self, limit: int) -> bool:
        """Whether the payload, read or not, is of at most `limit` bytes."""
        for _ in self._parts():
            if self.size > limit:
                return False
        return self.size <= limit

    def finish(self) -> None:
        """Goes to where the next item begins."""
        for _ in self._parts():
            pass

    def _parts(self) -> Iterator[bytes]:
        if self._is_at_end:
            return
        for part in self._rest_of_line() if self._left is None else self._counted():
            self.size += len(part)
            yield part
        self._is_at_end = True

    def _rest_of_line(self) -> Iterator[bytes]:
        while (part := self._source.until_newline()) is not None:
            yield part

    def _counted(self) -> Iterator[bytes]:
        while self._left:
            part = self._source.take(self._left)
            if not part:
                raise EnvelopeError(f"an item of {self.mark.length} bytes ends early")
            self._left -= len(part)
            yield part
        if self._source.take(1) not in (b"\n", b""):
            text = f"an item of {self.mark.length} bytes is not followed by a newline"
            raise EnvelopeError(text)


class _Source:
    """Pieces as one stream, of which no more than a header line is ever joined."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0
        self._ends_line = False

    def line(self, limit: int) -> bytes | None:
        """The next line without its newline; None at the end."""
        self._ends_line = False
        parts: list[bytes] = []
        size = 0
        while (part := self.until_newline()) is not None:
            parts.append(part)
            size += len(part)
            if size > limit:
                raise EnvelopeTooLarge(f"a header of more than {limit} bytes")
        return b"".join(parts) if parts else None

    def until_newline(self) -> bytes | None:
        """Some more of the line, None after its newline or at the end."""
        if self._ends_line or not self._fill():
            self._ends_line = False
            return None
        end = self._piece.find(b"\n", self._at)
        self._ends_line = end >= 0
        part = self._piece[self._at : end if end >= 0 else None]
        self._at += len(part) + self._ends_line
        return part

    def take(self, size: int) -> bytes:
        """Some bytes, `size` at most; none at the end."""
        if not self._fill():
            return b""
        part = self._piece[self._at : self._at + size]
        self._at += len(part)
        return part

    def _fill(self) -> bool:
        while self._at >= len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._piece, self._at = piece, 0
        return True
