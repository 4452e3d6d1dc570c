"""The process's pool of blocking connections to Valkey."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=1)
def blocking() -> redis.Redis:
    """A client that speaks RESP2 and returns bytes; it survives a fork."""
    return redis.Redis.from_url(settings.REDIS_URL, protocol=2)
