"""The page of a monitor: how it stands, and its check-ins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.views.scope import Scope, page
from monitors.listing import places_of
from monitors.models import CheckIn, Monitor
from monitors.snippets import ways_of
from monitors.views.frame import dsn_of, find_monitor, frame
from projects.moments import micros_of, moment_of

ROWS = 50
_CURSOR = re.compile(r"(\d{1,17})\.(\d{1,18})")


@require_safe
@page
def monitor(
    request: HttpRequest, scope: Scope, project: str, monitor: str
) -> HttpResponse:
    found = find_monitor(scope, project, monitor)
    places = places_of(found, timezone.now())
    names = [place.environment.name for place in places]
    chosen = request.GET.get("environment", "")
    before = request.GET.get("before", "")
    rows = _check_ins(found, chosen if chosen in names else "", before)
    dsn = dsn_of(found.project)
    context = frame(scope, found.project) | {
        "monitor": found,
        "places": places,
        "environments": names,
        "environment": chosen if chosen in names else "",
        "check_ins": rows[:ROWS],
        "before": _cursor(rows[ROWS - 1]) if len(rows) > ROWS else "",
        "is_first": not before,
        "ways": ways_of(found.slug, dsn) if dsn else [],
    }
    return render(request, "monitors/detail.html", context)


def _check_ins(monitor: Monitor, environment: str, before: str) -> Sequence[CheckIn]:
    """One more than a page where there are more, the newest first."""
    found = CheckIn.objects.filter(monitor=monitor).select_related("environment")
    if environment:
        found = found.filter(environment__name=environment)
    if cursor := _CURSOR.fullmatch(before):
        at = moment_of(int(cursor[1]))
        older = Q(started_at__lt=at) | Q(started_at=at, pk__lt=int(cursor[2]))
        # Both bounds say the same; only the second can be looked up by the index.
        found = found.filter(older, started_at__lte=at)
    return list(found.order_by("-started_at", "-pk")[: ROWS + 1])


def _cursor(row: CheckIn) -> str:
    return f"{micros_of(row.started_at)}.{row.pk}"
