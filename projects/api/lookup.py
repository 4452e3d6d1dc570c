"""What an address of the API names, within the token's organization only."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet
from django.http import Http404
from rest_framework.request import Request

from projects.access import projects_of
from projects.models import Organization, Project, User
from projects.tokens import organization_of

# What int4 ids fit in; a longer number is no id.
_ID = re.compile(r"[0-9]{1,10}")


def read_id(text: str) -> int | None:
    """The id that the text is, None for other text."""
    return int(text) if _ID.fullmatch(text) else None


def project_of(request: Request, org: str, project: str) -> Project:
    """The project of that slug or id. Raises Http404."""
    organization = organization_of(request, org)
    found = named_projects(organization, [project]).first()
    if found is None:
        raise Http404
    found.organization = organization
    return found


def named_projects(organization: Organization, names: list[str]) -> QuerySet[Project]:
    """The organization's projects of these slugs or ids."""
    ids = [number for name in names if (number := read_id(name)) is not None]
    return projects_of(organization).filter(Q(slug__in=names) | Q(pk__in=ids))


def user_of(request: Request) -> User:
    """Whose token it is."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
