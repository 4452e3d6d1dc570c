"""Prepares batches in processes beside the worker's, so that every core has work.

Preparing takes three times as long as storing, and Python runs on one core a process.
They live and die together: whatever ends one that prepares (an entry that takes too
long, a crash of native code, a lack of memory) ends the worker, and whoever takes over
tries the entries one by one.
"""

from __future__ import annotations

import copyreg
import os
import pickle
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from queue import LifoQueue

import structlog

from ingest.batches import Batch, Preparer
from ingest.preparation import Known
from ingest.stream import Entry

log = structlog.get_logger(__name__)

# More than that at once is prepared where it is, and not copied twice.
_LARGE_BYTES = 4 * 2**20
# After so long without work the process may look after its memory.
_IDLE_S = 2.0


class Beside:
    """The worker's end: has batches prepared by the processes at the other ones."""

    def __init__(self, connections: Sequence[Connection], here: Preparer) -> None:
        self._here = here
        self._connections = connections
        # The one that was busy last is next: the others' memory stays untouched.
        self._free: LifoQueue[Connection] = LifoQueue()
        for connection in connections:
            self._free.put(connection)

    @property
    def seats(self) -> int:
        return len(self._connections)

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch:
        if sum(len(entry.body) for entry in entries) > _LARGE_BYTES:
            return self._here.prepare(entries, known)
        connection = self._free.get()
        answer = _ask(connection, (entries, known))
        self._free.put(connection)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Batch)
        return answer

    def start_anew(self) -> None:
        self._here.start_anew()
        for connection in [self._free.get() for _ in self._connections]:
            _ask(connection, None)
            self._free.put(connection)


def _ask(connection: Connection, request: object) -> object:
    try:
        connection.send(request)
        return connection.recv()
    except (EOFError, OSError):
        log.error("a process that prepares events has ended")
        os._exit(1)


def serve(connection: Connection, here: Preparer, rest: Callable[[], None]) -> None:
    """The other end: prepares what is asked for until the worker is gone.

    `rest` is called once after some work, when there is none for a moment.
    """
    # Bodies of files are views into their envelope.
    copyreg.pickle(memoryview, lambda view: (memoryview, (bytes(view),)))
    while True:
        if not connection.poll(_IDLE_S):
            rest()
            connection.poll(None)
        try:
            request = connection.recv()
        except EOFError:
            return
        connection.send_bytes(pickle.dumps(_answered(request, here)))


def _answered(request: tuple[Sequence[Entry], Known] | None, here: Preparer) -> object:
    if request is None:
        here.start_anew()
        return None
    try:
        return here.prepare(*request)
    except Exception as error:  # noqa: BLE001 - The worker decides what follows.
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, as another process can read it."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - Whatever its own methods raise.
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
