"""Spike protection, switched for several projects at once."""

from __future__ import annotations

from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import services
from projects.access import projects_of
from projects.api.lookup import named_projects
from projects.models import Project
from projects.tokens import organization_of, requires

_ALL = "$all"


class SpikeProtectionShape(TypedDict):
    # Slugs of those that were switched.
    projects: list[str]


class SpikeProtectionInput(serializers.Serializer[Any]):
    projects = serializers.ListField(
        child=serializers.CharField(),
        help_text=f"Slugs or ids; `{_ALL}` stands for all of the organization's.",
    )


class SpikeProtectionsView(APIView):
    permission_classes = (requires(read="project:read", write="project:write"),)

    @extend_schema(
        summary="Switch spike protection on",
        request=SpikeProtectionInput,
        responses={status.HTTP_201_CREATED: SpikeProtectionShape},
    )
    def post(self, request: Request, org: str) -> Response:
        told = self._switch(request, org, is_on=True)
        return Response(told, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Switch spike protection off",
        request=SpikeProtectionInput,
        responses={status.HTTP_200_OK: SpikeProtectionShape},
    )
    def delete(self, request: Request, org: str) -> Response:
        return Response(self._switch(request, org, is_on=False))

    def _switch(
        self, request: Request, org: str, *, is_on: bool
    ) -> SpikeProtectionShape:
        projects = _wanted(request, org)
        for project in projects:
            services.protect_from_spikes(
                project, is_on=is_on, factor=project.spike_factor
            )
        return {"projects": [project.slug for project in projects]}


def _wanted(request: Request, org: str) -> list[Project]:
    """The projects that the request names. Raises ValidationError."""
    organization = organization_of(request, org)
    wanted = SpikeProtectionInput(data=request.data)
    wanted.is_valid(raise_exception=True)
    names = wanted.validated_data["projects"]
    if _ALL in names:
        return list(projects_of(organization))
    found = list(named_projects(organization, names))
    known = {name for one in found for name in (one.slug, str(one.pk))}
    unknown = [name for name in names if name not in known]
    if unknown:
        text = f"This organization has no project {unknown[0]!r}."
        raise serializers.ValidationError({"projects": text})
    return found
