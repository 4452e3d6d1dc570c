"""One release: what is known of it, its commits and deploys, and changes."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.api.paging import PageQuery, page_response, read_slice
from projects.tokens import organization_of, requires
from releases.api.changes import (
    DeployInput,
    ReleaseUpdate,
    columns_of,
    commits_of,
    projects_named,
)
from releases.api.lookup import release_of
from releases.api.permission import ReleasePermission
from releases.api.shapes import (
    CommitShape,
    DeployShape,
    PreviousShape,
    ReleaseShape,
    RepositoryShape,
    commit_json,
    deploy_json,
    release_json,
    repository_json,
)
from releases.errors import ReleaseInUse
from releases.models import Release, ReleaseCommit, ReleaseProject, Repository
from releases.services import add_deploy, change, join, remove, set_commits

_DELETED = {status.HTTP_204_NO_CONTENT: OpenApiResponse(description="It is deleted.")}


class ReleaseView(APIView):
    permission_classes = (ReleasePermission,)

    @extend_schema(summary="A release", responses=ReleaseShape)
    def get(
        self, request: Request, org: str, version: str, project: str | None = None
    ) -> Response:
        release, organization = release_of(request, org, version, project)
        return Response(release_json(release, organization))

    @extend_schema(
        summary="Change a release", request=ReleaseUpdate, responses=ReleaseShape
    )
    def put(
        self, request: Request, org: str, version: str, project: str | None = None
    ) -> Response:
        release, organization = release_of(request, org, version, project)
        told = ReleaseUpdate(data=request.data)
        told.is_valid(raise_exception=True)
        change(release, columns_of(told.validated_data))
        commits = commits_of(told.validated_data)
        if commits is not None:
            set_commits(release, commits)
        return Response(release_json(release, organization))

    @extend_schema(
        summary="Delete a release that no event and no session has named",
        responses=_DELETED,
    )
    def delete(
        self, request: Request, org: str, version: str, project: str | None = None
    ) -> Response:
        release, _ = release_of(request, org, version, project)
        try:
            remove(release)
        except ReleaseInUse:
            raise serializers.ValidationError(
                {"detail": "Events or sessions have named this release: archive it."}
            ) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class CommitsView(APIView):
    permission_classes = (ReleasePermission,)

    @extend_schema(
        summary="A release's commits, newest first",
        parameters=[PageQuery],
        responses=list[CommitShape],
    )
    def get(
        self, request: Request, org: str, version: str, project: str | None = None
    ) -> Response:
        release, _ = release_of(request, org, version, project)
        commits = release.commits.select_related("repository").order_by("place")
        page = read_slice(request, commits)
        body = [commit_json(commit) for commit in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


class DeploysView(APIView):
    permission_classes = (ReleasePermission,)

    @extend_schema(
        summary="A release's deploys, newest first",
        parameters=[PageQuery],
        responses=list[DeployShape],
    )
    def get(self, request: Request, org: str, version: str) -> Response:
        release, _ = release_of(request, org, version, None)
        page = read_slice(request, release.deploys.order_by("-finished_at", "-pk"))
        body = [deploy_json(deploy) for deploy in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)

    @extend_schema(
        summary="Tell that a release has arrived in an environment",
        request=DeployInput,
        responses={status.HTTP_201_CREATED: DeployShape},
    )
    def post(self, request: Request, org: str, version: str) -> Response:
        release, organization = release_of(request, org, version, None)
        told = DeployInput(data=request.data)
        told.is_valid(raise_exception=True)
        fields = told.validated_data
        join(release, projects_named(organization, fields.get("projects") or []))
        finished_at = fields.get("dateFinished")
        deploy = add_deploy(
            release,
            environment=fields["environment"],
            name=fields.get("name") or "",
            url=fields.get("url") or "",
            started_at=fields.get("dateStarted"),
            **({"finished_at": finished_at} if finished_at else {}),
        )
        return Response(deploy_json(deploy), status=status.HTTP_201_CREATED)


class PreviousView(APIView):
    """Asked by clients that tell commits: where those of this release begin."""

    permission_classes = (ReleasePermission,)

    @extend_schema(
        summary="The release before this one that has commits", responses=PreviousShape
    )
    def get(self, request: Request, org: str, version: str) -> Response:
        release, _ = release_of(request, org, version, None)
        previous = _previous_with_commits(release)
        if previous is None:
            return Response({})
        newest = previous.commits.select_related("repository").order_by("place")[0]
        body: PreviousShape = {
            "version": previous.version,
            "dateCreated": previous.created_at,
            "dateReleased": previous.released_at,
            "lastCommit": commit_json(newest),
        }
        return Response(body)


class RepositoriesView(APIView):
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="The repositories that commits were told to be from",
        parameters=[PageQuery],
        responses=list[RepositoryShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        found = Repository.objects.filter(organization=organization).order_by("name")
        page = read_slice(request, found)
        body = [repository_json(repository) for repository in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


def _previous_with_commits(release: Release) -> Release | None:
    """The newest older one that shares a project with the release."""
    shared = ReleaseProject.objects.filter(
        release=OuterRef("pk"),
        project__in=release.memberships.values("project"),
    )
    commits = ReleaseCommit.objects.filter(release=OuterRef("pk"))
    older = Release.objects.filter(
        Exists(shared),
        Exists(commits),
        organization=release.organization,
        created_at__lt=release.created_at,
    )
    return older.order_by("-created_at", "-pk").first()
