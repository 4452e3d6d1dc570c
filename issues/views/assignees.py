"""Whom issues can be assigned to, as the menus of lists and issues offer it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.assignment import members_of, teams_of
from issues.views.scope import Scope, page

# A menu of more than these is no menu: there is a page to choose from all.
_IN_MENU = 30


@require_safe
@page
def assignees(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The buttons of a menu, which is loaded when it is opened."""
    members = members_of(scope.organization).exclude(user=scope.user)[: _IN_MENU + 1]
    teams = teams_of(scope.organization)[: _IN_MENU + 1]
    context = {
        "members": members[:_IN_MENU],
        "teams": teams[:_IN_MENU],
        "has_more": len(members) > _IN_MENU or len(teams) > _IN_MENU,
    }
    return render(request, "issues/_assignees.html", context)
