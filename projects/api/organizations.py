"""Organizations and their teams."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.api.lookup import user_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.api.projects import ProjectShape, listed_projects, project_json
from projects.models import Organization, Team, User
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


class OrganizationDetailShape(OrganizationShape):
    access: list[str]
    role: str
    projects: list[ProjectShape]
    teams: list[TeamShape]


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
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="An organization with its projects and teams",
        responses=OrganizationDetailShape,
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        user, token = user_of(request), request.auth
        body: OrganizationDetailShape = {
            **organization_json(organization),
            "access": sorted(scopes_of(request)),
            "role": getattr(token, "role", ""),
            "projects": [
                project_json(project) for project in listed_projects(organization, user)
            ],
            "teams": _teams_json(_teams(organization, user)),
        }
        return Response(body)


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
