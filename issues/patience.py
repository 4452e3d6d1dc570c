"""Keeps what took long to reckon, the longer the longer it took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.core.cache import cache

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

# What is quicker is always reckoned anew.
SLOW_S = 1.0
# So many times as long as it took: one part in twenty of the time is spent on it.
KEPT_FACTOR = 20


def kept(key: str, reckon: Callable[[], _T]) -> _T:
    """What was reckoned lately under the key, else what `reckon` gives.

    The key names all that the result depends on. Without Valkey nothing is kept.
    """
    try:
        found: _T | None = cache.get(key)
        if found is not None:
            return found
        began = time.monotonic()
        result = reckon()
        took_s = time.monotonic() - began
        if took_s > SLOW_S:
            cache.set(key, result, timeout=took_s * KEPT_FACTOR)
    except redis.RedisError as error:
        _log.warning("nothing is kept: %s", error)
        return reckon()
    return result
