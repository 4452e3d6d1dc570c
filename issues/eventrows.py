"""The rows of a batch's events and of the parts that their payloads share."""

from __future__ import annotations

import struct
from datetime import UTC, date
from functools import lru_cache, partial

from django.db import transaction

from issues import sql
from issues.newevent import NewEvent
from issues.repeated import Part
from projects import arrays

# Day, project and hash of a part.
_Place = tuple[date, int, bytes]

# Parts that this process knows to be stored, by day, project and hash.
_stored_parts: set[_Place] = set()
_REMEMBERED_PARTS = 100_000


def insert_parts(events: list[NewEvent]) -> None:
    parts: dict[_Place, Part] = {}
    for event in events:
        if event.packed is None:
            continue
        day = event.received_at.astimezone(UTC).date()
        for part in (event.packed.stack, event.packed.modules):
            if part is not None:
                parts[day, event.project_id, part.hash] = part
    unknown = sorted(parts.keys() - _stored_parts)
    if not unknown:
        return
    sql.run(
        sql.INSERT_PARTS,
        [day for day, _, _ in unknown],
        [project_id for _, project_id, _ in unknown],
        arrays.of_hashes(one for _, _, one in unknown),
        [parts[place].data for place in unknown],
    )
    transaction.on_commit(partial(_remember_parts, unknown))


def _remember_parts(places: list[_Place]) -> None:
    if len(_stored_parts) > _REMEMBERED_PARTS:
        _stored_parts.clear()
    _stored_parts.update(places)


def insert_events(
    events: list[NewEvent],
    issue_of: list[int],
    user_of: list[int | None],
    tags_of: list[list[int]],
) -> None:
    with sql.raw_cursor() as cursor, cursor.copy(sql.COPY_EVENTS) as copy:
        copy.set_types(sql.EVENT_COLUMN_TYPES)
        rows = zip(events, issue_of, user_of, tags_of, strict=True)
        for event, issue, user, tag_ids in rows:
            packed = event.packed
            copy.write_row(
                (
                    event.received_at,
                    event.timestamp,
                    event.project_id,
                    issue,
                    user,
                    packed.dictionary_id if packed else 0,
                    event.level,
                    event.event_id.bytes,
                    packed.stack.hash if packed and packed.stack else None,
                    packed.modules.hash if packed and packed.modules else None,
                    _array(tag_ids),
                    packed.payload if packed else None,
                )
            )


def _array(numbers: list[int]) -> bytes:
    """An int4[] as COPY takes it: the driver's own list of numbers costs ten times.

    Source: array_send of PostgreSQL: dimensions, has NULLs, type of the elements,
    their number, first index; then the length and the value of each.
    """
    count = len(numbers)
    if not count:
        return _EMPTY_ARRAY
    words = [_NUMBER_BYTES] * (2 * count)
    words[1::2] = numbers
    return _array_struct(count).pack(1, 0, _INT4_OID, count, 1, *words)


_INT4_OID = 23
_NUMBER_BYTES = 4
_EMPTY_ARRAY = struct.pack("!iii", 0, 0, _INT4_OID)


@lru_cache(maxsize=256)
def _array_struct(count: int) -> struct.Struct:
    return struct.Struct(f"!{5 + 2 * count}i")


def forget() -> None:
    """Drops what the process remembers of the database, as a new process does."""
    _stored_parts.clear()
