"""From one issue to the next, in the order of the list."""

from __future__ import annotations

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.listing import issue_beside
from issues.models import Issue, IssueState
from issues.opening import OpenIssue
from issues.search import SearchError
from issues.views.frame import list_path, path_of
from issues.views.scope import Scope, page
from issues.views.walks import walk_of
from projects.access import projects_of


@require_safe
@page
def next_issue(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The next issue of the list, or else the one of its status seen before it."""
    return _step(request, scope, project, number, is_down=True)


@require_safe
@page
def previous_issue(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The list's issue before, or else the one of its status seen after it."""
    return _step(request, scope, project, number, is_down=False)


def _step(
    request: HttpRequest, scope: Scope, project: str, number: int, *, is_down: bool
) -> HttpResponse:
    """To the neighbour in the list that the address carries; past its ends the list."""
    found = scope.issue(project, number)
    walk = walk_of(request)
    if walk is None:
        return _beside(scope, found, is_down=is_down)
    asked = walk.asks()
    try:
        filter = asked.filter()
    except SearchError:
        return redirect(list_path(scope, found))
    projects = (
        list(projects_of(scope.organization)) if walk.is_all else [found.issue.project]
    )
    place = walk.place(found.issue.pk, is_down=is_down)
    neighbour = issue_beside(
        projects=projects,
        filter=filter,
        sort=asked.sort,
        place=place,
        user=scope.user,
        now=timezone.now(),
    )
    if neighbour is None:
        return redirect(walk.list_path(scope, project))
    key, issue_id = neighbour
    issue = Issue.objects.select_related("project").get(pk=issue_id)
    path = path_of(scope, issue)
    return redirect(f"{path}{walk.moved(key, beside=place).query}")


def _beside(scope: Scope, found: OpenIssue, *, is_down: bool) -> HttpResponse:
    """The neighbour in the project's usual list; past its ends that list."""
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
    slug = found.issue.project.slug
    return redirect("issues:detail", scope.organization.slug, slug, neighbour["number"])
