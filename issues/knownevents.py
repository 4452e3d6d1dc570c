"""Which of some event ids are stored, for what hangs on events by their ids."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from projects import arrays, postgres

# A project's id and an event's.
Key = tuple[int, uuid.UUID]


class Known(NamedTuple):
    """What is asked of a stored event."""

    issue_id: int
    received_at: datetime
    # Within the hour's sample: else the event is only counted.
    is_kept: bool


# Parameters: project ids, event ids, received since.
_FIND = """
SELECT project_id, event_id, issue_id, received_at, payload IS NOT NULL
FROM issues_event
WHERE project_id = ANY(%s::int4[]) AND event_id = ANY(%s::uuid[])
  AND received_at >= %s
"""


def find(keys: Collection[Key], *, since: datetime) -> dict[Key, Known]:
    """The stored ones; each day since then costs a look at its index."""
    if not keys:
        return {}
    rows = postgres.run(
        _FIND,
        arrays.of_numbers({project_id for project_id, _ in keys}),
        arrays.of_hashes({event_id.bytes for _, event_id in keys}),
        since,
    )
    return {(row[0], row[1]): Known(*row[2:]) for row in rows}
