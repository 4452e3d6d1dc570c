"""Keeps accepted requests on the edge's disk while the stream does not take them.

Requests that wait together are written together, by one sync in a thread, before any
of them is answered. What is kept goes to the stream in its order as soon as that takes
it again. While anything of a shard waits, the shard's new requests come behind it: of
two requests to one process, of which the second came after the first was answered, the
first is also the first in the stream.

A process that dies leaves its files to the next one, or to one beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from ingest import spoolfile, totals
from ingest.spoolfile import Chunk, Record, Segment
from ingest.spoolfolder import Folder, Pieces, Written
from ingest.valkey import ValkeyError

# So much goes to the stream at once, in so many records.
CHUNK_BYTES = 2**20
CHUNK_RECORDS = 256
# When no more than this waits, new requests wait for the stream themselves.
HANDOVER_BYTES = 2**20
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
LOOK_FOR_ABANDONED_S = 5.0

# Names of totals: requests kept on disk, and places where records were damaged.
SPOOLED = "spooled"
DAMAGED = "spool_damaged"

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class SpoolUnavailable(Exception):
    """The request was not kept: the spool is full, or cannot be written."""


class Outlet(Protocol):
    """Where it goes from here: the streams."""

    async def append_spooled(
        self, segment: Segment, chunk_start: int, record: Record
    ) -> bool:
        """Whether the record is in the stream, by this call or one before.

        `chunk_start` is where the records begin that are sent along with it. False:
        there is no room, or the record before it is missing. Raises ValkeyError.
        """

    def forget_spooled(self, segment: Segment) -> None:
        """The segment is gone: what is known of its progress may go, too."""


class Spool:
    """What a process keeps on disk, for all shards; within one event loop.

    `max_bytes` bounds the files of all processes that share `root`.
    """

    def __init__(
        self, root: Path, *, shards: int, max_bytes: int, outlet: Outlet
    ) -> None:
        self.lines = [Line(shard, self) for shard in range(shards)]
        self._folder = Folder(root, max_bytes)
        self._outlet = outlet
        # One, so that what is done to the files is done in turn.
        self._thread = ThreadPoolExecutor(1, "spool")
        self._taking: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Goes on with what dead processes have left, now and whenever one dies."""
        self.run(self._adopt_forever())

    async def close(self) -> None:
        """Leaves what waits to the next process; to be called without requests."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._do(self._folder.close)
        self._thread.shutdown()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the spool."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def write(self, shard: int, records: list[Pieces]) -> Written:
        """Keeps what there is room for. Raises OSError, then nothing was kept."""
        await self._take_slot()
        try:
            return await self._do(lambda: self._folder.write(shard, records))
        except FileNotFoundError:
            # Somebody removed the folder: the next request makes a new one.
            self._taking = None
            await self._do(self._folder.close)
            raise

    async def read(self, segment: Segment, max_records: int) -> Chunk:
        """The next records of a segment; none only once it is through."""
        try:
            chunk = await self._do(
                lambda: spoolfile.read(
                    segment, max_records=max_records, max_bytes=CHUNK_BYTES
                )
            )
        except FileNotFoundError:
            chunk = Chunk([], segment.waiting_bytes, is_torn=True)
        if chunk.damaged_bytes:
            totals.add(DAMAGED)
            _log.error(
                "%d bytes of %s cannot be read%s",
                chunk.damaged_bytes,
                segment.path,
                ", up to its end: nothing of it was accepted if the power failed"
                if chunk.is_torn
                else "",
            )
        return chunk

    async def hand_over(self, segment: Segment, records: list[Record]) -> int:
        """Sends records to the stream; gives how many of them it took, in order."""
        append, chunk_start = self._outlet.append_spooled, segment.offset
        answers = await asyncio.gather(
            *(append(segment, chunk_start, record) for record in records),
            return_exceptions=True,
        )
        taken = 0
        while taken < len(answers) and answers[taken] is True:
            taken += 1
        if taken:
            offset = records[taken - 1].end
            # On a full disk the stream's own note has to do.
            with contextlib.suppress(OSError):
                await self._do(lambda: spoolfile.note_progress(segment, offset))
        for answer in answers:
            if not isinstance(answer, bool | ValkeyError):
                raise answer
        return taken

    async def remove(self, segment: Segment) -> None:
        """Removes a segment that is through. Raises OSError."""
        await self._do(lambda: self._folder.remove(segment))
        self._outlet.forget_spooled(segment)

    async def _take_slot(self) -> None:
        """Finds the process a slot, and lines up what is left in it. Raises OSError."""
        if self._taking is None:
            self._taking = self.run(self._line_up())
        try:
            await asyncio.shield(self._taking)
        except OSError:
            self._taking = None
            raise

    async def _line_up(self) -> None:
        strangers = []
        for segment in await self._do(self._folder.take_slot):
            if segment.shard < len(self.lines):
                self.lines[segment.shard].add(segment)
            else:
                strangers.append(segment)
        if strangers:
            # There were more shards once: no new request comes behind these.
            self.run(self._empty(strangers))

    async def _adopt_forever(self) -> None:
        while True:
            try:
                await self._adopt()
            except OSError as error:
                _log.error("cannot look through the spool: %s", error)
            await asyncio.sleep(LOOK_FOR_ABANDONED_S)

    async def _adopt(self) -> None:
        if not await self._do(self._folder.has_segments):
            return
        await self._take_slot()
        while slot := await self._do(self._folder.take_abandoned):
            try:
                await self._empty(await self._do(slot.segments))
            finally:
                slot.release()

    async def _empty(self, segments: Iterable[Segment]) -> None:
        """Sends all of these to the stream, however long that takes."""
        for segment in segments:
            _log.warning(
                "taking over %d bytes of %s", segment.waiting_bytes, segment.path
            )
            await self._empty_one(segment)

    async def _empty_one(self, segment: Segment) -> None:
        pace = Pace()
        while (chunk := await self.read(segment, pace.records)).records:
            taken = await self.hand_over(segment, chunk.records)
            await pace.go_on(went_well=taken == len(chunk.records))
        await self.remove(segment)

    async def _do(self, work: Callable[[], _Result]) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work)


class Pace:
    """How much is tried at once, and how soon again: little after a failure."""

    def __init__(self) -> None:
        self.records = 1
        self._pause_s = FIRST_PAUSE_S

    async def go_on(self, *, went_well: bool) -> None:
        if went_well:
            self.records = min(4 * self.records, CHUNK_RECORDS)
            self._pause_s = FIRST_PAUSE_S
            return
        self.records = 1
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


class _Waiting(NamedTuple):
    record: Pieces
    kept: asyncio.Future[None]


class Line:
    """The requests of one shard that wait in this process, in their order."""

    def __init__(self, shard: int, spool: Spool) -> None:
        # New requests of the shard belong behind what waits.
        self.holds = False
        self._shard = shard
        self._spool = spool
        self._waiting: list[_Waiting] = []
        self._segments: deque[Segment] = deque()
        self._is_writing = False
        self._is_emptying = False
        self._news = asyncio.Event()
        # Shut while the last of what waits is handed over.
        self._gate = asyncio.Event()
        self._gate.set()

    async def must_wait(self) -> bool:
        """Whether a request has to be kept behind others, by now."""
        while self.holds and not self._gate.is_set():
            await self._gate.wait()
        return self.holds

    async def keep(self, head: bytes, body: bytes) -> None:
        """Returns once the request is on disk. Raises SpoolUnavailable."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(spoolfile.pack(head, body), kept))
        self.holds = True
        if not self._is_writing:
            self._is_writing = True
            self._spool.run(self._write())
        await kept

    def add(self, segment: Segment) -> None:
        """Lines up what a process before has left."""
        self.holds = True
        self._segments.append(segment)
        self._begin_to_empty()

    async def _write(self) -> None:
        """Writes what waits together, again and again until nothing does."""
        together: list[_Waiting] = []
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                await self._write_together(together)
        finally:
            _refuse([*together, *self._waiting], "the service is being stopped")
            self._waiting.clear()
            self._is_writing = False
            self._news.set()
            self._begin_to_empty()

    async def _write_together(self, together: list[_Waiting]) -> None:
        try:
            records = [one.record for one in together]
            written = await self._spool.write(self._shard, records)
        except OSError as error:
            _log.error("cannot write to the spool: %s", error)
            _refuse(together, f"the spool cannot be written: {error.strerror}")
            return
        if written.begun is not None:
            self._segments.append(written.begun)
        totals.add(SPOOLED, written.kept)
        for one in together[: written.kept]:
            if not one.kept.done():
                one.kept.set_result(None)
        _refuse(together[written.kept :], "the spool is full")
        self._news.set()
        self._begin_to_empty()

    def _begin_to_empty(self) -> None:
        if not self._is_emptying:
            self._is_emptying = True
            self._spool.run(self._empty())

    async def _empty(self) -> None:
        """Hands over what waits, until nothing does."""
        pace = Pace()
        try:
            while self._segments or self._is_writing:
                try:
                    await self._go_on(pace)
                except OSError as error:
                    _log.error("cannot empty the spool: %s", error)
                    self._gate.set()
                    await pace.go_on(went_well=False)
            self.holds = False
        finally:
            self._is_emptying = False
            self._gate.set()

    async def _go_on(self, pace: Pace) -> None:
        """Does whatever comes next: hand over, remove what is through, or wait."""
        self._news.clear()
        if self._segments and self._segments[0].waiting_bytes:
            await self._hand_over(self._segments[0], pace)
        elif self._segments and (len(self._segments) > 1 or not self._is_writing):
            await self._spool.remove(self._segments.popleft())
        else:
            await self._news.wait()

    async def _hand_over(self, segment: Segment, pace: Pace) -> None:
        chunk = await self._spool.read(segment, pace.records)
        if not chunk.records:
            # The rest of what a process before has left is torn.
            segment.offset = segment.size
            return
        taken = await self._spool.hand_over(segment, chunk.records)
        took_all = taken == len(chunk.records)
        if not took_all:
            self._gate.set()
        elif self._waiting_bytes() <= HANDOVER_BYTES:
            self._gate.clear()
        await pace.go_on(went_well=took_all)

    def _waiting_bytes(self) -> int:
        on_disk = sum(segment.waiting_bytes for segment in self._segments)
        pieces = (piece for one in self._waiting for piece in one.record)
        return on_disk + sum(map(len, pieces))


def _refuse(waiting: Iterable[_Waiting], reason: str) -> None:
    for one in waiting:
        if not one.kept.done():
            one.kept.set_exception(SpoolUnavailable(reason))
