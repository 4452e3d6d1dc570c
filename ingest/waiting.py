"""Finds an event id among what was accepted and is not digested yet.

Slow for a page, a second at a full backlog: only for somebody who asks for an id that
is found nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.conf import settings

from ingest import spoolfolder, stream
from ingest.stream import Head
from projects import valkey

# Entries looked at in one call: Valkey does nothing else meanwhile.
_PAGE = 50

# KEYS: the stream. ARGV: where to begin, how many entries, what to look for in heads.
# Gives the heads that have it, and where to go on: nowhere once all is seen.
_LOOK = """
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local heads = {}
for _, entry in ipairs(entries) do
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'head' and string.find(fields[i + 1], ARGV[3], 1, true) then
      heads[#heads + 1] = fields[i + 1]
    end
  end
end
if #entries < tonumber(ARGV[2]) then
  return {'', heads}
end
return {'(' .. entries[#entries][1], heads}
"""


_decode = msgspec.json.Decoder(Head).decode


class Waiting(NamedTuple):
    """An accepted request that has not been digested."""

    project_id: int
    received_at: datetime


def find_spooled(projects: Collection[int], event_id: str) -> list[Waiting]:
    """Such requests on the disk of this machine, oldest first. Raises OSError."""
    wanted = event_id.encode()
    return [
        Waiting(told.project_id, told.received_at)
        for head in spoolfolder.heads(settings.SPOOL_DIR)
        if wanted in head
        and (told := _decode(head)).project_id in projects
        and told.event_id == event_id
    ]


def find_waiting(projects: Collection[int], event_id: str) -> list[Waiting]:
    """Requests that were answered with the id, oldest first. Raises redis.RedisError.

    `event_id` is 32 hex digits.
    """
    found = []
    for shard in sorted({stream.shard_of(project_id) for project_id in projects}):
        for head in _heads(stream.names(shard).stream, event_id):
            told = _decode(head)
            if told.project_id in projects and told.event_id == event_id:
                found.append(Waiting(told.project_id, told.received_at))
    return found


def _heads(name: str, event_id: str) -> list[bytes]:
    client = valkey.blocking()
    look = client.register_script(_LOOK)
    heads: list[bytes] = []
    start = b"-"
    while start:
        answer: Any = look(keys=[name], args=[start, _PAGE, event_id])
        start, some = answer
        heads += some
    return heads
