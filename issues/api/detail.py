"""One issue: all that is known of it, its tags and hashes, and changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import operations, reports
from issues.api.activities import ActivityShape, activities_json, activities_of
from issues.api.actors import actors_of
from issues.api.changes import IssueChange, apply, read_change, require_scope
from issues.api.issuejson import (
    IssueShape,
    Stats,
    issue_json,
    stats_json,
    status_details,
    unhandled_among,
)
from issues.api.lookup import row_of
from issues.charts import history_of_issue
from issues.comments import comments_of
from issues.issuereleases import IssueReleases, releases_of
from issues.listing import IssueRow
from issues.merging.families import sources_of, with_sources
from issues.models import Activity, Issue
from issues.operations import Selection, deleting
from issues.people import people_of
from issues.subscriptions import Standing
from issues.tagcounts import OTHER, TagKey, tags_of_issue
from projects.api.lookup import user_of
from projects.api.root import UserShape, user_json
from projects.models import User
from projects.tokens import requires
from projects.windows import Graph, Window
from releases.api.shapes import ReleaseShape, releases_json

_ACTIVITIES = 100
# Values in the answer that tells of all keys, and of one.
_TOP_VALUES = 10


class TagTotalShape(TypedDict):
    key: str
    name: str
    totalValues: int


class TagValueShape(TypedDict):
    key: str
    name: str
    # Empty for all the values beyond those that are counted one by one.
    value: str
    count: int


class TagShape(TagTotalShape):
    uniqueValues: int
    topValues: list[TagValueShape]


class IssueDetailShape(IssueShape):
    activity: list[ActivityShape]
    seenBy: list[UserShape]
    participants: list[UserShape]
    pluginActions: list[Any]
    pluginContexts: list[Any]
    pluginIssues: list[Any]
    userReportCount: int
    firstRelease: ReleaseShape | None
    lastRelease: ReleaseShape | None
    tags: list[TagTotalShape]
    openPeriods: list[dict[str, Any]]


class IssueView(APIView):
    permission_classes = (
        requires(read="event:read", write="event:write", delete="event:admin"),
    )

    @extend_schema(summary="An issue by its id or short id", responses=IssueDetailShape)
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        return Response(_detail_json(row_of(request, org, issue), user_of(request)))

    @extend_schema(
        summary="Change an issue", request=IssueChange, responses=IssueDetailShape
    )
    def put(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        body = _detail_json(row, user_of(request))
        change = read_change(request.data)
        require_scope(request, change)
        apply(change, _only(row), user_of(request))
        if change.get("discard"):
            # Nothing is left to tell of but what it was.
            return Response(body)
        return Response(_detail_json(row_of(request, org, issue), user_of(request)))

    @extend_schema(
        summary="Delete an issue",
        responses={
            status.HTTP_202_ACCEPTED: OpenApiResponse(
                description="Hidden now, and undone or removed for good within 30 days."
            )
        },
    )
    def delete(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        operations.apply(_only(row), deleting.delete(), user=user_of(request))
        return Response(status=status.HTTP_202_ACCEPTED)


class TagsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="An issue's tags with their most frequent values",
        responses=list[TagShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        keys = tags_of_issue(row.issue_id)
        return Response([_tag_json(key, limit=_TOP_VALUES) for key in keys])


class TagView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="One of an issue's tags with all its values", responses=TagShape
    )
    def get(
        self, request: Request, issue: str, key: str, org: str | None = None
    ) -> Response:
        row = row_of(request, org, issue)
        for one in tags_of_issue(row.issue_id):
            if one.key == key:
                return Response(_tag_json(one))
        raise Http404


def _only(row: IssueRow) -> Selection:
    project = row.project
    return Selection.of(project.organization, [project], [row.issue_id])


def _detail_json(row: IssueRow, user: User) -> IssueDetailShape:
    is_unhandled = row.issue_id in unhandled_among([row])
    issues = Issue.objects.select_related("first_release", "project")
    issue = with_sources(issues).get(pk=row.issue_id)
    family = sources_of(issue)
    around = [row.issue_id, *(one for one in family if one != row.issue_id)]
    people = people_of(around, row.project.organization, user)
    activity = list(activities_of(family)[:_ACTIVITIES])
    said = _comments(activity, family)
    first_release, last_release = _releases_json(row, releases_of(issue, (), family))
    return {
        **issue_json(
            row,
            is_unhandled=is_unhandled,
            stats=_stats(row),
            details=status_details([row]).get(row.issue_id, {}),
            assignee=actors_of([row.issue_id]).get(row.issue_id),
            standing=Standing(said, people.reason_of(user)),
        ),
        "activity": activities_json(activity),
        "seenBy": [user_json(one.user) for one in people.seen_by],
        "participants": [user_json(one.user) for one in people.subscribers],
        "pluginActions": [],
        "pluginContexts": [],
        "pluginIssues": [],
        "userReportCount": reports.of_issue(*family).count(),
        "firstRelease": first_release,
        "lastRelease": last_release,
        "tags": [_total_json(key) for key in tags_of_issue(row.issue_id)],
        "openPeriods": [],
    }


def _comments(newest: Sequence[Activity], family: Sequence[int]) -> int:
    """How many there are; of most issues the newest activities are all."""
    if len(newest) == _ACTIVITIES:
        return comments_of(family).count()
    return sum(one.kind == Activity.Kind.NOTE for one in newest)


def _releases_json(
    row: IssueRow, releases: IssueReleases
) -> tuple[ReleaseShape | None, ReleaseShape | None]:
    """The releases of the first and of the newest event."""
    first, last = releases
    named = [release for release in (first, last) if release is not None]
    told = releases_json(named, row.project.organization)
    by_version = {shape["version"]: shape for shape in told}
    return (
        by_version[first.version] if first else None,
        by_version[last.version] if last else None,
    )


def _stats(row: IssueRow) -> Stats:
    now = timezone.now()
    stats: Stats = {}
    for graph in (Graph.DAY, Graph.MONTH):
        window = Window.ending(now, graph)
        history = history_of_issue(row.issue_id, window, now)
        stats[graph.value] = stats_json(window, history.counts)
    return stats


def _total_json(tag: TagKey) -> TagTotalShape:
    return {"key": tag.key, "name": tag.key, "totalValues": tag.total}


def _tag_json(tag: TagKey, *, limit: int | None = None) -> TagShape:
    values: list[TagValueShape] = [
        {"key": tag.key, "name": value, "value": value, "count": count}
        for value, count in tag.values[:limit]
    ]
    known = sum(value != OTHER for value, _ in tag.values)
    return {**_total_json(tag), "uniqueValues": known, "topValues": values}
