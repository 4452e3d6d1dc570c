"""An empty Valkey, and the edge in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from pytest_django import Settings

from ingest.edge import Edge
from ingest.stream import ShardStream
from projects import valkey
from projects.keys import KeyInfo
from projects.limits import Limit, LimitReason
from tests.corpus import PROJECT_ID, PUBLIC_KEY
from tests.db.ingest.client import Client

KEY = KeyInfo(
    key_id=7,
    public_key=PUBLIC_KEY,
    project_id=PROJECT_ID,
    is_active=True,
    limits=(),
)


@pytest.fixture
def store() -> redis.Redis:
    """Valkey, emptied."""
    client = valkey.blocking()
    client.flushdb()
    return client


@pytest.fixture
def stream(store: redis.Redis) -> ShardStream:
    return ShardStream(0)


class KnownKeys(dict[str, KeyInfo]):
    """Stands where PostgreSQL is asked; counts how often that is."""

    asked = 0

    def __call__(self, public_key: str) -> KeyInfo | None:
        self.asked += 1
        return self.get(public_key)

    def change(self, **fields: Any) -> None:
        """Changes the key of the tests."""
        self[PUBLIC_KEY] = msgspec.structs.replace(self[PUBLIC_KEY], **fields)

    def limit(
        self, count: int, window_s: int = 3600, *, by: LimitReason = LimitReason.KEY
    ) -> None:
        """Sets a limit for the key of the tests."""
        limits = (*self[PUBLIC_KEY].limits, Limit(by, f"{by}:7", count, window_s))
        self.change(limits=limits)


@pytest.fixture
def keys() -> KnownKeys:
    return KnownKeys({PUBLIC_KEY: KEY})


@pytest.fixture
def spool(settings: Settings, tmp_path: Path) -> Path:
    """Where the edges of the test keep what the stream does not take."""
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


@pytest.fixture
def make_client(
    store: redis.Redis, keys: KnownKeys, spool: Path
) -> Iterator[Callable[[], Client]]:
    """Gives a client of one more edge process."""
    opened: list[tuple[Client, Edge]] = []

    def make() -> Client:
        edge = Edge(load=keys)
        client = Client(edge)
        opened.append((client, edge))
        return client

    yield make
    for client, edge in opened:
        client.run(edge.close())
        client.close()


@pytest.fixture
def client(make_client: Callable[[], Client]) -> Client:
    return make_client()
