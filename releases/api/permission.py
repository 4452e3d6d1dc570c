"""Which tokens may see and change releases."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from projects.tokens import scopes_of

# `org:ci` is what a build server's token has.
_WRITE = frozenset({"project:releases", "project:write", "org:ci"})
_READ = frozenset({"project:read", *_WRITE})


class ReleasePermission(BasePermission):
    """Any of the scopes by which Sentry's clients read and write releases."""

    def has_permission(self, request: Request, view: Any) -> bool:
        enough = _READ if request.method in SAFE_METHODS else _WRITE
        return not enough.isdisjoint(scopes_of(request))
