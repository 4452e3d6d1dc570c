"""Saved searches, as Sentry's API tells them: an organization's shared ones and one's
own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import savedsearches
from issues.api.lookup import organization_named
from issues.api.queries import SORT_NAMES, SORTS
from issues.cursors import Sort
from issues.models import SavedSearch
from issues.savedsearches import NameTaken, TooMany
from issues.search import SearchError
from issues.views.asked import QUERY_CHARS
from projects.access import membership_for
from projects.api.lookup import user_of
from projects.models import Membership
from projects.naming import check_name
from projects.tokens import requires

_SHARED = "organization"
_OWN = "owner"


class SavedSearchShape(TypedDict):
    # Null for those that are built in.
    id: str | None
    # 0: of issues.
    type: int
    name: str
    query: str
    sort: str
    # owner, organization, or global for those that are built in.
    visibility: str
    isGlobal: bool
    isOrganization: bool
    isPinned: bool
    dateCreated: datetime | None


class SavedSearchInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64, validators=[check_name])
    query = serializers.CharField(max_length=QUERY_CHARS, allow_blank=True)
    sort = serializers.ChoiceField(choices=tuple(SORTS), required=False, default="date")
    visibility = serializers.ChoiceField(
        choices=(_OWN, _SHARED),
        required=False,
        default=_OWN,
        help_text="organization: shared with all members.",
    )
    type = serializers.IntegerField(required=False, default=0, help_text="Always 0.")


class SearchesView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="Saved searches: those built in, your own, and shared ones",
        responses=list[SavedSearchShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_named(request, org)
        found = savedsearches.searches_of(organization, user_of(request))
        built_in = [_built_in_json(one) for one in savedsearches.BUILT_IN]
        return Response([*built_in, *map(search_json, found)])

    @extend_schema(
        summary="Save a search",
        request=SavedSearchInput,
        responses={status.HTTP_201_CREATED: SavedSearchShape},
    )
    def post(self, request: Request, org: str) -> Response:
        member = _member(request, org)
        asked = _read(request)
        try:
            search = savedsearches.save_search(
                member,
                name=asked["name"],
                query=asked["query"],
                sort=SORTS[asked["sort"]],
                is_shared=_is_shared(asked),
            )
        except (SearchError, NameTaken, TooMany) as error:
            raise _refusal(error) from None
        return Response(search_json(search), status=status.HTTP_201_CREATED)


class SavedSearchView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="Change a saved search",
        request=SavedSearchInput,
        responses=SavedSearchShape,
    )
    def put(self, request: Request, org: str, search: int) -> Response:
        member = _member(request, org)
        found = _changeable(member, search)
        asked = _read(request)
        try:
            savedsearches.change_search(
                member,
                found,
                name=asked["name"],
                query=asked["query"],
                sort=SORTS[asked["sort"]],
                is_shared=_is_shared(asked),
            )
        except (SearchError, NameTaken) as error:
            raise _refusal(error) from None
        return Response(search_json(found))

    @extend_schema(
        summary="Delete a saved search",
        responses={status.HTTP_204_NO_CONTENT: OpenApiResponse()},
    )
    def delete(self, request: Request, org: str, search: int) -> Response:
        _changeable(_member(request, org), search).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def search_json(search: SavedSearch) -> SavedSearchShape:
    return {
        "id": str(search.pk),
        "type": 0,
        "name": search.name,
        "query": search.query,
        "sort": SORT_NAMES[Sort(search.sort)],
        "visibility": _SHARED if search.is_shared else _OWN,
        "isGlobal": False,
        "isOrganization": search.is_shared,
        "isPinned": False,
        "dateCreated": search.created_at,
    }


def _built_in_json(search: savedsearches.BuiltIn) -> SavedSearchShape:
    return {
        "id": None,
        "type": 0,
        "name": str(search.name),
        "query": search.query,
        "sort": "date",
        "visibility": "global",
        "isGlobal": True,
        "isOrganization": False,
        "isPinned": False,
        "dateCreated": None,
    }


def _member(request: Request, org: str) -> Membership:
    organization = organization_named(request, org)
    return membership_for(user_of(request), organization.slug)


def _changeable(member: Membership, search: int) -> SavedSearch:
    """The search, which the member may change. Raises Http404, PermissionDenied."""
    seen = savedsearches.searches_of(member.organization, member.user)
    found = seen.filter(pk=search).first()
    if found is None:
        raise Http404
    if not savedsearches.may_change(member, found):
        raise PermissionDenied("This search is somebody else's.")
    return found


def _is_shared(asked: dict[str, Any]) -> bool:
    return bool(asked["visibility"] == _SHARED)


def _read(request: Request) -> dict[str, Any]:
    given = SavedSearchInput(data=request.data)
    given.is_valid(raise_exception=True)
    asked: dict[str, Any] = given.validated_data
    return asked


def _refusal(error: Exception) -> serializers.ValidationError:
    if isinstance(error, NameTaken):
        return serializers.ValidationError(
            {"name": "You have a search of that name already."}
        )
    if isinstance(error, TooMany):
        return serializers.ValidationError(
            {"detail": f"At most {savedsearches.MAX_SEARCHES} searches."}
        )
    return serializers.ValidationError({"query": str(error)})
