"""Makes the first organization, owner, project, key and API token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from projects import services
from projects.models import (
    APIToken,
    Membership,
    Organization,
    Project,
    ProjectKey,
    Role,
    User,
)
from projects.tokens import PREFIX, SCOPES, hash_of, new_token

# Two processes that start at once must not make two first organizations.
_ADVISORY_LOCK = 7_411_001
_TOKEN_NAME = "errtrack init"
_TOKEN_SALT = "projects.bootstrap.token"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Where to start: addresses, slugs and credentials."""

    dsn: str
    url: str
    organization: str
    project: str
    api_token: str
    email: str
    # Only when it was generated now.
    password: str | None


def ensure_first(*, email: str, password: str | None = None) -> First:
    """The first organization with all that one needs to send and read events.

    What exists is taken as it is: `email` and `password` matter only to the call
    that makes the owner. Safe to call again, and by several processes at once.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        owner, generated = _first_owner(email=email, password=password)
        organization = owner.organization
        project = _first_project(organization)
        key = _first_key(project)
        token = _token(owner.user, organization)
    return First(
        dsn=services.dsn_of(key),
        url=settings.PUBLIC_URL,
        organization=organization.slug,
        project=project.slug,
        api_token=token,
        email=owner.user.email,
        password=generated,
    )


def _first_owner(*, email: str, password: str | None) -> tuple[Membership, str | None]:
    """The first organization's first owner, and the password if one was generated."""
    owner = (
        Membership.objects.select_related("organization", "user")
        .filter(role=Role.OWNER)
        .order_by("organization_id", "pk")
        .first()
    )
    if owner is not None:
        return owner, None
    user = User.objects.filter(email__iexact=email).first()
    generated = None
    if user is None:
        generated = None if password else secrets.token_urlsafe(12)
        user = User.objects.create_superuser(email, password or generated)
    organization = services.create_organization(name="My Organization", owner=user)
    membership = organization.memberships.select_related("organization", "user").get()
    services.create_team(organization, name="My Team").members.add(membership)
    return membership, generated


def _first_project(organization: Organization) -> Project:
    """The oldest project that is not deleted, or a new one."""
    projects = organization.projects.filter(deleted_at__isnull=True)
    project = projects.order_by("pk").first()
    if project is not None:
        return project
    team = organization.teams.order_by("pk").first()
    return services.create_project(
        organization, name="My Project", platform="python", team=team
    )


def _first_key(project: Project) -> ProjectKey:
    """The oldest key that is not disabled, or a new one."""
    key = project.keys.filter(is_active=True).order_by("pk").first()
    return key if key is not None else services.create_key(project)


def _token(user: User, organization: Organization) -> str:
    """A token with every scope, the same one at each call until it is revoked.

    Only its hash is stored. It can be told again because it derives from
    SECRET_KEY and the row's id; ids are never used twice, so that a revoked
    token does not come back.
    """
    for token in user.api_tokens.filter(organization=organization, name=_TOKEN_NAME):
        plain = _derived_token(token)
        if bytes(token.token_hash) == hash_of(plain):
            return plain
    token = APIToken.objects.create(
        user=user,
        organization=organization,
        name=_TOKEN_NAME,
        scopes=list(SCOPES),
        token_hash=hash_of(new_token()),
        last_characters="",
    )
    plain = _derived_token(token)
    token.token_hash = hash_of(plain)
    token.last_characters = plain[-4:]
    token.save(update_fields=["token_hash", "last_characters"])
    return plain


def _derived_token(token: APIToken) -> str:
    mac = salted_hmac(_TOKEN_SALT, str(token.pk), algorithm="sha256")
    return PREFIX + mac.hexdigest()
