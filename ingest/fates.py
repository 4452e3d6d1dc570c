"""What became of event ids that are not stored, remembered for about a day.

An accepted event needs no memory: its row tells. What was refused, filtered or set
aside leaves no row, and somebody will ask for it by its id.

Redis keys (<b> is one of BUCKETS, by project):
    errtrack:fates:<b>:new   hash, "<project>:<16 bytes of the id><category>" →
                             "<seconds since 1970>:<outcome>:<reason>"
    errtrack:fates:<b>:old   the hash before that; both live KEPT_S from their first
                             field on

A full or half-aged hash takes the place of the old one. So whatever was remembered is
found for half of KEPT_S at least unless BUCKET_MAX others of its bucket came later, and
the whole memory is bounded however many projects are flooded: 256,000 ids, 25 MB
(Valkey 9, measured); one project's flood drives out only what shares its bucket.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import redis

from ingest.outcomes import CATEGORIES, Outcome
from projects import valkey

BUCKETS = 64
BUCKET_MAX = 2000
KEPT_S = 48 * 3600

_log = logging.getLogger(__name__)

# KEYS: the bucket's new and old hash. ARGV: fields and values by turns.
LUA = f"""
local left_s = redis.call('TTL', KEYS[1])
if left_s >= 0 and
    (left_s < {KEPT_S // 2} or redis.call('HLEN', KEYS[1]) >= {BUCKET_MAX}) then
  redis.call('RENAME', KEYS[1], KEYS[2])
  left_s = -2
end
redis.call('HSET', KEYS[1], unpack(ARGV))
if left_s < 0 then
  redis.call('EXPIRE', KEYS[1], {KEPT_S})
end
"""

# Lua takes no more arguments than this at once, and a bucket does not overflow by more.
_FATES_AT_ONCE = 500


class Fate(NamedTuple):
    """What became of an item of the category that was sent under an event's id."""

    category: str
    outcome: Outcome
    reason: str
    at: datetime


class Fates:
    """Fates of one batch, until they are written."""

    def __init__(self) -> None:
        self._of_bucket: dict[int, dict[bytes, bytes]] = {}

    def remember(
        self,
        project_id: int,
        event_id: str,
        outcome: Outcome,
        reason: str,
        at: datetime,
        *,
        category: str = "error",
    ) -> None:
        """`event_id` is 32 hex digits; of a second fate the later one stays."""
        fate = Fate(category, outcome, reason, at)
        of_bucket = self._of_bucket.setdefault(project_id % BUCKETS, {})
        of_bucket[_field(project_id, event_id, category)] = _value(fate)

    def write(self) -> None:
        """One call to Valkey, or none where nothing is to be remembered.

        Without Valkey the fates are forgotten: they are a help, and no promise.
        """
        if not self._of_bucket:
            return
        pipe = valkey.blocking().pipeline(transaction=False)
        for bucket, fates in self._of_bucket.items():
            arguments = [part for fate in fates.items() for part in fate]
            for start in range(0, len(arguments), 2 * _FATES_AT_ONCE):
                some = arguments[start : start + 2 * _FATES_AT_ONCE]
                pipe.eval(LUA, 2, *_names(bucket), *some)
        try:
            pipe.execute()
        except redis.RedisError as error:
            _log.warning("fates are not remembered: %s", error)


def command(
    project_id: int, event_id: str, fate: Fate
) -> tuple[str | int | bytes, ...]:
    """The command to Valkey that remembers one fate, for the edge to send along."""
    new, old = _names(project_id % BUCKETS)
    field = _field(project_id, event_id, fate.category)
    return ("EVAL", LUA, 2, new, old, field, _value(fate))


def find(project_id: int, event_id: str) -> list[Fate]:
    """What is remembered of the id, latest first. Raises redis.RedisError."""
    return [fate for _, fate in find_in([project_id], event_id)]


def find_in(projects: Sequence[int], event_id: str) -> list[tuple[int, Fate]]:
    """The same for several projects, each fate with its project's id."""
    places = [(project_id, one) for project_id in projects for one in CATEGORIES]
    pipe = valkey.blocking().pipeline(transaction=False)
    for project_id, category in places:
        field = _field(project_id, event_id, category)
        for name in _names(project_id % BUCKETS):
            pipe.hget(name, field)
    answers = pipe.execute()
    fates = [
        (project_id, _fate(category, value))
        for (project_id, category), of_new, of_old in zip(
            places, answers[::2], answers[1::2], strict=True
        )
        if (value := of_new or of_old)
    ]
    return sorted(fates, key=lambda found: found[1].at, reverse=True)


def _names(bucket: int) -> tuple[str, str]:
    return f"errtrack:fates:{bucket}:new", f"errtrack:fates:{bucket}:old"


def _field(project_id: int, event_id: str, category: str) -> bytes:
    return b"%d:%b%b" % (project_id, bytes.fromhex(event_id), category.encode())


def _value(fate: Fate) -> bytes:
    return f"{int(fate.at.timestamp())}:{fate.outcome}:{fate.reason}".encode()


def _fate(category: str, value: bytes) -> Fate:
    at, outcome, reason = value.decode().split(":", 2)
    return Fate(
        category, Outcome(outcome), reason, datetime.fromtimestamp(int(at), UTC)
    )
