"""An issue's events: as a table, and one of them as JSON or Markdown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues import shortid
from issues.event import Event as Payload
from issues.events import events_of_issue
from issues.models import Event, EventUser, Tag
from issues.presentation.markdown import About
from issues.presentation.markdown import as_markdown as to_markdown
from issues.views.frame import event_tags, find_event, frame, issue_path
from issues.views.scope import OpenIssue, Scope, page

ROWS = 50
# Tags that have a column of their own.
_COLUMNS = ("release", "environment")
_CURSOR = re.compile(r"(\d{1,17})\.([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One event as a line of the table."""

    row: Event
    user: str
    release: str
    environment: str

    @property
    def is_sampled_out(self) -> bool:
        return not getattr(self.row, "has_payload", True)


@require_safe
@page
def table(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The issue's stored events, newest first."""
    found = scope.issue(project, number)
    rows = _rows(found.issue.pk, request.GET.get("before", ""))
    context = frame(request, scope, found, "events")
    context |= {
        "lines": _lines(rows[:ROWS]),
        "before": _cursor(rows[ROWS - 1]) if len(rows) > ROWS else None,
        "is_first": not request.GET.get("before"),
    }
    return render(request, "issues/events.html", context)


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
    text = to_markdown(about, payload, event_tags(row))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _opened(found: OpenIssue, event: str) -> tuple[Event, Payload]:
    """The event with its payload. Raises Http404 where there is none."""
    stored = find_event(found, event)
    if stored is None or stored.payload is None:
        raise Http404
    return stored.row, stored.payload


def _rows(issue_id: int, before: str) -> list[Event]:
    """One row more than a page where there are more; payloads are not loaded."""
    events = events_of_issue(issue_id).annotate(has_payload=Q(payload__isnull=False))
    if cursor := _CURSOR.fullmatch(before):
        at = _EPOCH + timedelta(microseconds=int(cursor[1]))
        last = uuid.UUID(cursor[2])
        events = events.filter(
            Q(received_at__lt=at) | Q(received_at=at, event_id__lt=last)
        )
    return list(events.defer("payload")[: ROWS + 1])


def _cursor(row: Event) -> str:
    microseconds = (row.received_at - _EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{row.event_id.hex}"


def _lines(rows: Sequence[Event]) -> list[EventLine]:
    """The rows with the names of their users and tags, in two queries."""
    users = dict(
        EventUser.objects.filter(
            pk__in={row.user_id for row in rows if row.user_id is not None}
        ).values_list("pk", "identity")
    )
    ids = {tag_id for row in rows for tag_id in row.tag_ids}
    tags: dict[int, tuple[str, Any]] = {
        pk: (key, value)
        for pk, key, value in Tag.objects.filter(
            pk__in=ids, key__in=_COLUMNS
        ).values_list("pk", "key", "value")
    }
    lines = []
    for row in rows:
        named = dict(tags[tag_id] for tag_id in row.tag_ids if tag_id in tags)
        lines.append(
            EventLine(
                row=row,
                user=users.get(row.user_id or 0, ""),
                release=named.get("release", ""),
                environment=named.get("environment", ""),
            )
        )
    return lines
