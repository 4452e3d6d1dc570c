"""What the token's user is mailed about."""

from __future__ import annotations

from typing import Any, TypedDict

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts import wishes
from alerts.models import Kind
from projects.access import projects_of
from projects.api.lookup import named_projects, user_of
from projects.models import Organization, Project, User
from projects.tokens import requires


class KindsShape(TypedDict):
    """Of issues that the user follows; false: he wants no mail of it."""

    assigned: bool
    mentioned: bool
    commented: bool
    regressed: bool
    escalating: bool
    status: bool


class NotificationsShape(TypedDict):
    kinds: KindsShape
    # Whether what the user does himself is mailed to him, too.
    ownActions: bool
    # Slugs of the projects of which he wants no mail at all.
    mutedProjects: list[str]


class KindsInput(serializers.Serializer[Any]):
    assigned = serializers.BooleanField(required=False)
    mentioned = serializers.BooleanField(required=False)
    commented = serializers.BooleanField(required=False)
    regressed = serializers.BooleanField(required=False)
    escalating = serializers.BooleanField(required=False)
    status = serializers.BooleanField(required=False)


class NotificationsInput(serializers.Serializer[Any]):
    kinds = KindsInput(required=False)
    ownActions = serializers.BooleanField(required=False)
    mutedProjects = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Slugs or ids; all others of the organization are heard of.",
    )


class NotificationsView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="What the token's user is mailed about", responses=NotificationsShape
    )
    def get(self, request: Request) -> Response:
        return Response(_told(user_of(request), _organization(request)))

    @extend_schema(
        summary="Change what the token's user is mailed about",
        description="What is left out stays as it is.",
        request=NotificationsInput,
        responses=NotificationsShape,
    )
    def put(self, request: Request) -> Response:
        wanted = NotificationsInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        user, organization = user_of(request), _organization(request)
        with transaction.atomic():
            _change(user, organization, wanted.validated_data)
        return Response(_told(user, organization))


def _organization(request: Request) -> Organization:
    token: Any = request.auth
    organization: Organization = token.organization
    return organization


def _told(user: User, organization: Organization) -> NotificationsShape:
    wish = wishes.wish_of(user)
    muted = projects_of(organization).filter(pk__in=wish.muted_project_ids)
    return {
        "kinds": {
            "assigned": Kind.ASSIGNED not in wish.unwanted,
            "mentioned": Kind.MENTIONED not in wish.unwanted,
            "commented": Kind.COMMENTED not in wish.unwanted,
            "regressed": Kind.REGRESSED not in wish.unwanted,
            "escalating": Kind.ESCALATING not in wish.unwanted,
            "status": Kind.STATUS not in wish.unwanted,
        },
        "ownActions": wish.wants_own,
        "mutedProjects": sorted(project.slug for project in muted),
    }


def _change(user: User, organization: Organization, changes: dict[str, Any]) -> None:
    wish = wishes.wish_of(user)
    is_wanted = {kind.value: kind not in wish.unwanted for kind in Kind}
    is_wanted |= changes.get("kinds", {})
    wishes.change(
        user,
        unwanted=[kind for kind in Kind if not is_wanted[kind]],
        wants_own=changes.get("ownActions", wish.wants_own),
    )
    if "mutedProjects" in changes:
        muted = _projects(organization, changes["mutedProjects"])
        wishes.mute(user, projects_of(organization), muted)


def _projects(organization: Organization, names: list[str]) -> list[Project]:
    """The projects of these slugs or ids. Raises ValidationError."""
    found = list(named_projects(organization, names))
    known = {name for one in found for name in (one.slug, str(one.pk))}
    if unknown := [name for name in names if name not in known]:
        text = f"This organization has no project {unknown[0]!r}."
        raise serializers.ValidationError({"mutedProjects": text})
    return found
