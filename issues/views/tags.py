"""The tags of an issue: all of them, and what they say beside the event."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.differences import OTHER_ISSUES, Difference, differences
from issues.presentation.shares import distribution, telling
from issues.tagcounts import CountedTag, by_key, counted_tags
from issues.views.frame import frame
from issues.views.scope import OpenIssue, Scope, page

# Of a key's values the commonest are shown; all, where the key is asked for.
_VALUES_OF_A_KEY = 10
_ALL_VALUES = 1000


@require_safe
@page
def tags(request: HttpRequest, scope: Scope, project: str, number: int) -> HttpResponse:
    found = scope.issue(project, number)
    counted = counted_tags(found.issue.pk)
    asked = request.GET.get("key", "")
    keys = [key for key in by_key(counted) if asked in ("", key.key)]
    shown = _ALL_VALUES if asked else _VALUES_OF_A_KEY
    context = frame(request, scope, found, "tags") | {
        "asked_key": asked,
        "distributions": [distribution(key, values=shown) for key in keys],
        "differences": [] if asked else _differences(found, counted),
        "other_issues": OTHER_ISSUES,
    }
    return render(request, "issues/tags.html", context)


def tags_aside(found: OpenIssue) -> dict[str, Any]:
    """What stands beside an event: the telling tags, and what is different."""
    counted = counted_tags(found.issue.pk)
    return {
        "distributions": telling(by_key(counted)),
        "differences": _differences(found, counted),
    }


def _differences(found: OpenIssue, tags: list[CountedTag]) -> list[Difference]:
    issue = found.issue
    return differences(
        tags,
        events=issue.state.event_count,
        project_id=issue.project_id,
        but=found.family,
    )
