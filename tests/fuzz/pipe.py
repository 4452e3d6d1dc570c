"""The edge and the pure part of the digest, as one call from request to rows."""

from __future__ import annotations

import resource
import time

from ingest.edge import Edge
from ingest.stream import Entry, ShardStream
from issues.newevent import NewEvent
from projects import valkey
from tests.corpus import PUBLIC_KEY
from tests.db.ingest.client import Call, Client, Response
from tests.db.ingest.conftest import KEY, KnownKeys
from tests.factories import make_prepared

CASE_MAX_S = 1.0


class Pipe:
    """Sends requests through an edge and prepares what it has appended."""

    def __init__(self) -> None:
        valkey.blocking().flushdb()
        self._edge = Edge(load=KnownKeys({PUBLIC_KEY: KEY}))
        self._client = Client(self._edge)
        self._stream = ShardStream(0)

    def close(self) -> None:
        self._client.run(self._edge.close())
        self._client.close()

    def send(self, calls: list[Call]) -> tuple[list[Response], list[NewEvent]]:
        """The answers to requests that come all at once, and the events out of them.

        Raises whatever a worker would print, and AssertionError when they are slow.
        """
        began = time.process_time()
        answers = self._client.send_all(calls)
        events = self._prepare(len(calls))
        took_s = time.process_time() - began
        assert took_s < CASE_MAX_S, f"took {took_s:.1f} s of processor time"
        return answers, events

    def _prepare(self, count: int) -> list[NewEvent]:
        entries = self._stream.read_new(count)
        events = [event for entry in entries for event in _prepared(entry)]
        if entries:
            self._stream.acknowledge(entries)
        return events


def _prepared(entry: Entry) -> list[NewEvent]:
    try:
        return make_prepared(entry, sample_per_hour=1).events
    except Exception as error:
        error.add_note(f"{entry.kind} with encoding {entry.encoding!r}: {entry.body!r}")
        raise


def peak_memory_mib() -> float:
    """The most that this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
