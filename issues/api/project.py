"""A project with its settings, those for grouping among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.grouping.rules.reading import read_rules
from projects import groupings, rulesets, services
from projects.api.errors import sentence
from projects.api.lookup import project_of, user_of
from projects.api.policies import change_policy
from projects.api.projects import ProjectDetailShape, ProjectInput, detail_json
from projects.models import Project
from projects.policies import load_rules
from projects.rules import GroupingTexts
from projects.tokens import requires

MISTAKES_TOLD = 20


class GroupedProjectShape(ProjectDetailShape):
    fingerprintingRules: str
    groupingEnhancements: str
    # The version of grouping; the one before, and until when (seconds since 1970) its
    # hashes lead to issues, too.
    groupingConfig: str
    secondaryGroupingConfig: str | None
    secondaryGroupingExpiry: int
    # Hours without an event after which an issue is resolved; 0: never.
    resolveAge: int


class _RulesField(serializers.CharField):
    def __init__(self) -> None:
        super().__init__(required=False, allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> str:
        lines = super().to_internal_value(data).splitlines()
        return "\n".join(line.rstrip() for line in lines).strip("\n")


class GroupedProjectInput(ProjectInput):
    resolveAge = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=services.RESOLVE_AGE_MAX_H,
        help_text="Resolve issues of which nothing was heard for so many hours; 0: "
        "never.",
    )
    fingerprintingRules = _RulesField()
    groupingEnhancements = _RulesField()
    groupingConfig = serializers.CharField(
        required=False, max_length=8, help_text="A newer version, to upgrade to it."
    )


def _mistakes(wanted: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the rules, by the name under which they were sent."""
    read = read_rules(
        wanted.get("fingerprintingRules", ""), wanted.get("groupingEnhancements", "")
    )
    found = {
        "fingerprintingRules": read.fingerprinting_mistakes,
        "groupingEnhancements": read.enhancements_mistakes,
    }
    return {
        name: [str(mistake) for mistake in mistakes[:MISTAKES_TOLD]]
        for name, mistakes in found.items()
        if mistakes
    }


class ProjectView(APIView):
    permission_classes = (requires(read="project:read", write="project:write"),)

    @extend_schema(summary="A project", responses=GroupedProjectShape)
    def get(self, request: Request, org: str, project: str) -> Response:
        return Response(_json(request, project_of(request, org, project)))

    @extend_schema(
        summary="Change a project",
        description="What is left out stays as it is.",
        request=GroupedProjectInput,
        responses=GroupedProjectShape,
    )
    def put(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        wanted = GroupedProjectInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        if mistakes := _mistakes(changes):
            # As Sentry tells them, beside the sentence that all our errors have.
            told = {"detail": sentence(mistakes), **mistakes}
            return Response(told, status=status.HTTP_400_BAD_REQUEST)
        version = changes.get("groupingConfig", found.grouping_version)
        is_newer = version in groupings.newer_versions(found)
        if not is_newer and version != found.grouping_version:
            told = {"groupingConfig": [f"{version} is no newer version."]}
            return Response(
                {"detail": sentence(told), **told}, status=status.HTTP_400_BAD_REQUEST
            )
        with transaction.atomic():
            services.change_project(
                found,
                name=changes.get("name", found.name),
                platform=changes.get("platform", found.platform) or "",
            )
            change_policy(found, changes)
            if "resolveAge" in changes:
                hours = changes["resolveAge"]
                services.resolve_quiet_issues(found, after_hours=hours)
            rulesets.change_grouping(found, _texts(found, changes), by=user_of(request))
            groupings.upgrade(found, version, by=user_of(request))
        return Response(_json(request, found))


def _texts(project: Project, changes: Mapping[str, Any]) -> GroupingTexts:
    now = rulesets.grouping_of(project)
    return GroupingTexts(
        fingerprinting=changes.get("fingerprintingRules", now.fingerprinting),
        enhancements=changes.get("groupingEnhancements", now.enhancements),
    )


def _json(request: Request, project: Project) -> GroupedProjectShape:
    texts = rulesets.grouping_of(project)
    former = load_rules([project.pk])[project.pk].versions.former
    until = project.former_grouping_until
    return {
        **detail_json(request, project),
        "fingerprintingRules": texts.fingerprinting,
        "groupingEnhancements": texts.enhancements,
        "groupingConfig": project.grouping_version,
        "secondaryGroupingConfig": former or None,
        "resolveAge": project.resolve_age_h,
        "secondaryGroupingExpiry": int(until.timestamp()) if former and until else 0,
    }
