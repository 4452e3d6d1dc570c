"""What happened to an issue, as the API tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.api.lookup import row_of
from issues.merging.families import family_of
from issues.models import Activity
from projects.api.paging import PageQuery, page_response, read_slice
from projects.api.root import UserShape, user_json
from projects.tokens import requires


class ActivityShape(TypedDict):
    id: str
    type: str
    # Null: the service itself.
    user: UserShape | None
    data: dict[str, Any]
    dateCreated: datetime


class ActivitiesShape(TypedDict):
    activity: list[ActivityShape]


class ActivitiesView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="What happened to an issue, newest first",
        parameters=[PageQuery],
        responses=ActivitiesShape,
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        page = read_slice(request, activities_of(family_of(row.issue_id)))
        body: ActivitiesShape = {"activity": activities_json(page.rows)}
        return page_response(request, body, previous=page.previous, next=page.next)


def activities_of(family: Sequence[int]) -> QuerySet[Activity]:
    """Of the issues of a family, newest first, with who did it."""
    rows = Activity.objects.filter(issue__in=family).select_related("user")
    return rows.order_by("-created_at", "-pk")


def activities_json(rows: Iterable[Activity]) -> list[ActivityShape]:
    return [
        {
            "id": str(one.pk),
            "type": one.kind,
            "user": user_json(one.user) if one.user else None,
            "data": one.data,
            "dateCreated": one.created_at,
        }
        for one in rows
    ]
