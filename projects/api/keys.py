"""A project's keys: what SDKs are configured with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import services
from projects.api.lookup import project_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.models import ProjectKey
from projects.tokens import requires

_DAY_S = 86_400
_MAX_COUNT = 2**31 - 1


class DSNShape(TypedDict):
    public: str
    # With the secret half, which only legacy clients want.
    secret: str


class RateLimitShape(TypedDict):
    count: int
    # Seconds.
    window: int


class KeyShape(TypedDict):
    id: str
    name: str
    label: str
    public: str
    secret: str
    projectId: int
    isActive: bool
    rateLimit: RateLimitShape | None
    dsn: DSNShape
    dateCreated: datetime


class RateLimitInput(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=0, max_value=_MAX_COUNT)
    window = serializers.IntegerField(
        min_value=1, max_value=_DAY_S, help_text="Seconds."
    )


class KeyInput(serializers.Serializer[Any]):
    name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=64
    )
    rateLimit = RateLimitInput(required=False, allow_null=True)


def key_json(key: ProjectKey) -> KeyShape:
    dsn = services.dsn_of(key)
    limit: RateLimitShape = {
        "count": key.rate_limit_count,
        "window": key.rate_limit_window_s,
    }
    return {
        "id": key.public_key,
        "name": key.label,
        "label": key.label,
        "public": key.public_key,
        "secret": key.secret_key,
        "projectId": key.project_id,
        "isActive": key.is_active,
        "rateLimit": limit if key.rate_limit_count else None,
        "dsn": {
            "public": dsn,
            "secret": dsn.replace(
                key.public_key, f"{key.public_key}:{key.secret_key}", 1
            ),
        },
        "dateCreated": key.created_at,
    }


class KeysView(APIView):
    permission_classes = (requires(read="project:read", write="project:write"),)

    @extend_schema(
        summary="A project's keys",
        parameters=[PageQuery],
        responses=list[KeyShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        page = read_slice(request, found.keys.order_by("pk"))
        body = [key_json(key) for key in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)

    @extend_schema(
        summary="Make a key",
        request=KeyInput,
        responses={status.HTTP_201_CREATED: KeyShape},
    )
    def post(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        wanted = KeyInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        label = wanted.validated_data["name"] or "Default"
        limit = wanted.validated_data.get("rateLimit")
        with transaction.atomic():
            key = services.create_key(found, label=label)
            if limit is not None:
                services.limit_key(key, count=limit["count"], window_s=limit["window"])
        return Response(key_json(key), status=status.HTTP_201_CREATED)
