"""Organizations and their teams."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import policies, services
from projects.api.lookup import user_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.api.policies import (
    RateLimitInput,
    RateLimitShape,
    ScrubbingInput,
    ScrubbingShape,
    change_demands,
    limit_of,
    rate_limit_json,
    scrubbing_json,
)
from projects.api.projects import ProjectShape, listed_projects, project_json
from projects.models import Organization, Team, User
from projects.naming import check_name
from projects.tokens import organization_of, requires, scopes_of


class OrganizationLinksShape(TypedDict):
    organizationUrl: str
    # Empty: there are no regions, the API is where it was asked.
    regionUrl: str


class StatusShape(TypedDict):
    id: str
    name: str


class OrganizationShape(TypedDict):
    id: str
    slug: str
    name: str
    status: StatusShape
    dateCreated: datetime
    isEarlyAdopter: bool
    require2FA: bool
    requireEmailVerification: bool
    features: list[str]
    links: OrganizationLinksShape


class TeamShape(TypedDict):
    id: str
    slug: str
    name: str
    dateCreated: datetime
    isMember: bool
    memberCount: int
    hasAccess: bool
    isPending: bool


class OrganizationDetailShape(OrganizationShape, ScrubbingShape):
    """What is told of scrubbing holds for all projects, whatever they say."""

    rateLimit: RateLimitShape | None
    access: list[str]
    role: str
    projects: list[ProjectShape]
    teams: list[TeamShape]


class OrganizationInput(ScrubbingInput):
    name = serializers.CharField(required=False, max_length=64, validators=[check_name])
    rateLimit = RateLimitInput(required=False, allow_null=True)


def organization_json(organization: Organization) -> OrganizationShape:
    page = reverse("projects:projects", args=[organization.slug])
    return {
        "id": str(organization.pk),
        "slug": organization.slug,
        "name": organization.name,
        "status": {"id": "active", "name": "active"},
        "dateCreated": organization.created_at,
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "features": [],
        "links": {"organizationUrl": settings.PUBLIC_URL + page, "regionUrl": ""},
    }


def _teams(organization: Organization, user: User) -> QuerySet[Any]:
    own = Team.objects.filter(pk=OuterRef("pk"), members__user=user)
    return organization.teams.annotate(
        member_count=Count("members"), is_own=Exists(own)
    ).order_by("slug")


def _teams_json(teams: Iterable[Any]) -> list[TeamShape]:
    return [
        {
            "id": str(team.pk),
            "slug": team.slug,
            "name": team.name,
            "dateCreated": team.created_at,
            "isMember": team.is_own,
            "memberCount": team.member_count,
            "hasAccess": True,
            "isPending": False,
        }
        for team in teams
    ]


class OrganizationsView(APIView):
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="The token's organization, as a list",
        parameters=[PageQuery],
        responses=list[OrganizationShape],
    )
    def get(self, request: Request) -> Response:
        token: Any = request.auth
        page = read_slice(
            request, Organization.objects.filter(pk=token.organization_id)
        )
        body = [organization_json(organization) for organization in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


class OrganizationView(APIView):
    permission_classes = (requires(read="org:read", write="org:admin"),)

    @extend_schema(
        summary="An organization with its projects and teams",
        responses=OrganizationDetailShape,
    )
    def get(self, request: Request, org: str) -> Response:
        return Response(_detail_json(request, organization_of(request, org)))

    @extend_schema(
        summary="Change an organization",
        description="What is left out stays as it is.",
        request=OrganizationInput,
        responses=OrganizationDetailShape,
    )
    def put(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        wanted = OrganizationInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        with transaction.atomic():
            if "name" in changes:
                services.rename_organization(organization, name=changes["name"])
            if "rateLimit" in changes:
                limit = limit_of(changes["rateLimit"])
                services.limit_organization(organization, **limit)
            change_demands(organization, changes)
        return Response(_detail_json(request, organization))


def _detail_json(
    request: Request, organization: Organization
) -> OrganizationDetailShape:
    user, token = user_of(request), request.auth
    return {
        **organization_json(organization),
        **scrubbing_json(policies.scrubbing_of_all(organization)),
        "rateLimit": rate_limit_json(organization),
        "access": sorted(scopes_of(request)),
        "role": getattr(token, "role", ""),
        "projects": [
            project_json(project) for project in listed_projects(organization, user)
        ],
        "teams": _teams_json(_teams(organization, user)),
    }


class OrganizationProjectsView(APIView):
    permission_classes = (requires(read="project:read"),)

    @extend_schema(
        summary="An organization's projects",
        parameters=[PageQuery],
        responses=list[ProjectShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        page = read_slice(request, listed_projects(organization, user_of(request)))
        body = [project_json(project) for project in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


class TeamsView(APIView):
    permission_classes = (requires(read="team:read"),)

    @extend_schema(
        summary="An organization's teams",
        parameters=[PageQuery],
        responses=list[TeamShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        page = read_slice(request, _teams(organization, user_of(request)))
        body = _teams_json(page.rows)
        return page_response(request, body, previous=page.previous, next=page.next)
