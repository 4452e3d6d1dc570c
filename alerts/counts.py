"""How many mails left, were put off or given up: totals of the whole service.

Redis key: errtrack:mails, hash of an outcome's name → how often, since Valkey began.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import cast

import redis

from projects import valkey

_NAME = "errtrack:mails"
_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a try to send a mail."""

    SENT = "sent"
    # To be tried again.
    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"


def count(outcome: Outcome, by: int = 1) -> None:
    """Adds to a total; while Valkey is away nothing is added."""
    try:
        valkey.blocking().hincrby(_NAME, outcome, by)
    except redis.RedisError as error:
        _log.debug("mails are not counted: %s", error)


def read() -> dict[Outcome, int]:
    """Every total. Raises redis.RedisError."""
    found = cast("dict[bytes, bytes]", valkey.blocking().hgetall(_NAME))
    return {outcome: int(found.get(outcome.encode(), 0)) for outcome in Outcome}
