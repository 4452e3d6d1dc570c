"""How a project, or all of an organization, did over a period, at a glance."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.environments import environments_of
from issues.figures import figures_of
from issues.patience import kept
from issues.periods import Period
from issues.pulse import instant_of, pulse_of
from issues.standouts import standouts_of
from issues.views.scope import Scope, page
from projects.access import projects_of
from projects.models import Project
from projects.windows import Window
from releases.listing import Filter, list_releases
from releases.listing import figures_of as figures_of_releases
from releases.models import Release, ReleaseProject, ReleaseStatus

_ROWS = 5
# More labels than these would cover each other.
_MARKS = 8
_LABELS = 7
# How much of the axis a mark's name takes, and a line that stands apart from others.
_NAME_PERCENT = 6
_LINE_PERCENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where on the time axis a release was made, in percent of its length."""

    # Empty where there is no room for it.
    name: str
    percent: float


@require_safe
@page
def project_overview(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    slugs = [scope.organization.slug, found.slug]
    context = {
        "project": found,
        "tab": "overview",
        "list_path": reverse("issues:list", args=slugs),
        "is_waiting": found.first_event_at is None,
    }
    return _answer(request, scope, [found], context)


@require_safe
@page
def organization_overview(request: HttpRequest, scope: Scope) -> HttpResponse:
    projects = list(projects_of(scope.organization))
    for one in projects:
        one.organization = scope.organization
    context = {
        "nav": "overview",
        "list_path": reverse("issues:all", args=[scope.organization.slug]),
        "is_waiting": not any(one.first_event_at for one in projects),
    }
    return _answer(request, scope, projects, context)


def _answer(
    request: HttpRequest,
    scope: Scope,
    projects: Sequence[Project],
    context: dict[str, Any],
) -> HttpResponse:
    asked = request.GET.get("graph", "")
    period = Period(asked) if asked in list(Period) else Period.FORTNIGHT
    context |= {
        "organization": scope.organization,
        "graph": period,
        "graphs": list(Period),
    }
    if not context["is_waiting"]:
        environments = environments_of([project.pk for project in projects])
        environment = request.GET.get("environment", "")
        tags = environments.get(environment)
        if tags is None:
            environment = ""
        now = timezone.now()
        window = period.window(now)
        starts = window.starts()
        context |= {
            "environments": list(environments),
            "environment": environment,
            "in_environment": (
                f"&{urlencode({'environment': environment})}" if environment else ""
            ),
            **_reckoned(projects, window, now, tags),
            "axis": starts[:: -(-len(starts) // _LABELS)],
            **_releases(scope, projects, environment, window, now),
        }
    return render(request, "issues/overview.html", context)


def _reckoned(
    projects: Sequence[Project],
    window: Window,
    now: datetime,
    tags: Sequence[int] | None,
) -> dict[str, Any]:
    """Figures and issues, which take seconds where 100,000 issues are alive."""
    ids = ",".join(str(project.pk) for project in projects)
    key = f"overview:{window.first_hour}:{window.buckets}:{ids}:{tags}"

    def reckon() -> dict[str, Any]:
        pulse = pulse_of(projects, window, now, tags=tags, rows=_ROWS)
        return {
            "figures": figures_of(projects, window, now, pulse, tags=tags),
            "standouts": standouts_of(projects, window, pulse, rows=_ROWS),
        }

    # Keys must be short and plain, however many projects there are.
    return kept(hashlib.sha256(key.encode()).hexdigest(), reckon)


def _releases(
    scope: Scope,
    projects: Sequence[Project],
    environment: str,
    window: Window,
    now: datetime,
) -> dict[str, Any]:
    """The latest releases, and where in the window releases were made."""
    environments = (environment,) if environment else None
    latest = list_releases(
        scope.organization,
        projects,
        Filter(status=ReleaseStatus.OPEN, environments=environments),
        cursor=None,
        limit=max(_ROWS, _MARKS),
    ).releases
    shown = latest[:_ROWS]
    figures = {}
    if shown:
        figures = figures_of_releases(shown, projects, environments, window, now)
    memberships = ReleaseProject.objects.filter(release__in=shown, project__in=projects)
    home = dict(memberships.values_list("release", "project__slug"))
    return {
        "marks": _marks(latest[:_MARKS], window),
        "releases": [(one, figures[one.pk], home[one.pk]) for one in shown],
    }


def _marks(releases: Sequence[Release], window: Window) -> list[Mark]:
    begin = instant_of(window.first_hour).timestamp()
    span_s = window.bucket_hours * window.buckets * 3600
    marks: list[Mark] = []
    for release in sorted(releases, key=lambda one: one.effective_at, reverse=True):
        since_s = release.effective_at.timestamp() - begin
        percent = round(100 * since_s / span_s, 1)
        room = marks[-1].percent - percent if marks else 100.0
        # Lines would make one grey band, and names cover each other: the later stays.
        if 0 <= percent <= 100 and room >= _LINE_PERCENT:
            name = release.parsed.shown if room >= _NAME_PERCENT else ""
            marks.append(Mark(name=name, percent=percent))
    return marks
