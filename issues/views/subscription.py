"""Whether the reader wants to hear of an issue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from issues import subscriptions
from issues.views.frame import issue_path
from issues.views.scope import Scope, page


@require_POST
@page
def subscribe(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """Or no longer, with `want=no`."""
    found = scope.issue(project, number)
    is_on = request.POST.get("want") != "no"
    subscriptions.set_subscribed([found.issue.pk], scope.user, is_on)
    return HttpResponseRedirect(f"{issue_path(scope, found)}#people")
