"""Which repeats of an issue keep their payload: at least the first N of each hour.

The counters are this process' own: a restart or a second worker keeps a few more
payloads than needed, never fewer.
"""

from __future__ import annotations

import uuid

# (project id, fingerprint, hour of receipt).
_Place = tuple[int, uuid.UUID, int]

# Places counted at once, about 200 bytes each.
_REMEMBERED = 50_000


class Sampler:
    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._kept: dict[_Place, int] = {}

    def keeps(self, project_id: int, fingerprint: uuid.UUID, hour: int) -> bool:
        """Whether this event keeps its payload; counts it if so."""
        place = (project_id, fingerprint, hour)
        kept = self._kept.get(place, 0)
        if kept >= self._per_hour:
            return False
        if len(self._kept) >= _REMEMBERED:
            self._kept.clear()
        self._kept[place] = kept + 1
        return True

    def start_anew(self) -> None:
        """To be called when a batch was rolled back: what it kept is not stored."""
        self._kept.clear()
