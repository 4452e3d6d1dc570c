"""The API's own address: which version it is, and who is asking."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.api.lookup import user_of
from projects.models import User
from projects.tokens import scopes_of


class UserShape(TypedDict):
    id: str
    name: str
    username: str
    email: str


class AuthShape(TypedDict):
    scopes: list[str]


class RootShape(TypedDict):
    version: str
    auth: AuthShape | None
    user: UserShape | None


def user_json(user: User) -> UserShape:
    return {
        "id": str(user.pk),
        "name": str(user),
        "username": user.email,
        "email": user.email,
    }


class RootView(APIView):
    """Answers anybody, so that a client can tell what it talks to."""

    permission_classes = (AllowAny,)

    @extend_schema(summary="Version, token and user", responses=RootShape)
    def get(self, request: Request) -> Response:
        body: RootShape = {"version": "0", "auth": None, "user": None}
        if request.auth is not None:
            body["auth"] = {"scopes": sorted(scopes_of(request))}
            body["user"] = user_json(user_of(request))
        return Response(body)


class AuthView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(summary="The token's user", responses=UserShape)
    def get(self, request: Request) -> Response:
        return Response(user_json(user_of(request)))
