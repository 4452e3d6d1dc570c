"""One file of the spool: accepted requests of a shard, in their order.

A segment begins with MAGIC and 16 bytes of identity. A record is the checksum of all
behind it, the lengths of head and body (each 4 bytes, little-endian), head, body. What
a power failure left unfinished shows by the checksum; nobody was told that it is kept.

Beside a segment, `<name>.done` says how far it has gone to the stream.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAGIC = b"errtrack spool1\n"
DONE_SUFFIX = ".done"
_ID_BYTES = 16
_START = len(MAGIC) + _ID_BYTES
_CHECKSUM = struct.Struct("<I")
_LENGTHS = struct.Struct("<II")
_PREFIX_BYTES = _CHECKSUM.size + _LENGTHS.size
# A head holds a few short texts; more is no head of ours.
_MAX_HEAD_BYTES = 2**20
# The most buffers that one call may write (IOV_MAX, everywhere at least this).
_BUFFERS_AT_ONCE = 1000


class Record(NamedTuple):
    """A request as it stands in a segment, from byte `start` up to byte `end`."""

    start: int
    end: int
    head: bytes
    body: bytes


@dataclass(slots=True)
class Segment:
    """A file of requests: whole up to byte `size`, in the stream up to `offset`."""

    path: Path
    shard: int
    # Milliseconds since 1970.
    begun_ms: int
    identity: str
    size: int
    offset: int = _START

    @property
    def waiting_bytes(self) -> int:
        return max(0, self.size - self.offset)


class Chunk(NamedTuple):
    """Records that follow each other, and the bytes among them that are damaged.

    The start of a record behind damage is where the damage began. `is_torn`: behind
    the last record nothing in the segment can be read.
    """

    records: list[Record]
    damaged_bytes: int = 0
    is_torn: bool = False


def pack(head: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
    """A record's bytes, in pieces that spare a copy of the body."""
    lengths = _LENGTHS.pack(len(head), len(body))
    checksum = zlib.crc32(body, zlib.crc32(head, zlib.crc32(lengths)))
    return _CHECKSUM.pack(checksum) + lengths, head, body


class Writer:
    """Adds records to a new segment. Methods raise OSError."""

    def __init__(self, folder: Path, shard: int, begun_ms: int) -> None:
        """`begun_ms` must be later than that of the shard's segment before."""
        path = folder / f"{shard}-{begun_ms}"
        identity = os.urandom(_ID_BYTES)
        self.segment = Segment(path, shard, begun_ms, identity.hex(), size=0)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(path, flags, 0o600)
        try:
            self.write([MAGIC, identity])
            sync_folder(folder)
        except BaseException:
            self.close()
            path.unlink()
            raise

    def write(self, pieces: Sequence[bytes]) -> None:
        """Adds whole records, which are on disk when this returns; or none of them."""
        size = self.segment.size
        try:
            for at in range(0, len(pieces), _BUFFERS_AT_ONCE):
                _write_all(self._file, pieces[at : at + _BUFFERS_AT_ONCE])
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, size)
            raise
        self.segment.size = size + sum(map(len, pieces))

    def close(self) -> None:
        os.close(self._file)


def open_segment(path: Path) -> Segment | None:
    """The segment as its file says; None for one without a whole beginning.

    Raises OSError.
    """
    with path.open("rb") as file:
        beginning = file.read(_START)
        size = os.fstat(file.fileno()).st_size
    if len(beginning) < _START or not beginning.startswith(MAGIC):
        return None
    shard, _, begun_ms = path.name.partition("-")
    identity = beginning[len(MAGIC) :].hex()
    return Segment(path, int(shard), int(begun_ms), identity, size, _progress(path))


def read(segment: Segment, *, max_records: int, max_bytes: int) -> Chunk:
    """The next records of a segment, at least one while there is any.

    Raises OSError.
    """
    records: list[Record] = []
    at = begin = segment.offset
    damaged_bytes = 0
    file = os.open(segment.path, os.O_RDONLY)
    try:
        while at < segment.size and len(records) < max_records:
            record = _record_at(file, at, segment.size)
            if record is None:
                following = _resume(file, at, segment.size)
                damaged_bytes += (following or segment.size) - at
                if following is None:
                    return Chunk(records, damaged_bytes, is_torn=True)
                at = following
            elif records and record.end - segment.offset > max_bytes:
                break
            else:
                records.append(record._replace(start=begin))
                at = begin = record.end
    finally:
        os.close(file)
    return Chunk(records, damaged_bytes)


