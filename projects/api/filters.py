"""The inbound filters that are switched on and off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypedDict

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import policies
from projects.api.lookup import project_of
from projects.rules import LEGACY_BROWSERS, OLDER_LEGACY_BROWSERS, FilterRules
from projects.tokens import requires

_SWITCHES = {
    "browser-extensions": "browser_extensions",
    "filtered-transaction": "health_checks",
    "localhost": "localhost",
    "web-crawlers": "web_crawlers",
}
_LEGACY_BROWSERS = "legacy-browsers"
# Sentry tells the one and takes the other.
_ITS_NAMES = (_LEGACY_BROWSERS, "legacy-browser")


class FilterShape(TypedDict):
    id: str
    # Of old browsers, the groups of them.
    active: bool | list[str]


class FilterInput(serializers.Serializer[Any]):
    active = serializers.BooleanField(required=False)
    subfilters = serializers.ListField(
        child=serializers.ChoiceField((*LEGACY_BROWSERS, *OLDER_LEGACY_BROWSERS)),
        required=False,
        help_text="Of legacy-browsers.",
    )


class FiltersView(APIView):
    permission_classes = (requires(read="project:read"),)

    @extend_schema(summary="A project's filters", responses=list[FilterShape])
    def get(self, request: Request, org: str, project: str) -> Response:
        rules = policies.filters_of(project_of(request, org, project))
        told: list[FilterShape] = [
            {"id": name, "active": getattr(rules, field)}
            for name, field in _SWITCHES.items()
        ]
        browsers = list(rules.legacy_browsers)
        told.append({"id": _LEGACY_BROWSERS, "active": browsers or False})
        return Response(sorted(told, key=lambda one: one["id"]))


class FilterView(APIView):
    permission_classes = (requires(read="project:read", write="project:write"),)

    @extend_schema(
        summary="Switch a filter",
        request=FilterInput,
        responses={status.HTTP_204_NO_CONTENT: None},
    )
    def put(self, request: Request, org: str, project: str, filter_id: str) -> Response:
        found = project_of(request, org, project)
        wanted = FilterInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        rules = _switched(policies.filters_of(found), filter_id, wanted.validated_data)
        policies.change_filters(found, rules)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _switched(
    rules: FilterRules, filter_id: str, wanted: dict[str, Any]
) -> FilterRules:
    """The rules with the filter as wanted. Raises Http404, ValidationError."""
    if filter_id in _ITS_NAMES:
        return replace(rules, legacy_browsers=_browsers(wanted))
    if filter_id not in _SWITCHES:
        raise Http404
    if "active" not in wanted:
        raise serializers.ValidationError({"active": "This field is required."})
    return replace(rules, **{_SWITCHES[filter_id]: wanted["active"]})


def _browsers(wanted: dict[str, Any]) -> tuple[str, ...]:
    if "subfilters" in wanted:
        return tuple(dict.fromkeys(wanted["subfilters"]))
    if "active" not in wanted:
        raise serializers.ValidationError({"subfilters": "This field is required."})
    return LEGACY_BROWSERS if wanted["active"] else ()
