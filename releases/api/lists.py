"""The releases of an organization and of a project, and new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.api.lookup import project_of, projects_or_all
from projects.api.paging import (
    FIRST,
    PAST_LAST,
    PageQuery,
    bad_cursor,
    page_response,
    read_query,
)
from projects.models import Organization, Project
from projects.tokens import organization_of
from releases.api.changes import (
    ProjectReleaseInput,
    ReleaseInput,
    columns_of,
    commits_of,
    projects_named,
)
from releases.api.permission import ReleasePermission
from releases.api.shapes import ReleaseShape, release_json, releases_json
from releases.cursors import CursorError
from releases.listing import Filter, Page, list_project_releases, list_releases
from releases.models import Release, ReleaseStatus
from releases.services import announce, set_commits

_STATUSES = {"open": ReleaseStatus.OPEN, "archived": ReleaseStatus.ARCHIVED}
_MADE = {
    status.HTTP_201_CREATED: ReleaseShape,
    status.HTTP_208_ALREADY_REPORTED: ReleaseShape,
}
_NOTHING = Page(releases=[], next_cursor=None, previous_cursor=None)


class ReleaseQuery(PageQuery):
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Part of the version, whatever its case.",
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list
    )
    status = serializers.ChoiceField(
        choices=tuple(_STATUSES),
        required=False,
        allow_blank=True,
        default="",
        help_text="Where it is absent or empty, both are listed.",
    )


class OrganizationReleaseQuery(ReleaseQuery):
    project = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Ids or slugs; none, or -1, for all.",
    )


class OrganizationReleasesView(APIView):
    permission_classes = (ReleasePermission,)

    @extend_schema(
        summary="An organization's releases, newest first",
        parameters=[OrganizationReleaseQuery],
        responses=list[ReleaseShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        query = read_query(request, OrganizationReleaseQuery)
        names = query["project"]
        projects = projects_or_all(organization, names) if names else None
        return _answer(request, organization, query, projects)

    @extend_schema(
        summary="Announce a release, or change one that there is",
        request=ReleaseInput,
        responses=_MADE,
    )
    def post(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        told = ReleaseInput(data=request.data)
        told.is_valid(raise_exception=True)
        projects = projects_named(organization, told.validated_data["projects"])
        return _announce(organization, told.validated_data, projects)


class ProjectReleasesView(APIView):
    permission_classes = (ReleasePermission,)

    @extend_schema(
        summary="A project's releases, newest first",
        parameters=[ReleaseQuery],
        responses=list[ReleaseShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        query = read_query(request, ReleaseQuery)
        return _answer(request, found.organization, query, found)

    @extend_schema(
        summary="Announce a release of the project, or change one that there is",
        request=ProjectReleaseInput,
        responses=_MADE,
    )
    def post(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        told = ProjectReleaseInput(data=request.data)
        told.is_valid(raise_exception=True)
        return _announce(found.organization, told.validated_data, [found])


def _answer(
    request: Request,
    organization: Organization,
    query: Mapping[str, Any],
    projects: Project | list[Project] | None,
) -> Response:
    page = _page(organization, query, projects)
    body = releases_json(page.releases, organization)
    return page_response(
        request, body, previous=page.previous_cursor, next=page.next_cursor
    )


def _page(
    organization: Organization,
    query: Mapping[str, Any],
    projects: Project | list[Project] | None,
) -> Page:
    """The page that the query asks for. Raises ParseError."""
    if query["cursor"] == PAST_LAST:
        return _NOTHING
    cursor = None if query["cursor"] in FIRST else query["cursor"]
    environments = tuple(name for name in query["environment"] if name)
    chosen = Filter(
        query=query["query"].replace("\0", ""),
        environments=environments or None,
        status=_STATUSES.get(query["status"]),
    )
    limit = query["limit"]
    try:
        if isinstance(projects, Project):
            return list_project_releases(projects, chosen, cursor=cursor, limit=limit)
        return list_releases(organization, projects, chosen, cursor=cursor, limit=limit)
    except CursorError:
        raise bad_cursor() from None


def _announce(
    organization: Organization, told: Mapping[str, Any], projects: Iterable[Project]
) -> Response:
    members = list(projects)
    version = told["version"]
    if not members and not _exists(organization, version):
        raise serializers.ValidationError(
            {"projects": "A new release is one of at least one project."}
        )
    release, is_new = announce(organization, version, members, columns_of(told))
    commits = commits_of(told)
    if commits is not None:
        set_commits(release, commits)
    code = status.HTTP_201_CREATED if is_new else status.HTTP_208_ALREADY_REPORTED
    return Response(release_json(release, organization), status=code)


def _exists(organization: Organization, version: str) -> bool:
    return Release.objects.filter(organization=organization, version=version).exists()
