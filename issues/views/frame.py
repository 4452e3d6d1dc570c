"""What every tab of an issue's page shows, and how it finds an event."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from issues import shortid
from issues.events import (
    StoredEvent,
    latest_event,
    load_event,
    oldest_event,
    open_event,
)
from issues.models import Event, Issue
from issues.opening import OpenIssue
from issues.views.head import head
from issues.views.scope import Scope
from issues.views.walks import walk_of
from projects.postgres import run

# Parameter: ids of tags.
_TAGS = """
SELECT key, value FROM issues_tag
WHERE id = ANY(%s::int4[]) AND value <> '' ORDER BY key
"""


def frame(
    request: HttpRequest, scope: Scope, found: OpenIssue, tab: str
) -> dict[str, Any]:
    """Head, figures and chart, as the templates name them."""
    issue = found.issue
    walk = walk_of(request)
    usual = list_path(scope, found)
    return {
        "organization": scope.organization,
        "can_triage": scope.can_triage,
        "tab": "issues",
        "issue_tab": tab,
        "issue": issue,
        "state": issue.state,
        "short_id": shortid.encode(issue.project.slug, issue.number),
        "is_bookmarked": found.is_bookmarked,
        "href": issue_path(scope, found),
        "list_path": usual,
        "walk": walk,
        # Keeps the walk on the issue's other pages.
        "on": walk.query if walk else "",
        "back": walk.list_path(scope, issue.project.slug) if walk else usual,
        "report_count": found.report_count,
        "merged_count": len(found.family) - 1,
        **head(request, scope, found),
    }


def find_event(found: OpenIssue, wanted: str) -> StoredEvent | None:
    """The issue's event by "latest", "oldest" or its id; None when it is gone.

    Raises Http404 for what can't be an event of this issue.
    """
    issue = found.issue
    if wanted in {"latest", "oldest"}:
        find = latest_event if wanted == "latest" else oldest_event
        row = find(*found.family)
        return None if row is None else open_event(row)
    if not re.fullmatch(r"[0-9a-fA-F]{32}", wanted.replace("-", "")):
        raise Http404
    stored = load_event(issue.project_id, uuid.UUID(wanted))
    if stored is not None and stored.row.issue_id not in found.family:
        raise Http404
    return stored


def event_tags(row: Event) -> list[tuple[str, str]]:
    """The event's tags by key."""
    return [(key, value) for key, value in run(_TAGS, row.tag_ids)]


def issue_path(scope: Scope, found: OpenIssue) -> str:
    return path_of(scope, found.issue)


def path_of(scope: Scope, issue: Issue) -> str:
    where = [scope.organization.slug, issue.project.slug, issue.number]
    return reverse("issues:detail", args=where)


def list_path(scope: Scope, found: OpenIssue) -> str:
    where = [scope.organization.slug, found.issue.project.slug]
    return reverse("issues:list", args=where)
