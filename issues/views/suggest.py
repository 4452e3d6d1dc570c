"""What the query box offers while somebody types."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from issues.suggestions import suggest
from issues.views.asked import QUERY_CHARS
from issues.views.scope import Scope, page
from projects.access import projects_of
from projects.models import Project


@require_safe
@never_cache
@page
def of_project(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    return _answer(request, [scope.project(project)])


@require_safe
@never_cache
@page
def of_organization(request: HttpRequest, scope: Scope) -> HttpResponse:
    return _answer(request, list(projects_of(scope.organization)))


def _answer(request: HttpRequest, projects: Sequence[Project]) -> HttpResponse:
    """The rows of a listbox; where no cursor is named it stands at the end."""
    query = request.GET.get("q", "").replace("\0", "")[:QUERY_CHARS]
    at = request.GET.get("at", "")
    place = int(at) if at.isascii() and at.isdecimal() and len(at) < 6 else len(query)
    found = suggest(projects, query, place)
    return render(request, "issues/_suggest.html", {"found": found})
