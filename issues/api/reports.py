"""What users said, as Sentry's API tells it: of an issue, and of a project."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import reports, shortid
from issues.api.lookup import row_of
from issues.merging.families import family_of
from issues.models import Issue, UserReport
from projects.api.paging import PageQuery, page_response, read_query, read_slice
from projects.models import Project
from projects.tokens import requires


class ReportIssueShape(TypedDict):
    id: str
    shortId: str
    title: str


class ReportEventShape(TypedDict):
    id: str
    eventID: str


class UserReportShape(TypedDict):
    id: str
    # Empty for feedback that is about no event.
    eventID: str
    name: str
    email: str
    comments: str
    dateCreated: datetime
    event: ReportEventShape
    # Null until the event has arrived.
    issue: ReportIssueShape | None
    user: dict[str, Any] | None


class ReportQuery(PageQuery):
    """The parameters of a list of reports."""

    status = serializers.ChoiceField(
        choices=["unresolved", ""],
        required=False,
        allow_blank=True,
        default="unresolved",
        help_text="Empty: also of issues that are resolved or ignored.",
    )


class IssueReportsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="What users said about an issue, the newest first",
        parameters=[PageQuery],
        responses=list[UserReportShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        rows = reports.of_issue(*family_of(row.issue_id))
        return _page(request, row.project, rows)


def reports_page(request: Request, project: Project) -> Response:
    """What users said about the project, the newest first."""
    query = read_query(request, ReportQuery)
    is_unresolved = query["status"] == "unresolved"
    rows = reports.of_project(project, unresolved=is_unresolved)
    return _page(request, project, rows)


def report_json(report: UserReport, project: Project) -> UserReportShape:
    event_id = report.event_id.hex if report.event_id else ""
    seen = report.issue_seen
    return {
        "id": report.key.hex,
        "eventID": event_id,
        "name": report.name,
        "email": report.email,
        "comments": report.comments,
        "dateCreated": report.received_at,
        "event": {"id": event_id, "eventID": event_id},
        "issue": _issue_json(seen, project) if seen else None,
        "user": None,
    }


def _page(request: Request, project: Project, rows: QuerySet[UserReport]) -> Response:
    page = read_slice(request, rows)
    body = [report_json(report, project) for report in page.rows]
    return page_response(request, body, previous=page.previous, next=page.next)


def _issue_json(issue: Issue, project: Project) -> ReportIssueShape:
    return {
        "id": str(issue.pk),
        "shortId": shortid.encode(project.slug, issue.number),
        "title": issue.title,
    }
