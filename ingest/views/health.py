"""Ingest health: what became of all that was sent, of a project and of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ingest.counts import Column
from ingest.overview import Overview, Part, overview
from ingest.wording import Group
from issues.views.scope import Scope, page
from projects.access import Permission, permission_of, projects_of
from projects.models import Project, ProjectKey
from projects.windows import Graph, Window

_GRAPHS = tuple(Graph)
# Bars to a label of the time below them, by the number of bars.
_LABEL_EVERY = {24: 6, 14: 7, 30: 10, 90: 30}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A key or project with its events by group."""

    id: int
    name: str
    slug: str
    part: Part

    @property
    def cells(self) -> list[int]:
        return [self.part.events[group] for group in Group]


@require_safe
@page
def project_health(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    """Of one project, all keys or one."""
    found = scope.project(project)
    keys = list(found.keys.order_by("pk"))
    chosen = _chosen_key(request, keys)
    window, context = _frame(request, scope)
    only = {Column.KEY: [chosen.pk]} if chosen else None
    figures = overview([found.pk], window, Column.KEY, only)
    context |= _of_figures(figures, window) | {
        "tab": "settings",
        "keys": keys,
        "key": chosen,
        "named": _named_keys(figures, keys),
        "project": found,
    }
    return render(request, "ingest/health.html", context)


@require_safe
@page
def organization_health(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The sum of all projects, and each of them."""
    projects = list(projects_of(scope.organization))
    window, context = _frame(request, scope)
    figures = overview([one.pk for one in projects], window, Column.PROJECT)
    context |= _of_figures(figures, window) | {
        "named": _named_projects(figures, projects),
        "role": scope.membership.role,
    }
    return render(request, "ingest/organization.html", context)


def _frame(request: HttpRequest, scope: Scope) -> tuple[Window, dict[str, Any]]:
    graph = request.GET.get("graph", "")
    chosen = Graph(graph) if graph in _GRAPHS else Graph.DAY
    window = Window.ending(timezone.now(), chosen)
    permission = permission_of(scope.membership.role)
    context = {
        "organization": scope.organization,
        "may_manage": permission >= Permission.MANAGE,
        "section": "health",
        "graph": chosen,
        "graphs": _GRAPHS,
        "groups": list(Group),
        "is_hourly": window.bucket_hours == 1,
    }
    return window, context


def _of_figures(figures: Overview, window: Window) -> dict[str, Any]:
    starts = window.starts()
    return {
        "figures": figures,
        "kpis": [(group, figures.events[group]) for group in Group],
        "chart_times": starts[:: _LABEL_EVERY[len(starts)]],
    }


def _chosen_key(request: HttpRequest, keys: Sequence[ProjectKey]) -> ProjectKey | None:
    wanted = request.GET.get("key", "")
    return next((key for key in keys if str(key.pk) == wanted), None)


def _named_keys(figures: Overview, keys: Sequence[ProjectKey]) -> list[Named]:
    labels = {key.pk: key.label for key in keys}
    return [
        Named(
            id=part.id, name=labels.get(part.id, _("Deleted key")), slug="", part=part
        )
        for part in figures.parts
    ]


def _named_projects(figures: Overview, projects: Sequence[Project]) -> list[Named]:
    by_id = {project.pk: project for project in projects}
    return [
        Named(id=part.id, name=project.name, slug=project.slug, part=part)
        for part in figures.parts
        if (project := by_id.get(part.id))
    ]
