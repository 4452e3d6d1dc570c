"""The tags of an issue: all of them, and what they say beside the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from redis import RedisError

from issues.differences import OTHER_ISSUES, Difference, differences
from issues.opening import OpenIssue
from issues.presentation.shares import SIDE_VALUES, distribution, telling
from issues.tagcounts import VALUES_OF_A_KEY, TagKey, tags_of_issue
from issues.views.frame import frame
from issues.views.scope import Scope, page

# Of a key's values the commonest are shown; all, where the key is asked for.
_VALUES_OF_A_KEY = 10
_ALL_VALUES = VALUES_OF_A_KEY
_MANY_EVENTS = 10_000
_REMEMBERED_S = 300


@require_safe
@page
def tags(request: HttpRequest, scope: Scope, project: str, number: int) -> HttpResponse:
    found = scope.issue(project, number)
    asked = request.GET.get("key", "").replace("\0", "")
    shown = _ALL_VALUES if asked else _VALUES_OF_A_KEY
    keys = tags_of_issue(
        found.issue.pk, values=shown + 1, keys=[asked] if asked else []
    )
    context = frame(request, scope, found, "tags") | {
        "asked_key": asked,
        "distributions": [distribution(key, values=shown) for key in keys],
        "differences": [] if asked else _differences(found, keys),
        "other_issues": OTHER_ISSUES,
    }
    return render(request, "issues/tags.html", context)


def tags_aside(found: OpenIssue) -> dict[str, Any]:
    """What stands beside an event: the telling tags, and what is different.

    Shares of an issue with very many events hardly move, and cost the most: they are
    remembered for some minutes. The tab of all tags counts anew each time.
    """
    if found.issue.state.event_count < _MANY_EVENTS:
        return _aside(found)
    name = f"issues:aside:{found.issue.pk}"
    try:
        kept: dict[str, Any] | None = cache.get(name)
        if kept is None:
            kept = _aside(found)
            cache.set(name, kept, _REMEMBERED_S)
        return kept
    except RedisError:
        return _aside(found)


def _aside(found: OpenIssue) -> dict[str, Any]:
    keys = tags_of_issue(found.issue.pk, values=SIDE_VALUES + 1)
    return {
        "distributions": telling(keys),
        "differences": _differences(found, keys),
    }


def _differences(found: OpenIssue, keys: Sequence[TagKey]) -> list[Difference]:
    issue = found.issue
    return differences(
        [tag for key in keys for tag in key.tags],
        events=issue.state.event_count,
        project_id=issue.project_id,
        but=found.family,
    )
