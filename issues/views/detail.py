"""The page of an issue: an event, its trace, and what happened to the issue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues import triage
from issues.comments import TEXT_MAX
from issues.events import StoredEvent
from issues.people import people_of
from issues.presentation.frameviews import FrameView
from issues.presentation.stack import Choice, trace_of
from issues.views import drafts
from issues.views.choices import choice_of, remember
from issues.views.eventpage import event_context, facts_of, grouping_context
from issues.views.frame import event_tags, find_event, frame, issue_path, list_path
from issues.views.scope import Scope, page
from issues.views.tags import tags_aside
from issues.views.walks import on
from projects.access import Permission, permission_of


@require_safe
@page
def issue(
    request: HttpRequest, scope: Scope, project: str, number: int, event: str = "latest"
) -> HttpResponse:
    found = scope.issue(project, number)
    stored = find_event(found, event)
    choice = choice_of(request)
    context = frame(request, scope, found, "details")
    context |= {
        "wanted": event,
        "choice": choice,
        "comment_max": TEXT_MAX,
        "draft": drafts.take(request, found.issue.pk),
        "may_moderate": permission_of(scope.membership.role) >= Permission.MANAGE,
        **tags_aside(found),
    }
    # Those of the first event, where this one has no payload to tell its own.
    context |= grouping_context(found.issue.grouping_parts)
    if stored is not None:
        context |= event_context(request, found, stored, choice)
    if not found.is_seen:
        triage.mark_seen(found.issue.pk, scope.user)
    context["people"] = people_of(found.family, scope.organization, scope.user)
    context["my_reason"] = context["people"].reason_of(scope.user)
    response = render(request, "issues/detail.html", context)
    remember(request, response, choice)
    return response


@require_safe
@page
def peek(request: HttpRequest, scope: Scope, project: str, number: int) -> HttpResponse:
    """The failing line, for under a row of the list."""
    found = scope.issue(project, number)
    stored = find_event(found, "latest")
    context = {
        "frame": _failing_frame(stored) if stored else None,
        "href": f"{issue_path(scope, found)}{on(request)}",
        "list_path": list_path(scope, found),
        "facts": facts_of(dict(event_tags(stored.row))) if stored else [],
    }
    return render(request, "issues/_peek.html", context)


def _failing_frame(stored: StoredEvent) -> FrameView | None:
    trace = trace_of(stored.payload, Choice()) if stored.payload else None
    for block in trace.blocks if trace else ():
        for shown in block.frames:
            if isinstance(shown, FrameView) and shown.is_open:
                return shown
    return None
