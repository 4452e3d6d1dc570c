"""An issue's chart: its events over time, and what happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from issues.models import Activity
from projects.windows import Window
from releases.models import ReleaseProject

# Names of marks that would stand closer than this, in percent of the axis, are left
# out: the list beside the chart has them all.
_NAME_PERCENT = 9


class MarkKind(StrEnum):
    RELEASE = "release"
    RESOLVED = "resolved"
    REGRESSED = "regressed"


_KINDS = {
    Activity.Kind.RESOLVED: MarkKind.RESOLVED,
    Activity.Kind.REGRESSION: MarkKind.REGRESSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Events from one moment (included) to another."""

    since: datetime
    until: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment of the window."""

    kind: MarkKind
    at: datetime
    percent: float
    # The version, of a release.
    version: str = ""
    shown: str = ""
    # There is room for its name.
    is_named: bool = False


def bars_of(window: Window, counts: Sequence[int]) -> list[Bar]:
    length = timedelta(hours=window.bucket_hours)
    return [
        Bar(since=start, until=start + length, count=count)
        for start, count in zip(window.starts(), counts, strict=True)
    ]


def marks_of(
    releases: Iterable[ReleaseProject], activity: Iterable[Activity], window: Window
) -> list[Mark]:
    """What happened in the window, oldest first: releases, and the issue's own story.

    `releases` and `activity`: the latest, in any order.
    """
    found = [*_releases(releases, window), *_changes(activity, window)]
    found = [mark for mark in found if 0 <= mark.percent <= 100]
    return _named(sorted(found, key=lambda mark: mark.at))


def _releases(releases: Iterable[ReleaseProject], window: Window) -> list[Mark]:
    marks = []
    for row in releases:
        at = row.release.released_at or row.created_at
        marks.append(
            Mark(
                kind=MarkKind.RELEASE,
                at=at,
                percent=_percent(at, window),
                version=row.release.version,
                shown=row.release.parsed.shown,
            )
        )
    return marks


def _changes(activity: Iterable[Activity], window: Window) -> list[Mark]:
    return [
        Mark(
            kind=_KINDS[Activity.Kind(one.kind)],
            at=one.created_at,
            percent=_percent(one.created_at, window),
        )
        for one in activity
        if one.kind in _KINDS
    ]


def _percent(at: datetime, window: Window) -> float:
    span_s = window.bucket_hours * window.buckets * 3600
    return round(100 * (at.timestamp() - window.first_hour * 3600) / span_s, 1)


def _named(marks: Sequence[Mark]) -> list[Mark]:
    """Names those releases whose name does not run into the one before."""
    free_from = 0.0
    named = []
    for mark in marks:
        has_room = mark.kind == MarkKind.RELEASE and mark.percent >= free_from
        if has_room:
            free_from = mark.percent + _NAME_PERCENT
        named.append(replace(mark, is_named=has_room))
    return named
