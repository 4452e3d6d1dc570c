"""The issue lists of a project and of an organization, and changes of many issues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.api.actors import actors_of
from issues.api.bulk import change_issues, delete_issues
from issues.api.changes import AppliedShape, IssueChange
from issues.api.issuejson import (
    IssueShape,
    Stats,
    issue_json,
    stats_json,
    status_details,
    unhandled_among,
)
from issues.api.lookup import (
    find_event,
    find_row,
    find_row_by_short_id,
    organization_named,
    read_event_id,
)
from issues.api.queries import (
    BulkQuery,
    OrganizationBulkQuery,
    OrganizationIssueQuery,
    ProjectIssueQuery,
    filter_of,
    sort_of,
    with_saved_search,
)
from issues.charts import history_of_issue
from issues.cursors import CursorError
from issues.finding import TOTAL_CAP
from issues.listing import IssueRow, Page, list_issues
from issues.subscriptions import standings
from projects.api.lookup import project_of, projects_or_all, user_of
from projects.api.paging import (
    FIRST,
    PAST_LAST,
    bad_cursor,
    page_response,
    read_query,
)
from projects.models import Organization, Project, User
from projects.tokens import requires
from projects.windows import Graph, Window

_NOTHING = Page(
    rows=[],
    keys=[],
    next_cursor=None,
    previous_cursor=None,
    offset=0,
    total=0,
    total_is_capped=False,
)
_CHANGED = {
    status.HTTP_200_OK: AppliedShape,
    status.HTTP_204_NO_CONTENT: OpenApiResponse(description="No issue matched."),
}
_DELETED = {
    status.HTTP_204_NO_CONTENT: OpenApiResponse(
        description="Hidden now, and undone or removed for good within 30 days."
    ),
}


class ProjectIssuesView(APIView):
    permission_classes = (
        requires(read="event:read", write="event:write", delete="event:admin"),
    )

    @extend_schema(
        summary="A project's issues",
        parameters=[ProjectIssueQuery],
        responses=list[IssueShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        query = read_query(request, ProjectIssueQuery)
        graph = _graph(query["statsPeriod"])
        return _list(request, found.organization, [found], query, graph)

    @extend_schema(
        summary="Change many issues of a project",
        parameters=[BulkQuery],
        request=IssueChange,
        responses=_CHANGED,
    )
    def put(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        return change_issues(request, [found], read_query(request, BulkQuery))

    @extend_schema(
        summary="Delete issues of a project by their ids",
        parameters=[BulkQuery],
        responses=_DELETED,
    )
    def delete(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        return delete_issues(request, [found], read_query(request, BulkQuery))


class OrganizationIssuesView(APIView):
    permission_classes = (
        requires(read="event:read", write="event:write", delete="event:admin"),
    )

    @extend_schema(
        summary="An organization's issues",
        parameters=[OrganizationIssueQuery],
        responses=list[IssueShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_named(request, org)
        query = read_query(request, OrganizationIssueQuery)
        projects = projects_or_all(organization, query["project"])
        graph = _graph(query["groupStatsPeriod"])
        return _list(request, organization, projects, query, graph)

    @extend_schema(
        summary="Change many issues of an organization",
        parameters=[OrganizationBulkQuery],
        request=IssueChange,
        responses=_CHANGED,
    )
    def put(self, request: Request, org: str) -> Response:
        organization = organization_named(request, org)
        query = read_query(request, OrganizationBulkQuery)
        projects = projects_or_all(organization, query["project"])
        return change_issues(request, projects, query)

    @extend_schema(
        summary="Delete issues of an organization by their ids",
        parameters=[OrganizationBulkQuery],
        responses=_DELETED,
    )
    def delete(self, request: Request, org: str) -> Response:
        organization = organization_named(request, org)
        query = read_query(request, OrganizationBulkQuery)
        projects = projects_or_all(organization, query["project"])
        return delete_issues(request, projects, query)


def _graph(period: str) -> Graph | None:
    return {"": None, "24h": Graph.DAY, "auto": Graph.DAY, "14d": Graph.FORTNIGHT}[
        period
    ]


def _list(
    request: Request,
    organization: Organization,
    projects: Sequence[Project],
    query: Mapping[str, Any],
    graph: Graph | None,
) -> Response:
    now = timezone.now()
    query = with_saved_search(query, organization, user_of(request))
    hit = _direct_hit(request, projects, query["query"], graph, now)
    page = hit or _page(request, projects, query, graph, now)
    body = _rows_json(
        page.rows, graph, now, frozenset(query["collapse"]), user_of(request)
    )
    response = page_response(
        request, body, previous=page.previous_cursor, next=page.next_cursor
    )
    response["X-Hits"] = str(page.total)
    response["X-Max-Hits"] = str(TOTAL_CAP)
    if hit:
        response["X-Sentry-Direct-Hit"] = "1"
    return response


def _page(
    request: Request,
    projects: Sequence[Project],
    query: Mapping[str, Any],
    graph: Graph | None,
    now: datetime,
) -> Page:
    """The page that the query asks for. Raises ParseError and ValidationError."""
    cursor = query["cursor"]
    if cursor == PAST_LAST:
        return _NOTHING
    try:
        return list_issues(
            projects=projects,
            filter=filter_of(query, now),
            sort=sort_of(query),
            cursor=None if cursor in FIRST else cursor,
            limit=query["limit"],
            user=user_of(request),
            graph=graph,
            now=now,
        )
    except CursorError:
        raise bad_cursor() from None


def _direct_hit(
    request: Request,
    projects: Sequence[Project],
    query: str,
    graph: Graph | None,
    now: datetime,
) -> Page | None:
    """The page of the one issue whose short id, or whose event's id, the query is."""
    if not projects:
        return None
    organization, user = projects[0].organization, user_of(request)
    event_id = read_event_id(query)
    if event_id is None:
        row = find_row_by_short_id(organization, user, query)
    else:
        event = find_event(projects, event_id)
        row = find_row(organization, user, str(event.issue_id)) if event else None
    if row is None or row.project not in projects:
        return None
    if graph:
        history = history_of_issue(row.issue_id, Window.ending(now, graph), now)
        is_hourly = graph == Graph.DAY
        row = replace(
            row,
            counts_24h=history.counts if is_hourly else [],
            counts_14d=[] if is_hourly else history.counts,
        )
    return replace(_NOTHING, rows=[row], total=1)


