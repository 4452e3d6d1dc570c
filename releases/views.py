"""The pages of a project's releases: all of them, and one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import project_for
from projects.models import Project
from projects.windows import Graph, Window
from releases.cursors import CursorError
from releases.detail import story_of
from releases.latest import latest_release
from releases.listing import (
    Figures,
    Filter,
    Page,
    environments_of,
    figures_of,
    list_project_releases,
)
from releases.models import Release, ReleaseStatus

ROWS = 25
_GRAPHS = (Graph.DAY, Graph.FORTNIGHT, Graph.MONTH)
_COMMITS = 50
_DEPLOYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A release as the list shows it."""

    release: Release
    figures: Figures
    commits: int
    is_latest: bool


@login_required
@require_safe
def release_list(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = project_for(request.user, org, project)
    query = request.GET.get("q", "").replace("\0", "").strip()[:200]
    environment = _environment(request)
    is_archived = request.GET.get("status") == "archived"
    chosen = Filter(
        query=query,
        environments=(environment,) if environment else None,
        status=ReleaseStatus.ARCHIVED if is_archived else ReleaseStatus.OPEN,
    )
    page = _page(found, chosen, request.GET.get("cursor"))
    context = {
        **_frame(found),
        "rows": _rows(found, page, environment),
        "page": page,
        "versions": [release.version for release in page.releases],
        "query": query,
        "environment": environment,
        "environments": environments_of([found]),
        "is_archived": is_archived,
        "is_narrowed": bool(query or environment or is_archived),
    }
    return render(request, "releases/list.html", context)


@login_required
@require_safe
def release(request: HttpRequest, org: str, project: str, version: str) -> HttpResponse:
    found = project_for(request.user, org, project)
    # No name of a release holds a null byte, which PostgreSQL would refuse.
    named = Release.objects.filter(version=version.replace("\0", ""))
    shown = named.filter(memberships__project=found).first()
    if shown is None:
        raise Http404
    environment = _environment(request)
    graph = request.GET.get("graph", "")
    chosen = Graph(graph) if graph in _GRAPHS else Graph.DAY
    now = timezone.now()
    window = Window.ending(now, chosen)
    latest = latest_release(found)
    context = {
        **_frame(found),
        "release": shown,
        "is_latest": latest is not None and latest.pk == shown.pk,
        "story": story_of(found, shown, environment, window, now),
        "environment": environment,
        "graph": chosen,
        "graphs": _GRAPHS,
        "commits": shown.commits.order_by("place")[:_COMMITS],
        "commit_count": shown.commits.count(),
        "deploys": shown.deploys.order_by("-finished_at", "-pk")[:_DEPLOYS],
    }
    return render(request, "releases/detail.html", context)


def _frame(project: Project) -> dict[str, Any]:
    where = [project.organization.slug, project.slug]
    return {
        "organization": project.organization,
        "project": project,
        "tab": "releases",
        "path": reverse("releases:list", args=where),
    }


def _environment(request: HttpRequest) -> str:
    """The environment that the address names; empty for all of them."""
    return request.GET.get("environment", "").replace("\0", "")[:200]


def _page(project: Project, chosen: Filter, cursor: str | None) -> Page:
    """The page asked for; a cursor that makes no sense means the first."""
    try:
        return list_project_releases(project, chosen, cursor=cursor, limit=ROWS)
    except CursorError:
        return list_project_releases(project, chosen, cursor=None, limit=ROWS)


def _rows(project: Project, page: Page, environment: str) -> list[Row]:
    if not page.releases:
        return []
    now = timezone.now()
    window = Window.ending(now, Graph.FORTNIGHT)
    environments = [environment] if environment else None
    figures = figures_of(page.releases, [project], environments, window, now)
    latest = latest_release(project)
    ids = [release.pk for release in page.releases]
    commits = Release.objects.filter(pk__in=ids).annotate(count=Count("commits"))
    commit_counts = dict(commits.values_list("pk", "count"))
    return [
        Row(
            release=release,
            figures=figures[release.pk],
            commits=commit_counts[release.pk],
            is_latest=latest is not None and release.pk == latest.pk,
        )
        for release in page.releases
    ]
