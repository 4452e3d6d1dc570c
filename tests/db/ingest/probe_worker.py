"""A Celery worker whose digest only notes that it was called."""

from __future__ import annotations

import os
from typing import Any

import redis
from celery import Celery

from ingest.wakeup import TASK

app = Celery("probe", broker=os.environ["PROBE_BROKER"])
app.conf.update(worker_pool="solo", task_ignore_result=True)


@app.task(name=TASK, bind=True)
def note(self: Any, shard: int) -> None:
    client = redis.Redis.from_url(os.environ["PROBE_VALKEY"])
    client.rpush("probe:noted", f"{shard} {self.request.id}")
