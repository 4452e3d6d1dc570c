"""How to connect an application, until its first event has arrived."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from projects import snippets
from projects.access import Permission, allows, project_for
from projects.models import Project
from projects.services import dsn_of


@login_required
@require_safe
def setup(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """The steps of the platform in the address, with a key's DSN in them.

    Without script the page asks again by itself, with `waiting` in the address, and
    goes to the first issue as the script would.
    """
    found = project_for(request.user, org, project)
    if found.first_event_at and "waiting" in request.GET:
        return redirect(_first_issue(found))
    platform = snippets.platform_named(request.GET.get("platform") or found.platform)
    key = found.keys.filter(is_active=True).order_by("pk").first()
    dsn = dsn_of(key) if key is not None else ""
    context = {
        "organization": found.organization,
        "project": found,
        "may_manage": allows(request.user, found.organization, Permission.MANAGE),
        "platform": platform,
        "families": snippets.families(),
        "siblings": snippets.siblings(platform),
        "dsn": dsn,
        "steps": snippets.steps_for(platform, dsn) if dsn else [],
        "first_issue": _first_issue(found),
        "tab": "settings",
        "section": "setup",
    }
    return render(request, "projects/setup.html", context)


@login_required
@require_safe
def setup_status(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Asked every two seconds: 204 until there is an event, then the way to it."""
    found = project_for(request.user, org, project)
    if found.first_event_at is None:
        return HttpResponse(status=204)
    response = HttpResponse(status=200)
    # htmx goes there instead of changing a part of the page.
    response.headers["HX-Redirect"] = _first_issue(found)
    return response


def _first_issue(project: Project) -> str:
    """The page of the project's first issue: numbers start at one."""
    return reverse(
        "issues:detail",
        kwargs={
            "org": project.organization.slug,
            "project": project.slug,
            "number": 1,
        },
    )
