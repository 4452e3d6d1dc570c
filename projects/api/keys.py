"""A project's keys: what SDKs are configured with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import services
from projects.api.lookup import project_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.api.policies import (
    RateLimitInput,
    RateLimitShape,
    limit_of,
    rate_limit_json,
)
from projects.models import ProjectKey
from projects.naming import check_name
from projects.tokens import requires


class DSNShape(TypedDict):
    public: str
    # With the secret half, which only legacy clients want.
    secret: str


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


class KeyInput(serializers.Serializer[Any]):
    name = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=64,
        validators=[check_name],
    )
    rateLimit = RateLimitInput(required=False, allow_null=True)


class KeyChange(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, max_length=64, validators=[check_name])
    isActive = serializers.BooleanField(required=False)
    rateLimit = RateLimitInput(required=False, allow_null=True)


def key_json(key: ProjectKey) -> KeyShape:
    dsn = services.dsn_of(key)
    return {
        "id": key.public_key,
        "name": key.label,
        "label": key.label,
        "public": key.public_key,
        "secret": key.secret_key,
        "projectId": key.project_id,
        "isActive": key.is_active,
        "rateLimit": rate_limit_json(key),
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
                services.limit_key(key, **limit_of(limit))
        return Response(key_json(key), status=status.HTTP_201_CREATED)


class KeyView(APIView):
    permission_classes = (requires(read="project:read", write="project:write"),)

    @extend_schema(summary="A key", responses=KeyShape)
    def get(self, request: Request, org: str, project: str, key_id: str) -> Response:
        return Response(key_json(_key_of(request, org, project, key_id)))

    @extend_schema(
        summary="Change a key",
        description="What is left out stays as it is.",
        request=KeyChange,
        responses=KeyShape,
    )
    def put(self, request: Request, org: str, project: str, key_id: str) -> Response:
        found = _key_of(request, org, project, key_id)
        wanted = KeyChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        with transaction.atomic():
            if "name" in changes:
                services.rename_key(found, label=changes["name"])
            if "isActive" in changes:
                is_active = changes["isActive"]
                (services.enable_key if is_active else services.disable_key)(found)
            if "rateLimit" in changes:
                services.limit_key(found, **limit_of(changes["rateLimit"]))
        return Response(key_json(found))

    @extend_schema(summary="Delete a key", responses={status.HTTP_204_NO_CONTENT: None})
    def delete(self, request: Request, org: str, project: str, key_id: str) -> Response:
        services.delete_key(_key_of(request, org, project, key_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _key_of(request: Request, org: str, project: str, key_id: str) -> ProjectKey:
    """The project's key with that public half. Raises Http404."""
    found = project_of(request, org, project)
    return get_object_or_404(found.keys.all(), public_key=key_id)
