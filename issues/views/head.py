"""What stands above the tabs of an issue's page: its story, figures and chart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from issues.changed import changed, changes_of
from issues.charts import history_of_issue
from issues.issuereleases import releases_of
from issues.models import Status
from issues.opening import OpenIssue
from issues.timeline import bars_of, marks_of
from issues.views.scope import Scope
from projects.joins import Join
from projects.postgres import Row, run
from projects.ui import nice_max
from projects.windows import Graph, Window
from releases.models import Release, ReleaseProject

_LABELS = 6
# As many releases are marked in the chart, and offered where one is to be named.
_RELEASES = 50
_ACTIVITY = 30
_JOIN = Join(p=ReleaseProject, r=Release)

# Parameters: project, how many.
_NEWEST = f"""
SELECT {_JOIN.columns} FROM releases_releaseproject p
JOIN releases_release r ON r.id = p.release_id
WHERE p.project_id = %s::int4
ORDER BY p.created_at DESC, p.release_id DESC LIMIT %s::int8
"""


def head(request: HttpRequest, scope: Scope, found: OpenIssue) -> dict[str, Any]:
    """The head as the templates name it."""
    issue = found.issue
    newest = _releases(found)
    releases = releases_of(issue, (row.release for row in newest), found.family)
    changes = changes_of(found.family)
    can_resolve = scope.can_triage and issue.state.status != Status.RESOLVED
    asked = request.GET.get("graph", "")
    graph = Graph(asked) if asked in list(Graph) else Graph.DAY
    shown = len(changes) if request.GET.get("activity") == "all" else _ACTIVITY
    now = timezone.now()
    window = Window.ending(now, graph)
    history = history_of_issue(issue.pk, window, now)
    return {
        "releases": releases,
        "versions": [row.release.version for row in newest if can_resolve],
        "activity": changes[:shown],
        "more_activity": len(changes) > shown,
        "changed": changed(issue, releases, changes),
        "graph": graph,
        "graphs": list(Graph),
        "history": history,
        "chart_bars": bars_of(window, history.counts),
        "chart_marks": marks_of(newest, changes, window),
        "chart_top": nice_max(max(history.counts)),
        "chart_times": _axis(window),
        "is_hourly": window.bucket_hours == 1,
    }


def _releases(found: OpenIssue) -> list[ReleaseProject]:
    """The project's newest releases."""
    rows = run(_NEWEST, found.issue.project_id, _RELEASES)
    return [_release_of(row) for row in rows]


def _release_of(row: Row) -> ReleaseProject:
    named = _JOIN.surely(ReleaseProject, "p", row)
    named.release = _JOIN.surely(Release, "r", row)
    return named


def _axis(window: Window) -> list[datetime]:
    """The beginnings of six or seven equal parts of the chart."""
    starts = window.starts()
    return starts[:: max(1, len(starts) // _LABELS)]
