"""Where is my event: the page at which an event's id is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingest import fates, whereabouts
from issues.views.scope import Scope, page
from projects.access import Permission, permission_of, projects_of
from projects.models import Project

# What may be pasted; an id with its dashes has 36 characters.
_ASKED_MAX = 100


@require_safe
@page
def project_event(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    context = _answer(request, scope, [found]) | {
        "project": found,
        "tab": "settings",
        "side": "projects/_side.html",
        "health": reverse("ingest:project", args=[scope.organization.slug, found.slug]),
    }
    return render(request, "ingest/event.html", context)


@require_safe
@page
def organization_event(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The same in all projects at once."""
    projects = list(projects_of(scope.organization))
    context = _answer(request, scope, projects) | {
        "side": "projects/_orgside.html",
        "role": scope.membership.role,
        "health": reverse("ingest:organization", args=[scope.organization.slug]),
    }
    return render(request, "ingest/event.html", context)


def _answer(
    request: HttpRequest, scope: Scope, projects: Sequence[Project]
) -> dict[str, Any]:
    asked = request.GET.get("id", "").strip()[:_ASKED_MAX]
    event_id = whereabouts.read_event_id(asked)
    permission = permission_of(scope.membership.role)
    return {
        "organization": scope.organization,
        "may_manage": permission >= Permission.MANAGE,
        "section": "health",
        "asked": asked,
        "is_wrong": bool(asked) and event_id is None,
        "answer": whereabouts.find(projects, event_id) if event_id else None,
        "retention_days": settings.RETENTION_DAYS,
        "remembered_hours": fates.KEPT_S // 7200,
    }
