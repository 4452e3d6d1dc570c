"""Whom the events of a batch count for: their own issue, and the survivor of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kin:
    """Where the events of a merged issue count; see FamilyMember."""

    counter: int
    survivor: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Pairs of event and issue: each event's own one, then those of the survivors."""

    # For each event of the batch the issue that keeps what its source counts.
    own: list[int]
    # The places in the batch of events that count for a survivor, too, and it.
    again: list[int]
    survivors: list[int]

    @property
    def issues(self) -> list[int]:
        """The issue of each pair."""
        return self.own + self.survivors if self.again else self.own

    def spread(self, values: list[T]) -> list[T]:
        """What belongs to each event, for each pair."""
        if not self.again:
            return values
        return values + [values[place] for place in self.again]


def count_for(sources: Sequence[int], kin: Mapping[int, Kin]) -> Counted:
    """The pairs of a batch, by the source of each of its events."""
    if not kin:
        return Counted(list(sources), [], [])
    again = [place for place, source in enumerate(sources) if source in kin]
    return Counted(
        own=[kin[source].counter if source in kin else source for source in sources],
        again=again,
        survivors=[kin[sources[place]].survivor for place in again],
    )
