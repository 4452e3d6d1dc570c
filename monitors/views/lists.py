"""The monitors of a project."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.views.scope import Scope, page
from monitors.listing import list_monitors
from monitors.snippets import making_ways
from monitors.views.frame import dsn_of, frame

ROWS = 50


@require_safe
@page
def monitors(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    start = _start(request.GET.get("start", ""))
    now = timezone.now()
    lines = list_monitors(found, start=start, count=ROWS + 1, now=now)
    context = frame(scope, found) | {
        "lines": lines[:ROWS],
        "start": start,
        "newer": max(0, start - ROWS),
        "older": start + ROWS if len(lines) > ROWS else None,
    }
    if not lines and not start:
        dsn = dsn_of(found)
        context["ways"] = making_ways("nightly-backup", dsn) if dsn else []
    return render(request, "monitors/list.html", context)


def _start(text: str) -> int:
    """A row's number; of what is none, the first."""
    return int(text) if text.isdecimal() and len(text) < 7 else 0
