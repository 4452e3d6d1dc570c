"""The issues of which a project wants no more, and taking them in again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from issues import shortid
from issues.operations.deleting import discarded_in
from issues.views.scope import Scope, page
from projects.access import Permission, require_role
from projects.models import DiscardedIssue


@require_safe
@page
def discarded(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    require_role(scope.membership.role, Permission.MANAGE)
    found = scope.project(project)
    context = {
        "organization": scope.organization,
        "project": found,
        "tab": "settings",
        "section": "discarded",
        "may_manage": True,
        "rows": [
            (row, shortid.encode(found.slug, row.number)) for row in discarded_in(found)
        ],
    }
    return render(request, "issues/discarded.html", context)


@require_POST
@page
def take(
    request: HttpRequest, scope: Scope, project: str, discarded: int
) -> HttpResponse:
    """Lets events of the issue in again; they begin a new one."""
    require_role(scope.membership.role, Permission.MANAGE)
    found = scope.project(project)
    gone, _rows = DiscardedIssue.objects.filter(project=found, pk=discarded).delete()
    if not gone:
        raise Http404
    messages.success(request, _("Taken in again from now on"))
    where = [scope.organization.slug, found.slug]
    return HttpResponseRedirect(reverse("issues:discarded", args=where))
