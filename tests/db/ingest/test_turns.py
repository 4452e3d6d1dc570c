"""Under constant load the worker's other tasks get their turn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from ingest import digest, tasks
from projects import valkey
from projects.models import Project
from tests.appending import append
from tests.factories import make_entry, make_project

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def queued() -> int:
    """Digests that digests have queued, and not the edge."""
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    messages: Any = valkey.blocking().lrange(queue, 0, -1)
    origins = [json.loads(message)["headers"]["origin"] for message in messages]
    return len(origins) - origins.count("edge")


def test_a_busy_shard_has_one_digest_waiting_whoever_finds_it_busy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "DRAIN_MAX_S", 0.0)
    monkeypatch.setattr(tasks, "_queued", {})
    for _ in range(3):
        append(make_entry(project))
        tasks.wake_shards()
    assert queued() == 1
    append(make_entry(project))
    tasks.digest(0)
    assert queued() == 2
