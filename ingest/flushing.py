"""Moves the counts of refused items from Valkey to PostgreSQL, each of them once.

What is taken waits under a name and an id of its own until it is stored. The id is
stored in the same transaction, so that whoever finds a taking whose worker died knows
whether its counts are in already.

Redis keys:
    errtrack:outcomes         the counts since the last taking, see counting.py
    errtrack:outcomes:taken   hash, the same fields, and `taking` → the taking's id;
                              deleted once it is stored
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import redis
from django.db import transaction

from ingest.counting import NAME, read_place
from ingest.tally import Place, Tally
from projects import postgres

TAKEN = f"{NAME}:taken"
_ID = b"taking"

# KEYS: the counts, the taking. ARGV: an id for a new taking.
_TAKE = f"""
if redis.call('EXISTS', KEYS[2]) == 0 then
  if redis.call('EXISTS', KEYS[1]) == 0 then
    return {{}}
  end
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], '{_ID.decode()}', ARGV[1])
end
return redis.call('HGETALL', KEYS[2])
"""

# KEYS: the taking. ARGV: its id, as another may have been stored meanwhile.
_FORGET = f"""
if redis.call('HGET', KEYS[1], '{_ID.decode()}') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
"""

# Gives a row where this taking has not been stored yet.
_BEGIN = """
INSERT INTO ingest_storedtaking (id, taking) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET taking = EXCLUDED.taking
WHERE ingest_storedtaking.taking <> EXCLUDED.taking
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Taking:
    """Counts that were taken together; nothing else is taken until it is forgotten."""

    id: uuid.UUID
    counts: dict[Place, int]


def flush(client: redis.Redis) -> None:
    """Stores what was counted, and what an earlier call had taken and not stored."""
    taking = take(client)
    if taking is not None:
        store(taking)
        forget(client, taking)


def take(client: redis.Redis) -> Taking | None:
    found: Any = client.eval(_TAKE, 2, NAME, TAKEN, str(uuid.uuid4()))
    fields: dict[bytes, bytes] = dict(zip(found[::2], found[1::2], strict=True))
    if not fields:
        return None
    taking_id = uuid.UUID(fields.pop(_ID).decode())
    counts = {read_place(name): int(count) for name, count in fields.items()}
    return Taking(taking_id, counts)


def store(taking: Taking) -> None:
    """Adds the counts unless they have been added before."""
    tally = Tally()
    for place, count in taking.counts.items():
        tally.add(place, count)
    with transaction.atomic():
        if postgres.run(_BEGIN, taking.id):
            tally.write()


def forget(client: redis.Redis, taking: Taking) -> None:
    client.eval(_FORGET, 1, TAKEN, str(taking.id))
