"""A page of releases, newest first, and what lists say of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from projects.hours import hour_of
from projects.models import Organization, Project
from projects.windows import Window
from releases.cursors import Cursor, read_cursor
from releases.health import NONE, Counts, HourSum, sum_hours, sum_sessions
from releases.models import (
    Release,
    ReleaseEnvironment,
    ReleaseProject,
    ReleaseStatus,
)
from releases.users import Asked, count_users


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which releases are listed."""

    # Part of the version's name, whatever its case.
    query: str = ""
    # Those of any of these; all where None.
    environments: tuple[str, ...] | None = None
    status: ReleaseStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some releases, and the way to those around them."""

    releases: list[Release]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(slots=True, kw_only=True)
class Figures:
    """What is counted of a release in some projects and environments."""

    # Events per bucket of the window, oldest first.
    counts: list[int]
    environments: list[str] = field(default_factory=list)
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events: int = 0
    new_issues: int = 0
    # Of the window.
    sessions: Counts = NONE
    users: Counts = NONE
    # Of the last 24 hours, and its share of all sessions in these.
    recent_sessions: int = 0
    adoption: float | None = None


def list_project_releases(
    project: Project, chosen: Filter, *, cursor: str | None, limit: int
) -> Page:
    """The page that starts at the cursor (None: the first). Raises CursorError."""
    found = Release.objects.filter(memberships__project=project).annotate(
        listed_at=F("memberships__created_at")
    )
    return _page(found, [project], chosen, cursor=cursor, limit=limit)


def list_releases(
    organization: Organization,
    projects: Sequence[Project] | None,
    chosen: Filter,
    *,
    cursor: str | None,
    limit: int,
) -> Page:
    """The same of the projects, or of the whole organization (None)."""
    found = Release.objects.filter(organization=organization).annotate(
        listed_at=F("created_at")
    )
    if projects is not None:
        members = ReleaseProject.objects.filter(
            release=OuterRef("pk"), project__in=projects
        )
        found = found.filter(Exists(members))
    return _page(found, projects, chosen, cursor=cursor, limit=limit)


def figures_of(
    releases: Sequence[Release],
    projects: Sequence[Project],
    environments: Sequence[str] | None,
    window: Window,
    now: datetime,
) -> dict[int, Figures]:
    """The figures of each release by its id; few statements for all of them."""
    figures = {release.pk: Figures(counts=[0] * window.buckets) for release in releases}
    release_of = _add_places(figures, projects, environments)
    _add_new_issues(figures, projects)
    hours = range(window.first_hour, hour_of(now) + 1)
    sums = sum_hours(release_of, hours, bucket_hours=window.bucket_hours)
    _add_hours(figures, release_of, sums)
    _add_adoption(figures, projects, environments, hours)
    _add_users(figures, release_of, hours)
    return figures


def environments_of(projects: Sequence[Project]) -> list[str]:
    """The names of the environments in which releases of the projects were seen."""
    places = ReleaseEnvironment.objects.filter(project__in=projects)
    names = places.exclude(environment="").values_list("environment", flat=True)
    return list(names.distinct().order_by("environment"))


def _page(
    found: QuerySet[Any],
    projects: Sequence[Project] | None,
    chosen: Filter,
    *,
    cursor: str | None,
    limit: int,
) -> Page:
    place = read_cursor(cursor) if cursor else None
    is_backward = place is not None and place.is_backward
    found = _filtered(found, projects, chosen)
    if place is not None:
        found = found.filter(_after(place))
    order = ("listed_at", "pk") if is_backward else ("-listed_at", "-pk")
    rows = list(found.order_by(*order)[: limit + 1])
    has_more = len(rows) > limit
    rows = rows[:limit]
    if is_backward:
        rows.reverse()
    has_next = has_more or is_backward
    has_previous = has_more if is_backward else place is not None
    return Page(
        releases=rows,
        next_cursor=_cursor(rows[-1], False) if rows and has_next else None,
        previous_cursor=_cursor(rows[0], True) if rows and has_previous else None,
    )


def _filtered(
    found: QuerySet[Any], projects: Sequence[Project] | None, chosen: Filter
) -> QuerySet[Any]:
    if chosen.status is not None:
        found = found.filter(status=chosen.status)
    if chosen.query:
        found = found.filter(version__icontains=chosen.query)
    if chosen.environments is not None:
        places = ReleaseEnvironment.objects.filter(
            release=OuterRef("pk"), environment__in=chosen.environments
        )
        if projects is not None:
            places = places.filter(project__in=projects)
        found = found.filter(Exists(places))
    return found


def _after(place: Cursor) -> Q:
    same = Q(listed_at=place.listed_at)
    if place.is_backward:
        later = Q(listed_at__gt=place.listed_at)
        return later | (same & Q(pk__gt=place.release_id))
    earlier = Q(listed_at__lt=place.listed_at)
    return earlier | (same & Q(pk__lt=place.release_id))


def _cursor(row: Any, is_backward: bool) -> str:
    return str(Cursor(row.listed_at, row.pk, is_backward))


def _add_places(
    figures: dict[int, Figures],
    projects: Sequence[Project],
    environments: Sequence[str] | None,
) -> dict[int, int]:
    """Totals and environments; gives the release of each release environment."""
    places = ReleaseEnvironment.objects.filter(
        project__in=projects, release__in=list(figures)
    ).order_by("environment", "pk")
    if environments is not None:
        places = places.filter(environment__in=environments)
    release_of = {}
    for place in places:
        release_of[place.pk] = place.release_id
        added = figures[place.release_id]
        added.events += place.event_count
        added.first_seen = min(
            filter(None, [added.first_seen, place.first_seen]), default=None
        )
        added.last_seen = max(
            filter(None, [added.last_seen, place.last_seen]), default=None
        )
        if place.environment and place.environment not in added.environments:
            added.environments.append(place.environment)
    return release_of


# Of issues that are neither merged into others nor deleted; their room stands above
# this one and has the names (issues.models.VISIBLE_STATUSES).
SHOWN_STATUSES = (0, 1, 2)


def _add_new_issues(figures: dict[int, Figures], projects: Sequence[Project]) -> None:
    of_projects = Q(
        new_issues__project__in=projects, new_issues__state__status__in=SHOWN_STATUSES
    )
    counted = Release.objects.filter(pk__in=list(figures)).annotate(
        count=Count("new_issues", filter=of_projects)
    )
    for release_id, count in counted.values_list("pk", "count"):
        figures[release_id].new_issues = count


def _add_hours(
    figures: dict[int, Figures], release_of: dict[int, int], sums: list[HourSum]
) -> None:
    for one in sums:
        added = figures[release_of[one.environment_id]]
        # A day on which clocks go back is an hour longer than its bucket.
        added.counts[min(one.bucket, len(added.counts) - 1)] += one.events
        added.recent_sessions += one.recent_sessions
        added.sessions = added.sessions.plus(one.sessions)


def _add_adoption(
    figures: dict[int, Figures],
    projects: Sequence[Project],
    environments: Sequence[str] | None,
    hours: range,
) -> None:
    if not any(one.recent_sessions for one in figures.values()):
        return
    day = range(hours.stop - 24, hours.stop)
    total = sum_sessions([project.pk for project in projects], day, environments)
    for one in figures.values():
        one.adoption = one.recent_sessions / total


def _add_users(
    figures: dict[int, Figures], release_of: dict[int, int], hours: range
) -> None:
    crowds = {
        release_id: Asked(
            [place for place, of in release_of.items() if of == release_id],
            one.sessions.total,
        )
        for release_id, one in figures.items()
    }
    for release_id, (counts,) in count_users(crowds, hours).items():
        figures[release_id].users = counts