def _rows_json(
    rows: Sequence[IssueRow],
    graph: Graph | None,
    now: datetime,
    collapse: frozenset[str],
    user: User,
) -> list[IssueShape]:
    unhandled = frozenset() if "unhandled" in collapse else unhandled_among(rows)
    window = Window.ending(now, graph) if graph else None
    details = status_details(rows)
    ids = [row.issue_id for row in rows]
    assignees, heard = actors_of(ids), standings(ids, user)
    return [
        _without(
            issue_json(
                row,
                is_unhandled=row.issue_id in unhandled,
                stats=_stats(row, graph, window),
                details=details.get(row.issue_id, {}),
                assignee=assignees.get(row.issue_id),
                standing=heard[row.issue_id],
            ),
            collapse,
        )
        for row in rows
    ]


def _stats(row: IssueRow, graph: Graph | None, window: Window | None) -> Stats:
    if graph is None or window is None:
        return {}
    return {graph.value: stats_json(window, row.counts)}


def _without(issue: IssueShape, collapse: Iterable[str]) -> IssueShape:
    if "stats" in collapse:
        del issue["stats"]
    if "lifetime" in collapse:
        del issue["lifetime"]
    if "filtered" in collapse:
        del issue["filtered"]
    if "unhandled" in collapse:
        del issue["isUnhandled"]
    return issue
