"""From one issue to the next, in the order of the list."""

from __future__ import annotations

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from issues.models import IssueState
from issues.views.frame import list_path
from issues.views.scope import Scope, page


@require_safe
@page
def next_issue(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The project's issue of the same status that was seen before this one."""
    return _beside(scope, project, number, is_down=True)


@require_safe
@page
def previous_issue(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The project's issue of the same status that was seen after this one."""
    return _beside(scope, project, number, is_down=False)


def _beside(scope: Scope, project: str, number: int, *, is_down: bool) -> HttpResponse:
    """The neighbour in the list's own order; past its ends the list."""
    found = scope.issue(project, number)
    state = found.issue.state
    order = (
        ("-last_seen_minute", "-issue") if is_down else ("last_seen_minute", "issue")
    )
    side = "lt" if is_down else "gt"
    beyond = Q(**{f"last_seen_minute__{side}": state.last_seen_minute}) | Q(
        **{"last_seen_minute": state.last_seen_minute, f"issue__{side}": state.pk}
    )
    # The bound alone lets the index begin at this issue.
    bound = {f"last_seen_minute__{side}e": state.last_seen_minute}
    states = IssueState.objects.filter(
        beyond, project=state.project_id, status=state.status, **bound
    )
    neighbour = states.order_by(*order).values(number=F("issue__number")).first()
    if neighbour is None:
        return redirect(list_path(scope, found))
    return redirect(
        "issues:detail", scope.organization.slug, project, neighbour["number"]
    )
