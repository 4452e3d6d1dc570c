"""Counts the events of releases: the digest's one call into this room.

One statement a batch, whatever its size, for releases that the process knows; three
or four more for those that it meets for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from projects import arrays
from projects.hours import hour_of
from projects.postgres import run_planned
from releases import sql
from releases.environments import Found, resolve
from releases.names import Name


class Event(Protocol):
    """What is asked of an event that is really new."""

    @property
    def project_id(self) -> int: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def tags(self) -> Sequence[tuple[str, str]]: ...


# Release environment and hour.
_Bucket = tuple[int, int]


class _Sum:
    """What a batch adds to one hour of a release in an environment."""

    __slots__ = ("events", "first_seen", "last_seen", "project_id")

    def __init__(self, event: Event) -> None:
        self.project_id = event.project_id
        self.events = 1
        self.first_seen = self.last_seen = event.timestamp

    def add(self, event: Event) -> None:
        self.events += 1
        self.first_seen = min(self.first_seen, event.timestamp)
        self.last_seen = max(self.last_seen, event.timestamp)


def count_events(events: Sequence[Event]) -> list[int | None]:
    """Counts each event for its release; gives the release's id of each.

    None where an event names no release. To be called once for each event, in the
    transaction that stores it.
    """
    names = [_name_of(event) for event in events]
    found = resolve(name for name in names if name is not None)
    if not found:
        return [None] * len(events)
    places = [None if name is None else found.get(name) for name in names]
    _write(_sum_up(events, places))
    return [place and place.release_id for place in places]


def _name_of(event: Event) -> Name | None:
    version = environment = ""
    for key, value in event.tags:
        if key == "release":
            version = value
        elif key == "environment":
            environment = value
    return Name(event.project_id, version, environment) if version else None


def _sum_up(
    events: Sequence[Event], places: list[Found | None]
) -> list[tuple[_Bucket, _Sum]]:
    """Sums by release environment and hour, in that order."""
    sums: dict[_Bucket, _Sum] = {}
    for event, place in zip(events, places, strict=True):
        if place is None:
            continue
        bucket = (place.id, hour_of(event.timestamp))
        added = sums.get(bucket)
        if added is None:
            sums[bucket] = _Sum(event)
        else:
            added.add(event)
    return sorted(sums.items(), key=lambda item: item[0])


def _write(sums: list[tuple[_Bucket, _Sum]]) -> None:
    run_planned(
        sql.COUNT_EVENTS,
        (
            arrays.of_numbers(id_ for (id_, _), _ in sums),
            arrays.of_numbers(added.project_id for _, added in sums),
            arrays.of_numbers(hour for (_, hour), _ in sums),
            arrays.of_numbers(added.events for _, added in sums),
            arrays.of_moments(added.first_seen for _, added in sums),
            arrays.of_moments(added.last_seen for _, added in sums),
        ),
    )
