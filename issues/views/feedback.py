"""What users said: of a whole project, and of one issue."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from issues import attachments, reports
from issues.models import Attachment, Event, Tag, UserReport
from issues.presentation.feedback import ReportView, view_of
from issues.views.frame import frame
from issues.views.scope import Scope, page
from projects.access import Permission, require_role
from projects.models import Project
from projects.moments import micros_of, moment_of

ROWS = 25
# The number beside a heading is exact up to here.
COUNT_MAX = 1000

_CURSOR = re.compile(r"(\d{1,17})\.(\d{1,9})")
_TELLING = ("browser", "os")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsPage:
    """Some reports, and where to go on."""

    reports: list[ReportView]
    # None: these are the oldest.
    before: str | None
    is_first: bool


@require_safe
@page
def project_feedback(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    shows_all = request.GET.get("status") == "all"
    everything = reports.of_project(found, unresolved=False)
    unresolved = reports.of_project(found, unresolved=True)
    rows = everything if shows_all else unresolved
    context: dict[str, Any] = {
        "organization": scope.organization,
        "can_triage": scope.can_triage,
        "tab": "feedback",
        "shows_all": shows_all,
        "all_count": _count(everything),
        "unresolved_reports": _count(unresolved),
        "path": reverse("issues:feedback", args=[scope.organization.slug, found.slug]),
        "page": _page(found, rows, request.GET.get("before", "")),
    }
    return render(request, "issues/feedback.html", context)


@require_safe
@page
def issue_feedback(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    found = scope.issue(project, number)
    context = frame(request, scope, found, "feedback")
    context["page"] = _page(
        found.issue.project,
        reports.of_issue(*found.family),
        request.GET.get("before", ""),
    )
    return render(request, "issues/issue_feedback.html", context)


@require_POST
@page
def resolve(
    request: HttpRequest, scope: Scope, project: str, report: int
) -> HttpResponse:
    """Marks a report as dealt with, or as not."""
    require_role(scope.membership.role, Permission.TRIAGE)
    found = scope.project(project)
    is_resolved = request.POST.get("do") != "unresolve"
    rows = UserReport.objects.filter(project=found, pk=report)
    if not rows.update(is_resolved=is_resolved):
        raise Http404
    messages.success(request, _("Resolved") if is_resolved else _("Reopened"))
    back = reverse("issues:feedback", args=[scope.organization.slug, found.slug])
    return HttpResponseRedirect(back if is_resolved else f"{back}?status=all")


def _page(project: Project, rows: QuerySet[UserReport], before: str) -> ReportsPage:
    """The reports that stand after the cursor, or the newest."""
    cursor = _CURSOR.fullmatch(before)
    if cursor:
        at = moment_of(int(cursor[1]))
        is_older = Q(received_at=at, pk__lt=int(cursor[2])) | Q(received_at__lt=at)
        rows = rows.filter(is_older, received_at__lte=at)
    found = list(rows[: ROWS + 1])
    return ReportsPage(
        reports=_shown(project, found[:ROWS]),
        before=_cursor(found[ROWS - 1]) if len(found) > ROWS else None,
        is_first=cursor is None,
    )


def _cursor(report: UserReport) -> str:
    return f"{micros_of(report.received_at)}.{report.pk}"


def _count(rows: QuerySet[UserReport]) -> int:
    return rows.order_by()[: COUNT_MAX + 1].count()


def _shown(project: Project, found: Sequence[UserReport]) -> list[ReportView]:
    """The reports with what their events tell and the files that came with them."""
    told = _told_by_events(project.pk, {r.event_id for r in found if r.event_id})
    files = attachments.of_events(
        project.pk, [r.feedback_id for r in found if r.feedback_id]
    )
    return [
        view_of(
            report,
            about=told.get(report.event_id) if report.event_id else None,
            files=_files_of(report, files),
        )
        for report in found
    ]


def _files_of(
    report: UserReport, files: dict[uuid.UUID, list[Attachment]]
) -> list[Attachment]:
    return files.get(report.feedback_id, []) if report.feedback_id else []


def _told_by_events(
    project_id: int, event_ids: set[uuid.UUID]
) -> dict[uuid.UUID, list[str]]:
    """Browser and system of each event that is stored."""
    if not event_ids:
        return {}
    events = Event.objects.filter(project=project_id, event_id__in=event_ids)
    tag_ids = dict(events.values_list("event_id", "tag_ids"))
    tags = Tag.objects.filter(
        pk__in={tag for ids in tag_ids.values() for tag in ids}, key__in=_TELLING
    ).order_by("key")
    values = dict(tags.values_list("pk", "value"))
    return {
        event_id: [values[tag] for tag in values if tag in ids]
        for event_id, ids in tag_ids.items()
    }
