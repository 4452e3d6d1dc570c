"""An empty Valkey, and outcomes to count."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import transaction

from ingest.outcomes import Outcome
from ingest.tally import Place, Tally
from issues.store import forget_everything
from projects import valkey
from projects.models import Project

Count = Callable[..., None]


@pytest.fixture(autouse=True)
def store(db: None) -> redis.Redis:
    client = valkey.blocking()
    client.flushdb()
    forget_everything()
    return client


@pytest.fixture
def count(project: Project) -> Count:
    """Counts records: of an outcome, so many, with what else the test is about."""

    def add(outcome: Outcome, count: int, **fields: Any) -> None:
        hours_ago = fields.pop("hours_ago", 0)
        values: dict[str, Any] = {
            "project_id": project.pk,
            "key_id": project.keys.earliest("pk").pk,
            "hour": int(time.time()) // 3600 - hours_ago,
            "category": "error",
            "outcome": outcome,
            "reason": "",
        }
        tally = Tally()
        tally.add(Place(**values | fields), count)
        with transaction.atomic():
            tally.write()

    return add
