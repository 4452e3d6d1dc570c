"""What the digest hands to the store: an event that is ready to be written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from issues.grouping import Grouping
from issues.payloads import Packed
from issues.titles import Description


@dataclass(slots=True, kw_only=True)
class NewEvent:
    """One event, normalised, scrubbed, grouped and packed."""

    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    # The event's own time, UTC.
    timestamp: datetime
    # issues.models.Level
    level: int
    grouping: Grouping
    description: Description
    platform: str
    logger: str
    # "id:…", "email:…", …; None where the event names nobody.
    user: str | None
    tags: list[tuple[str, str]]
    # None: beyond the hour's sample of full payloads, the event is only counted.
    packed: Packed | None
