"""What every tab of an issue's page shows, and how it finds an event."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from issues import shortid
from issues.charts import history_of_issue
from issues.events import (
    StoredEvent,
    latest_event,
    load_event,
    oldest_event,
    open_event,
)
from issues.issuereleases import releases_of
from issues.models import Event, Status, Tag
from issues.views.scope import OpenIssue, Scope
from projects.ui import nice_max
from projects.windows import Graph, Window
from releases.models import ReleaseProject

# As many releases are offered where one is to be named.
_VERSIONS = 50
_GRAPHS = (Graph.DAY, Graph.FORTNIGHT, Graph.MONTH)


def frame(
    request: HttpRequest, scope: Scope, found: OpenIssue, tab: str
) -> dict[str, Any]:
    """Head, figures and chart, as the templates name them."""
    issue = found.issue
    graph = request.GET.get("graph", "")
    chosen = Graph(graph) if graph in _GRAPHS else Graph.DAY
    now = timezone.now()
    window = Window.ending(now, chosen)
    history = history_of_issue(issue.pk, window, now)
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
        "list_path": list_path(scope, found),
        "graph": chosen,
        "graphs": _GRAPHS,
        "history": history,
        "chart_top": nice_max(max(history.counts)),
        "chart_times": _axis(window),
        "is_hourly": window.bucket_hours == 1,
        "report_count": found.report_count,
        "releases": releases_of(issue),
        "versions": _versions(scope, found),
    }


def find_event(found: OpenIssue, wanted: str) -> StoredEvent | None:
    """The issue's event by "latest", "oldest" or its id; None when it is gone.

    Raises Http404 for what can't be an event of this issue.
    """
    issue = found.issue
    if wanted in {"latest", "oldest"}:
        find = latest_event if wanted == "latest" else oldest_event
        row = find(issue.pk)
        return None if row is None else open_event(row)
    if not re.fullmatch(r"[0-9a-fA-F]{32}", wanted.replace("-", "")):
        raise Http404
    stored = load_event(issue.project_id, uuid.UUID(wanted))
    if stored is not None and stored.row.issue_id != issue.pk:
        raise Http404
    return stored


def event_tags(row: Event) -> list[tuple[str, str]]:
    """The event's tags by key."""
    found = Tag.objects.filter(pk__in=row.tag_ids).exclude(value="")
    return list(found.order_by("key").values_list("key", "value"))


def issue_path(scope: Scope, found: OpenIssue) -> str:
    issue = found.issue
    where = [scope.organization.slug, issue.project.slug, issue.number]
    return reverse("issues:detail", args=where)


def list_path(scope: Scope, found: OpenIssue) -> str:
    where = [scope.organization.slug, found.issue.project.slug]
    return reverse("issues:list", args=where)


def _versions(scope: Scope, found: OpenIssue) -> list[str]:
    """The project's newest releases, for who can resolve the issue in one."""
    if not scope.can_triage or found.issue.state.status == Status.RESOLVED:
        return []
    rows = ReleaseProject.objects.filter(project=found.issue.project_id)
    newest = rows.order_by("-created_at", "-release").select_related("release")
    return [row.release.version for row in newest[:_VERSIONS]]


def _axis(window: Window) -> list[datetime]:
    """The beginnings of six or seven equal parts of the chart."""
    starts = window.starts()
    return starts[:: max(1, len(starts) // 6)]
