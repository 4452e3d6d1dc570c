"""Edge processes and a Valkey that a test may mistreat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from errtrack.embedded import servers
from errtrack.embedded.valkey import Valkey as Server
from ingest import spoolfolder
from ingest.edge import Edge
from tests.corpus import PUBLIC_KEY
from tests.db.ingest.client import Client, Response, call
from tests.db.ingest.conftest import KnownKeys

ENVELOPE = f"/api/1/envelope/?sentry_key={PUBLIC_KEY}"
SESSION = b'{}\n{"type":"session"}\n{"sid":"1"}\n'
STREAM = "errtrack:stream:0"


# The id of all zeros is none.
_IDS = 2**64


def event(number: int, padding: int = 0) -> bytes:
    payload = b'{"message":"%s"}' % (b"x" * padding)
    return b'{"event_id":"%032x"}\n{"type":"event"}\n%s\n' % (_IDS + number, payload)


class Process:
    """An edge process, in-process."""

    def __init__(self, keys: KnownKeys) -> None:
        self.edge = Edge(load=keys)
        self._client = Client(self.edge)
        self._is_open = True
        self._client.run(self._start())

    def post(self, body: bytes) -> Response:
        return self._client.post(ENVELOPE, body)

    def post_all(self, bodies: list[bytes]) -> list[int]:
        """The statuses of requests that are under way together."""
        answers = self._client.send_all([call(ENVELOPE, body) for body in bodies])
        return [answer.status for answer in answers]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Goes on until the condition holds."""
        self._client.run(_poll(condition))

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._client.run(self.edge.close())
            self._client.close()

    async def _start(self) -> None:
        self.edge.start()


async def _poll(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.02)


class SlowServer(Server):
    """A Valkey that takes 0.2 s to read each key of its log."""

    def command(self) -> list[str]:
        return [*super().command(), "--key-load-delay", "200000"]


def start(server: Server) -> None:
    server.start()
    servers.wait_until_ready([server])


def kill(server: Server) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()


def numbers(valkey: redis.Redis) -> list[int]:
    """Which events are in the stream, in its order."""
    return [number_of(head) for head in heads(valkey) if head["event_id"]]


def number_of(head: dict[str, Any]) -> int:
    return int(head["event_id"], 16) - _IDS


def heads(valkey: redis.Redis) -> list[dict[str, Any]]:
    rows: Any = valkey.xrange(STREAM)
    return [json.loads(fields[b"head"]) for _, fields in rows]


def is_empty(spool: Path) -> bool:
    return spoolfolder.bytes_on_disk(spool) == 0


def drained(valkey: redis.Redis, count: int) -> Callable[[], bool]:
    return lambda: len(numbers(valkey)) >= count
