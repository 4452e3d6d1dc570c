"""What an address of the API names, within the token's organization only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request

from projects.access import projects_of
from projects.models import Organization, Project, User
from projects.tokens import organization_of

# What int4 ids fit in; a longer number is no id.
_ID = re.compile(r"[0-9]{1,10}")
_ALL_PROJECTS = "-1"


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


def projects_or_all(organization: Organization, names: Sequence[str]) -> list[Project]:
    """The projects named, all where none is. Raises ValidationError."""
    if not names or _ALL_PROJECTS in names:
        found = list(projects_of(organization))
    else:
        found = list(named_projects(organization, list(names)))
        known = {name for one in found for name in (one.slug, str(one.pk))}
        if unknown := [name for name in names if name not in known]:
            raise serializers.ValidationError(
                {"project": f"This organization has no project {unknown[0]!r}."}
            )
    for project in found:
        project.organization = organization
    return found


def user_of(request: Request) -> User:
    """Whose token it is."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
