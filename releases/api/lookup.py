"""Which release an address names, within the token's organization only."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from rest_framework.request import Request

from projects.api.lookup import project_of
from projects.models import Organization
from projects.tokens import organization_of
from releases.models import Release, ReleaseProject


def release_of(
    request: Request, org: str, version: str, project: str | None
) -> tuple[Release, Organization]:
    """The release of the organization, or of its project. Raises Http404."""
    organization = organization_of(request, org)
    found: QuerySet[Release] = Release.objects.filter(
        organization=organization, version=version
    )
    if project is not None:
        of_project = project_of(request, org, project)
        members = ReleaseProject.objects.filter(
            release=OuterRef("pk"), project=of_project
        )
        found = found.filter(Exists(members))
    release = found.first()
    if release is None:
        raise Http404
    return release, organization
