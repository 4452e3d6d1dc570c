"""Projects as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from projects.access import projects_of
from projects.api.lookup import user_of
from projects.api.policies import PolicyInput, PolicyShape, policy_json
from projects.models import Organization, Project, ProjectStar, User
from projects.naming import check_name
from projects.tokens import scopes_of


class SlugShape(TypedDict):
    """Something by its names only."""

    id: str
    slug: str
    name: str


class ProjectShape(TypedDict):
    id: str
    slug: str
    name: str
    platform: str | None
    status: str
    dateCreated: datetime
    firstEvent: datetime | None
    isBookmarked: bool
    isMember: bool
    hasAccess: bool
    features: list[str]
    # The first of the teams, for clients that know of one only.
    team: SlugShape | None
    teams: list[SlugShape]


class ProjectDetailShape(ProjectShape, PolicyShape):
    access: list[str]
    organization: SlugShape


class ProjectInput(PolicyInput):
    name = serializers.CharField(required=False, max_length=64, validators=[check_name])
    platform = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=32
    )


def listed_projects(organization: Organization, user: User) -> QuerySet[Any]:
    """The organization's projects with what `project_json` needs."""
    stars = ProjectStar.objects.filter(project=OuterRef("pk"), user=user)
    return (
        projects_of(organization)
        .annotate(is_starred=Exists(stars))
        .prefetch_related("teams")
    )


def project_json(project: Any) -> ProjectShape:
    teams = [slug_json(team) for team in project.teams.all()]
    return {
        "id": str(project.pk),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
        "status": "active",
        "dateCreated": project.created_at,
        "firstEvent": project.first_event_at,
        "isBookmarked": project.is_starred,
        "isMember": True,
        "hasAccess": True,
        "features": [],
        "team": teams[0] if teams else None,
        "teams": teams,
    }


def slug_json(named: Any) -> SlugShape:
    return {"id": str(named.pk), "slug": named.slug, "name": named.name}


def detail_json(request: Request, project: Project) -> ProjectDetailShape:
    listed = listed_projects(project.organization, user_of(request))
    return {
        **project_json(listed.get(pk=project.pk)),
        **policy_json(project),
        "access": sorted(scopes_of(request)),
        "organization": slug_json(project.organization),
    }
