"""What the project list says about each project: unresolved issues, recent events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from issues.models import IssueState, Status
from projects.models import Project
from projects.snippets import name_of
from projects.windows import Graph, Window

# Events of each project and hour. Parameters: project ids, first hour.
_HOURS = """
SELECT project_id, hour, sum(count) FROM issues_projecthour
WHERE project_id = ANY(%s::int4[]) AND environment_id = 0 AND hour >= %s
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNumbers:
    """A project with its unresolved issues and events per hour, oldest first."""

    project: Project
    unresolved: int
    counts_24h: list[int]

    @property
    def platform(self) -> str:
        return name_of(self.project.platform)

    @property
    def events(self) -> int:
        return sum(self.counts_24h)


def numbers_of(projects: Iterable[Project], now: datetime) -> list[ProjectNumbers]:
    """The numbers of the projects, in their order; two statements for all of them."""
    found = list(projects)
    if not found:
        return []
    ids = [project.pk for project in found]
    window = Window.ending(now, Graph.DAY)
    unresolved = _unresolved(ids)
    hours = _hours(ids, window)
    return [
        ProjectNumbers(
            project=project,
            unresolved=unresolved.get(project.pk, 0),
            counts_24h=window.spread(hours.get(project.pk, [])),
        )
        for project in found
    ]


def _unresolved(ids: list[int]) -> dict[int, int]:
    states = IssueState.objects.filter(project__in=ids, status=Status.UNRESOLVED)
    return dict(
        states.values_list("project_id").annotate(Count("pk")).order_by("project_id")
    )


def _hours(ids: list[int], window: Window) -> dict[int, list[tuple[int, int]]]:
    """Per project its hours, numbered from the window's first, with their events."""
    first = window.first_hour
    hours: dict[int, list[tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [ids, first])
        for project_id, hour, count in cursor.fetchall():
            hours.setdefault(project_id, []).append((hour - first, int(count)))
    return hours
