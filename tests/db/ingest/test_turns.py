"""Under constant load the worker's other tasks get their turn."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.conf import settings

from ingest import digest, tasks
from projects import valkey
from projects.models import Project
from tests.appending import append
from tests.db.ingest.test_digest import Busy
from tests.factories import make_entry, make_project

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def queued() -> Counter[bool]:
    """How many digests wait, by whether the edge has queued them."""
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    messages: Any = valkey.blocking().lrange(queue, 0, -1)
    heads = [json.loads(message)["headers"] for message in messages]
    return Counter(head["origin"] == "edge" for head in heads)


def test_entries_that_come_while_others_are_stored_queue_no_digest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [make_entry(project) for _ in range(5)]
    monkeypatch.setattr(digest, "_preparer", Busy(later))
    append(make_entry(project))
    assert queued()[True] == 1
    assert digest.drain(0).events == 6
    assert queued()[True] == 1
    append(make_entry(project))
    assert queued()[True] == 2


def test_a_busy_shard_has_one_digest_waiting_whoever_finds_it_busy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "DRAIN_MAX_S", 0.0)
    monkeypatch.setattr(tasks, "_queued", {})
    for _ in range(3):
        append(make_entry(project))
        tasks.wake_shards()
    assert queued()[False] == 1
    append(make_entry(project))
    tasks.digest(0)
    assert queued()[False] == 2
