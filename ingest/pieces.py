"""A body's content piece by piece, for bodies too large to be inflated at once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator

import brotli
import zstandard

from ingest.body import (
    GZIP,
    MAX_GZIP_MEMBERS,
    MAX_ZSTD_WINDOW_BYTES,
    RAW_DEFLATE,
    ZLIB,
    BodyError,
    BodyTooLarge,
    ends_early,
    fast_zlib,
    has_zlib_header,
    known_encoding,
)

# About the most that a piece holds, and how much of the body is decoded for it at once.
PIECE_BYTES = 2**18
_INPUT_BYTES = 2**16
# A block holds up to 128 KiB; an encoder of smaller than 4 KiB has something in mind.
_MAX_ZSTD_BLOCKS = 2**15


def pieces(body: bytes, encoding: str, max_bytes: int) -> Iterator[bytes]:
    """The body without its Content-Encoding, of at most `max_bytes` together.

    Raises BodyError as `body.decompress` does, but at the piece that it is about.
    """
    total = 0
    for piece in _DECODERS[known_encoding(encoding)](body):
        total += len(piece)
        if total > max_bytes:
            raise BodyTooLarge(max_bytes)
        yield piece


def _plain(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]


def _gunzip(body: bytes) -> Iterator[bytes]:
    start = 0
    for _ in range(MAX_GZIP_MEMBERS):
        start = yield from _zlib_stream(body, start, GZIP)
        if body[start : start + 2] != b"\x1f\x8b":
            return
    raise BodyError(400, f"more than {MAX_GZIP_MEMBERS} gzip members")


def _inflate(body: bytes) -> Iterator[bytes]:
    form = ZLIB if has_zlib_header(body) else RAW_DEFLATE
    yield from _zlib_stream(body, 0, form)


def _zlib_stream(body: bytes, start: int, form: int) -> Generator[bytes, None, int]:
    """One compressed stream from `start` on; its value is where that ends."""
    decoder = fast_zlib.decompressobj(form)
    view = memoryview(body)
    rest: bytes | memoryview = b""
    while not decoder.eof:
        if not rest:
            rest = view[start : start + _INPUT_BYTES]
            start += len(rest)
        is_last = not rest
        try:
            piece = decoder.decompress(rest, PIECE_BYTES)
        except (zlib.error, fast_zlib.error) as error:
            raise BodyError(400, f"bad compressed body: {error}") from None
        rest = decoder.unconsumed_tail
        if piece:
            yield piece
        elif is_last:
            raise ends_early()
    return start - len(decoder.unused_data)


def _unbrotli(body: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    start = 0
    while not decoder.is_finished():
        rest = b""
        if decoder.can_accept_more_data():
            rest = body[start : start + _INPUT_BYTES]
            start += len(rest)
        try:
            piece = decoder.process(rest, output_buffer_limit=PIECE_BYTES)
        except brotli.error as error:
            raise BodyError(400, f"bad compressed body: {error}") from None
        if piece:
            yield piece
        elif not rest:
            raise ends_early()


def _unzstd(body: bytes) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW_BYTES)
    try:
        # The reader takes an early end for the end.
        if _zstd_frame_bytes(body) > len(body):
            raise ends_early()
        with decoder.stream_reader(body, read_across_frames=False) as reader:
            while piece := reader.read(PIECE_BYTES):
                yield piece
    except zstandard.ZstdError as error:
        raise BodyError(400, f"bad compressed body: {error}") from None


def _zstd_frame_bytes(body: bytes) -> int:
    """How long the first frame is by the headers of its blocks. Source: RFC 8878."""
    end = zstandard.frame_header_size(body)
    has_checksum = zstandard.get_frame_parameters(body).has_checksum
    for _ in range(_MAX_ZSTD_BLOCKS):
        header = int.from_bytes(body[end : end + 3], "little")
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        # One byte stands for a block of nothing else.
        end += 3 + (1 if kind == 1 else size)
        if is_last:
            return end + (4 if has_checksum else 0)
        if end >= len(body):
            return end + 1
    raise BodyError(400, f"more than {_MAX_ZSTD_BLOCKS} blocks of zstd")


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "": _plain,
    "gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
