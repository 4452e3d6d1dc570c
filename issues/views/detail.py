"""The page of an issue: an event, its trace, and what happened to the issue."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues import attachments, reports, triage
from issues.events import StoredEvent, neighbours
from issues.presentation.event import Chip, tag_chip, view_of
from issues.presentation.feedback import ReportView
from issues.presentation.feedback import view_of as view_of_report
from issues.presentation.files import images_of, views_of
from issues.presentation.stack import Choice, FrameView, trace_of
from issues.presentation.why import reasons, summary
from issues.views.choices import choice_of, remember
from issues.views.frame import event_tags, find_event, frame, issue_path, list_path
from issues.views.scope import Scope, page
from issues.views.tags import tags_aside

# The tags that tell most; of each line the first that the event has.
_FACTS = (
    ("browser", "browser.name", "runtime", "runtime.name"),
    ("os", "os.name"),
    ("release",),
    ("environment",),
    ("url", "transaction"),
    ("server_name",),
)


@require_safe
@page
def issue(
    request: HttpRequest, scope: Scope, project: str, number: int, event: str = "latest"
) -> HttpResponse:
    found = scope.issue(project, number)
    stored = find_event(found, event)
    choice = choice_of(request)
    context = frame(request, scope, found, "details")
    told = reasons(found.issue.grouping_parts)
    context |= {
        "wanted": event,
        "choice": choice,
        **tags_aside(found),
        "grouped_by": summary(found.issue.grouping_parts),
        "reasons": [one for one in told if one.counts],
        "all_parts": told,
    }
    if stored is not None:
        context |= _event_context(stored, choice, request.GET.get("thread", ""))
        if found.report_count:
            context["reports"] = _reports_on(stored)
    if not found.is_seen:
        triage.mark_seen(found.issue.pk, scope.user)
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
        "href": issue_path(scope, found),
        "list_path": list_path(scope, found),
        "chips": _facts(dict(event_tags(stored.row))) if stored else [],
    }
    return render(request, "issues/_peek.html", context)


def _failing_frame(stored: StoredEvent) -> FrameView | None:
    trace = trace_of(stored.payload, Choice()) if stored.payload else None
    for block in trace.blocks if trace else ():
        for shown in block.frames:
            if isinstance(shown, FrameView) and shown.is_open:
                return shown
    return None


def _event_context(stored: StoredEvent, choice: Choice, thread: str) -> dict[str, Any]:
    row, payload = stored.row, stored.payload
    around = neighbours(row)
    tags = event_tags(row)
    files = views_of(attachments.of_event(row.project_id, row.event_id))
    context: dict[str, Any] = {
        "event": row,
        "event_id": row.event_id.hex,
        "older": around.older and around.older.hex,
        "newer": around.newer and around.newer.hex,
        "tags": [tag_chip(key, value) for key, value in tags],
        "facts": _facts(dict(tags)),
        "files": files,
        "shots": images_of(files),
    }
    if payload is not None:
        context["payload"] = view_of(payload)
        context["trace"] = trace_of(payload, choice, thread)
    return context


def _reports_on(stored: StoredEvent) -> list[ReportView]:
    """What users said of this event."""
    row = stored.row
    said = reports.of_event(row.project_id, row.event_id)
    return [view_of_report(report) for report in said]


def _facts(tags: dict[str, str]) -> list[Chip]:
    """What tells most of an event, as chips above its trace."""
    keys = [next((key for key in keys if key in tags), None) for keys in _FACTS]
    return [tag_chip(key, tags[key]) for key in keys if key]
