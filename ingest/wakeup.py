"""The Celery message that wakes a shard's digest, made without Celery."""

from __future__ import annotations

import base64
import json

TASK = "ingest.tasks.digest"
# Stands where the message's own id comes; no id may be used twice.
ID_PLACEHOLDER = "@id@"


def wake_message(shard: int, queue: str) -> str:
    """Task message of protocol 2 in the envelope of kombu's Redis transport.

    ID_PLACEHOLDER is to be replaced. Source: kombu 5.7 transport/virtual/base.py,
    Celery 5.7 "Message Protocol".
    """
    arguments = [[shard], {}, {}]
    body = base64.b64encode(json.dumps(arguments).encode()).decode()
    headers = {
        "lang": "py",
        "task": TASK,
        "id": ID_PLACEHOLDER,
        "root_id": ID_PLACEHOLDER,
        "parent_id": None,
        "group": None,
        "argsrepr": f"({shard},)",
        "kwargsrepr": "{}",
        "origin": "edge",
        "retries": 0,
        "eta": None,
        "expires": None,
        "timelimit": [None, None],
        "ignore_result": True,
    }
    properties = {
        "correlation_id": ID_PLACEHOLDER,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": ID_PLACEHOLDER,
    }
    return json.dumps(
        {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    )
