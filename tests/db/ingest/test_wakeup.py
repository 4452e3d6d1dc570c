"""The wake-up message, prebuilt without Celery, is one that Celery takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings

from ingest.stream import ShardStream
from tests.db.ingest.test_stream import ENTRY, appended


@pytest.fixture
def worker(store: redis.Redis) -> Iterator[None]:
    """A real Celery worker on the service's queue."""
    command = [sys.executable, "-m", "celery", "-A", "tests.db.ingest.probe_worker"]
    options = ["-Q", settings.CELERY_TASK_DEFAULT_QUEUE, "-l", "warning"]
    process = subprocess.Popen(
        [*command, "worker", *options, "--without-gossip", "--without-mingle"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "PROBE_BROKER": settings.CELERY_BROKER_URL,
            "PROBE_VALKEY": settings.REDIS_URL,
        },
    )
    yield
    process.terminate()
    process.wait(20)


def noted(store: redis.Redis, count: int) -> list[str]:
    deadline = time.monotonic() + 60
    while store.llen("probe:noted") < count:
        assert time.monotonic() < deadline, "the worker took no message"
        time.sleep(0.05)
    notes: Any = store.lrange("probe:noted", 0, -1)
    return [note.decode() for note in notes]


@pytest.mark.usefixtures("worker")
def test_a_real_worker_takes_the_message(
    store: redis.Redis, stream: ShardStream
) -> None:
    appended(ENTRY)
    noted(store, 1)
    stream.clear_wake()
    appended(msgspec.structs.replace(ENTRY, body=b"later"))
    first, second = noted(store, 2)
    assert first.startswith("0 ")
    assert second.startswith("0 ")
    assert first != second
    # Nothing is left to be delivered again.
    deadline = time.monotonic() + 20
    while store.exists("unacked"):
        assert time.monotonic() < deadline, "a message was not acknowledged"
        time.sleep(0.05)
