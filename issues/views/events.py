"""An event as a file: its JSON, and what it says in Markdown."""

from __future__ import annotations

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from issues import shortid
from issues.event import Event as Payload
from issues.models import Event
from issues.opening import OpenIssue
from issues.presentation.markdown import About
from issues.presentation.markdown import as_markdown as to_markdown
from issues.views.eventpage import explain
from issues.views.frame import event_tags, find_event, issue_path
from issues.views.scope import Scope, page


@require_safe
@page
def as_json(
    request: HttpRequest, scope: Scope, project: str, number: int, event: str
) -> HttpResponse:
    """The normalised event, as a file: a browser must not render what it holds."""
    row, payload = _opened(scope.issue(project, number), event)
    body = orjson.dumps(payload, option=orjson.OPT_INDENT_2)
    response = HttpResponse(body, content_type="application/json")
    name = row.event_id.hex
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


@require_safe
@page
def as_markdown(
    request: HttpRequest, scope: Scope, project: str, number: int, event: str
) -> HttpResponse:
    """The event in words, for a ticket or a language model."""
    found = scope.issue(project, number)
    row, payload = _opened(found, event)
    state = found.issue.state
    about = About(
        short_id=shortid.encode(found.issue.project.slug, found.issue.number),
        url=request.build_absolute_uri(issue_path(scope, found)),
        culprit=found.issue.culprit,
        event_count=state.event_count,
        user_count=state.user_count,
        first_seen=state.first_seen,
        last_seen=state.last_seen,
    )
    text = to_markdown(about, payload, event_tags(row), explain(payload, found))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _opened(found: OpenIssue, event: str) -> tuple[Event, Payload]:
    """The event with its payload. Raises Http404 where there is none."""
    stored = find_event(found, event)
    if stored is None or stored.payload is None:
        raise Http404
    return stored.row, stored.payload
