"""The folder of the spool: which process writes where, how much, and what is left.

    <root>/<slot>/lock              locked as long as the slot's process lives
    <root>/<slot>/<shard>-<begun>   segments (see spoolfile.py)

Each process that keeps something has a slot of its own, the lowest that nobody has.
What a dead process left in its slot falls to the next one that takes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ingest import spoolfile
from ingest.spoolfile import Segment, Writer

# A segment that is through gives its space back; none grows much beyond this.
SEGMENT_BYTES = 8 * 2**20
_SEGMENT = re.compile(r"(\d+)-(\d+)")

# A record in the pieces that `spoolfile.pack` gives.
Pieces = tuple[bytes, bytes, bytes]


class Slot:
    """A folder of segments that this process alone writes and empties.

    Methods raise OSError.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def take(cls, folder: Path) -> Slot | None:
        """The slot, unless a living process has it."""
        _make_folder(folder)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if isinstance(error, BlockingIOError):
                return None
            raise
        return cls(folder, lock)

    @classmethod
    def take_lowest(cls, root: Path) -> Slot:
        """The first slot that nobody has."""
        return next(
            slot for number in count() if (slot := cls.take(root / str(number)))
        )

    def release(self) -> None:
        os.close(self._lock)

    def segments(self) -> list[Segment]:
        """What waits in the slot, in order; files without a beginning are removed."""
        found = []
        for path in _segment_paths(self.folder):
            segment = spoolfile.open_segment(path)
            if segment is None:
                path.unlink()
            else:
                found.append(segment)
        return found


class Written(NamedTuple):
    """How many records were kept, and the segment that was begun for them."""

    kept: int
    begun: Segment | None


class Folder:
    """A process's side of the spool's folder. Methods raise OSError."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        """`max_bytes` bounds the segments of all processes together."""
        self._root = root
        self._max_bytes = max_bytes
        self._slot: Slot | None = None
        self._writers: dict[int, Writer] = {}
        self._last_begun_ms = 0

    def take_slot(self) -> list[Segment]:
        """Finds the process a slot, and gives what waits in it, in order."""
        if self._slot is not None:
            return []
        slot = Slot.take_lowest(self._root)
        try:
            left = slot.segments()
        except BaseException:
            slot.release()
            raise
        self._slot = slot
        self._last_begun_ms = max((segment.begun_ms for segment in left), default=0)
        return left

    def take_abandoned(self) -> Slot | None:
        """A slot in which a dead process left something, if there is one."""
        for folder in _slot_folders(self._root):
            is_own = self._slot is not None and self._slot.folder == folder
            if not is_own and _segment_paths(folder):
                slot = Slot.take(folder)
                if slot is not None:
                    return slot
        return None

    def has_segments(self) -> bool:
        """Whether anything is left in any slot."""
        return any(_segment_paths(folder) for folder in _slot_folders(self._root))

    def write(self, shard: int, records: Sequence[Pieces]) -> Written:
        """Keeps as many of the records as there is room for; else none of them.

        `take_slot` comes before this.
        """
        fitting = _fitting(records, self._max_bytes - bytes_on_disk(self._root))
        if not fitting:
            return Written(0, None)
        begun = None
        writer = self._writers.get(shard)
        if writer is None:
            writer = self._begin(shard)
            begun = writer.segment
        try:
            writer.write([piece for record in fitting for piece in record])
        except OSError:
            self._end(shard)
            if begun is not None:
                spoolfile.remove(begun)
            raise
        if writer.segment.size >= SEGMENT_BYTES:
            self._end(shard)
        return Written(len(fitting), begun)

    def remove(self, segment: Segment) -> None:
        """Removes a segment that is through."""
        writer = self._writers.get(segment.shard)
        if writer is not None and writer.segment is segment:
            self._end(segment.shard)
        spoolfile.remove(segment)

    def close(self) -> None:
        for shard in list(self._writers):
            self._end(shard)
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    def _begin(self, shard: int) -> Writer:
        assert self._slot is not None
        now_ms = time.time_ns() // 1_000_000
        self._last_begun_ms = max(now_ms, self._last_begun_ms + 1)
        writer = Writer(self._slot.folder, shard, self._last_begun_ms)
        self._writers[shard] = writer
        return writer

    def _end(self, shard: int) -> None:
        self._writers.pop(shard).close()


class Survey(NamedTuple):
    """What waits in the spool of a machine; `since` is 0 when nothing does.

    `since`: when the oldest segment in which something waits was begun, in seconds
    since 1970.
    """

    bytes: int
    since: float


def survey(root: Path) -> Survey:
    """What the processes of this machine keep. Raises OSError."""
    waiting = list(_waiting(root))
    since = min((segment.begun_ms for segment in waiting), default=0) / 1000
    return Survey(sum(segment.waiting_bytes for segment in waiting), since)


def count_entries(root: Path) -> int:
    """How many requests the processes of this machine keep. Raises OSError."""
    entries = 0
    for segment in _waiting(root):
        try:
            entries += spoolfile.count_records(segment)
        except FileNotFoundError:
            continue
    return entries


def heads(root: Path) -> Iterator[bytes]:
    """The heads of all requests that wait on this machine. Raises OSError."""
    for segment in _waiting(root):
        with contextlib.suppress(FileNotFoundError):
            yield from spoolfile.heads(segment)


def bytes_on_disk(root: Path) -> int:
    """What the segments of all processes take. Raises OSError."""
    held = 0
    for folder in _slot_folders(root):
        for path in _segment_paths(folder):
            try:
                held += path.stat().st_size
            except FileNotFoundError:
                continue
    return held


def _fitting(records: Sequence[Pieces], room: int) -> Sequence[Pieces]:
    for place, record in enumerate(records):
        room -= sum(map(len, record))
        if room < 0:
            return records[:place]
    return records


def _waiting(root: Path) -> Iterator[Segment]:
    """Segments in which something waits; their processes go on meanwhile."""
    for folder in _slot_folders(root):
        for path in _segment_paths(folder):
            try:
                segment = spoolfile.open_segment(path)
            except FileNotFoundError:
                continue
            if segment is not None and segment.waiting_bytes:
                yield segment


def _slot_folders(root: Path) -> list[Path]:
    try:
        names = os.listdir(root)
    except FileNotFoundError:
        return []
    return [root / name for name in sorted(names) if name.isdigit()]


def _segment_paths(folder: Path) -> list[Path]:
    """The segments' paths, by shard and age."""
    matches = filter(None, map(_SEGMENT.fullmatch, os.listdir(folder)))
    found = sorted((int(match[1]), int(match[2]), match[0]) for match in matches)
    return [folder / name for _, _, name in found]


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        spoolfile.sync_folder(one.parent)