def note_progress(segment: Segment, offset: int) -> None:
    """Remembers how far the segment has gone. Raises OSError."""
    segment.offset = offset
    _done_path(segment.path).write_text(str(offset))


def remove(segment: Segment) -> None:
    """Removes a segment for good: a power failure does not bring it back."""
    _done_path(segment.path).unlink(missing_ok=True)
    segment.path.unlink(missing_ok=True)
    sync_folder(segment.path.parent)


def count_records(segment: Segment) -> int:
    """How many of its records wait; reads the lengths of each. Raises OSError."""
    found, at = 0, segment.offset
    file = os.open(segment.path, os.O_RDONLY)
    try:
        while at + _PREFIX_BYTES <= segment.size:
            lengths = os.pread(file, _LENGTHS.size, at + _CHECKSUM.size)
            if len(lengths) < _LENGTHS.size or not any(lengths):
                break
            at += _PREFIX_BYTES + sum(_LENGTHS.unpack(lengths))
            found += at <= segment.size
    finally:
        os.close(file)
    return found


def heads(segment: Segment) -> Iterator[bytes]:
    """The heads of the records that wait, without a look at bodies. Raises OSError."""
    at = segment.offset
    file = os.open(segment.path, os.O_RDONLY)
    try:
        while (prefix := _prefix_at(file, at, segment.size)) is not None:
            yield os.pread(file, prefix.head_bytes, at + _PREFIX_BYTES)
            at += _PREFIX_BYTES + prefix.head_bytes + prefix.body_bytes
    finally:
        os.close(file)


def sync_folder(folder: Path) -> None:
    """Makes sure of what was added to the folder, and removed from it."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, pieces: Sequence[bytes]) -> None:
    left = [memoryview(piece) for piece in pieces]
    while left:
        written = os.writev(file, left)
        whole = 0
        while whole < len(left) and written >= len(left[whole]):
            written -= len(left[whole])
            whole += 1
        left = left[whole:]
        if left:
            left[0] = left[0][written:]


def _done_path(path: Path) -> Path:
    return path.with_name(path.name + DONE_SUFFIX)


def _progress(path: Path) -> int:
    try:
        text = _done_path(path).read_text()
    except FileNotFoundError:
        return _START
    # It is not synced: after a power failure it may be empty, or an older one.
    return int(text) if text.isdigit() else _START


class _Prefix(NamedTuple):
    checksum: int
    head_bytes: int
    body_bytes: int


def _prefix_at(file: int, at: int, end: int) -> _Prefix | None:
    """What a record begins with, if one of that size can stand there."""
    if at + _PREFIX_BYTES > end:
        return None
    found = os.pread(file, _PREFIX_BYTES, at)
    if len(found) < _PREFIX_BYTES:
        return None
    prefix = _Prefix(
        *_CHECKSUM.unpack_from(found), *_LENGTHS.unpack_from(found, _CHECKSUM.size)
    )
    # A hole in a file reads as zeros, and their checksum is zero as well.
    if not 0 < prefix.head_bytes <= _MAX_HEAD_BYTES:
        return None
    if at + _PREFIX_BYTES + prefix.head_bytes + prefix.body_bytes > end:
        return None
    return prefix


def _record_at(file: int, at: int, end: int) -> Record | None:
    """The record that begins there; None if there is no whole one."""
    prefix = _prefix_at(file, at, end)
    if prefix is None:
        return None
    start = at + _PREFIX_BYTES
    head = os.pread(file, prefix.head_bytes, start)
    body = os.pread(file, prefix.body_bytes, start + prefix.head_bytes)
    lengths = _LENGTHS.pack(len(head), len(body))
    if zlib.crc32(body, zlib.crc32(head, zlib.crc32(lengths))) != prefix.checksum:
        return None
    return Record(at, start + prefix.head_bytes + prefix.body_bytes, head, body)


def _resume(file: int, at: int, end: int) -> int | None:
    """Where the records go on behind a damaged one, if they do."""
    prefix = _prefix_at(file, at, end)
    if prefix is None:
        return None
    following = at + _PREFIX_BYTES + prefix.head_bytes + prefix.body_bytes
    return following if _record_at(file, following, end) else None
