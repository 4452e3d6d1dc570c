"""API tokens: made, presented as bearers, and what each may do."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.http import Http404
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from projects.models import APIToken, Membership, Organization, Role, User

PREFIX = "sntryu_"
_FORM = re.compile(r"(?:sntryu_)?([0-9a-f]{64})")
# Writing the time of each call would cost every call an UPDATE.
LAST_USED_PRECISION = timedelta(minutes=1)

# Sentry's names, least first: each role may use its own scopes and those above it.
_ROLE_SCOPES: dict[Role, tuple[str, ...]] = {
    Role.VIEWER: ("org:read", "project:read", "team:read", "member:read", "event:read"),
    Role.MEMBER: ("event:write", "event:admin", "project:releases", "org:ci"),
    Role.ADMIN: (
        "project:write",
        "project:admin",
        "team:write",
        "team:admin",
        "member:write",
        "member:admin",
        "org:write",
    ),
    Role.OWNER: ("org:admin",),
}
SCOPES: tuple[str, ...] = tuple(
    scope for scopes in _ROLE_SCOPES.values() for scope in scopes
)
# What a scope contains besides itself.
_CONTAINED = {
    "event:admin": ("event:write", "event:read"),
    "event:write": ("event:read",),
    "member:admin": ("member:write", "member:read"),
    "member:write": ("member:read",),
    "org:admin": ("org:write", "org:read"),
    "org:write": ("org:read",),
    "project:admin": ("project:write", "project:read", "project:releases"),
    "project:write": ("project:read",),
    "team:admin": ("team:write", "team:read"),
    "team:write": ("team:read",),
}


def scopes_of_role(role: str) -> tuple[str, ...]:
    """What tokens of a member with this role may be given."""
    scopes: list[str] = []
    for each, own in _ROLE_SCOPES.items():
        scopes += own
        if each == role:
            return tuple(scopes)
    raise ValueError(f"unknown role {role!r}")


def effective_scopes(scopes: Iterable[str], role: str) -> frozenset[str]:
    """What the scopes amount to today: with what they contain, cut to the role."""
    widened = {
        inner for scope in scopes for inner in (scope, *_CONTAINED.get(scope, ()))
    }
    return frozenset(widened.intersection(scopes_of_role(role)))


def new_token() -> str:
    """A token as the caller presents it, from 256 random bits."""
    return PREFIX + secrets.token_hex(32)


def create_token(
    *,
    user: User,
    organization: Organization,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> tuple[APIToken, str]:
    """The stored token, and the token itself, which can't be had again later."""
    plain = new_token()
    token = APIToken.objects.create(
        user=user,
        organization=organization,
        name=name,
        scopes=sorted(set(scopes), key=SCOPES.index),
        token_hash=hash_of(plain),
        last_characters=plain[-4:],
        expires_at=expires_at,
    )
    return token, plain


def hash_of(plain: str) -> bytes:
    """SHA-256 of the token's 64 hex digits, with or without the prefix in front."""
    return hashlib.sha256(plain.removeprefix(PREFIX).encode()).digest()


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; `request.auth` is the APIToken.

    The token also carries `role`, its user's role in its organization today.
    """

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = _find(plain.strip())
        if token is None:
            raise AuthenticationFailed("Invalid token")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def requires(
    *, read: str, write: str | None = None, delete: str | None = None
) -> type[BasePermission]:
    """A permission class: `read` for GET, HEAD and OPTIONS, `write` for the rest.

    `delete` for DELETE, where it needs more than that.
    """

    class HasScope(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            needed = read if request.method in SAFE_METHODS else write
            if request.method == "DELETE" and delete is not None:
                needed = delete
            return needed is not None and has_scope(request, needed)

    return HasScope


def has_scope(request: Request, scope: str) -> bool:
    """Whether the request's token may, with its scopes and its user's role."""
    return scope in scopes_of(request)


def scopes_of(request: Request) -> frozenset[str]:
    """The effective scopes of the request's token; none without a token."""
    token: Any = request.auth
    if token is None:
        return frozenset()
    return effective_scopes(token.scopes, token.role)


def organization_of(request: Request, slug_or_id: str) -> Organization:
    """The token's organization, if the address means that one. Raises Http404."""
    token: Any = request.auth
    if token is None:
        raise Http404
    organization: Organization = token.organization
    if slug_or_id not in (organization.slug, str(organization.pk)):
        raise Http404
    return organization


def _find(plain: str) -> Any:
    match = _FORM.fullmatch(plain)
    if match is None:
        return None
    now = timezone.now()
    role = Membership.objects.filter(
        user=OuterRef("user"), organization=OuterRef("organization")
    ).values("role")
    return (
        APIToken.objects.select_related("user", "organization")
        .annotate(role=Subquery(role))
        .filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            token_hash=hash_of(match[1]),
            user__is_active=True,
            role__isnull=False,
        )
        .first()
    )


def _note_use(token: APIToken) -> None:
    now = timezone.now()
    if token.last_used_at and now - token.last_used_at < LAST_USED_PRECISION:
        return
    APIToken.objects.filter(pk=token.pk).update(last_used_at=now)
