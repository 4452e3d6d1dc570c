"""What the page of a release tells: its health over time, and in each environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from projects.hours import hour_of
from projects.models import Project
from projects.ui import Layers, nice_max
from projects.windows import Window
from releases.health import NONE, Counts, HourSum, sum_hours
from releases.listing import Figures, figures_of
from releases.models import Release, ReleaseEnvironment
from releases.session import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A release in one environment: events in all, sessions of the window."""

    environment: str
    events: int
    last_seen: datetime | None
    sessions: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    figures: Figures
    places: list[Place]
    window: Window
    # Sessions per bucket of the window, oldest first, by their health.
    sessions: dict[Health, list[int]]

    @property
    def has_sessions(self) -> bool:
        return self.figures.sessions.total > 0

    @property
    def events_top(self) -> int:
        return nice_max(max(self.figures.counts))

    @property
    def sessions_top(self) -> int:
        return Layers(layers=self.sessions).top

    @property
    def axis(self) -> list[datetime]:
        """The beginnings of six or seven equal parts of a chart."""
        starts = self.window.starts()
        return starts[:: max(1, len(starts) // 6)]

    @property
    def is_hourly(self) -> bool:
        return self.window.bucket_hours == 1


def story_of(
    project: Project, release: Release, environment: str, window: Window, now: datetime
) -> Story:
    """The release in the project, in one environment or (empty) in all."""
    environments = [environment] if environment else None
    figures = figures_of([release], [project], environments, window, now)[release.pk]
    stored = ReleaseEnvironment.objects.filter(project=project, release=release)
    rows = list(stored.order_by("-event_count", "environment"))
    hours = range(window.first_hour, hour_of(now) + 1)
    sums = sum_hours([row.pk for row in rows], hours, bucket_hours=window.bucket_hours)
    chosen = {
        row.pk for row in rows if not environment or row.environment == environment
    }
    return Story(
        figures=figures,
        places=[_place(row, sums) for row in rows],
        window=window,
        sessions=_layers([one for one in sums if one.environment_id in chosen], window),
    )


def _place(row: ReleaseEnvironment, sums: Sequence[HourSum]) -> Place:
    sessions = NONE
    for one in sums:
        if one.environment_id == row.pk:
            sessions = sessions.plus(one.sessions)
    return Place(
        environment=row.environment,
        events=row.event_count,
        last_seen=row.last_seen,
        sessions=sessions,
    )


def _layers(sums: Sequence[HourSum], window: Window) -> dict[Health, list[int]]:
    return {
        health: window.spread((one.bucket, one.sessions.of(health)) for one in sums)
        for health in reversed(Health)
    }
