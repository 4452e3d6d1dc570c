"""How far an issue has spread: users, releases and environments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.affected import find_users, lately, page_of_users
from issues.issuereleases import IssueReleases
from issues.presentation.shares import Distribution, Share, distribution
from issues.tagcounts import tags_of_issue
from issues.views.frame import frame
from issues.views.scope import Scope, page
from projects.models import Organization
from releases.models import Release

_LATELY = 25
_USERS = 50
_RELEASES = 100
_ENVIRONMENTS = 50
_MAX_ID = 2**31 - 1
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRelease:
    """A release with the issue's events in it; None where no row tells of it."""

    share: Share
    release: Release | None
    is_first: bool
    is_last: bool


@require_safe
@page
def users(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    found = scope.issue(project, number)
    issue = found.issue
    wanted = request.GET.get("user", "").replace("\0", "").strip()[:200]
    after = request.GET.get("after", "")
    context = frame(request, scope, found, "users") | {"wanted_user": wanted}
    if wanted:
        context["users"] = find_users(issue.pk, issue.project_id, wanted)
    else:
        is_place = after.isascii() and after.isdigit() and len(after) <= 10
        place = min(int(after), _MAX_ID) if is_place else None
        users = page_of_users(issue.pk, after=place, limit=_USERS)
        context |= {"users": users.users, "after": users.after, "is_first": not place}
        if place is None:
            context["lately"] = lately(found.family, limit=_LATELY)
    return render(request, "issues/users.html", context)


@require_safe
@page
def releases(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    found = scope.issue(project, number)
    context = frame(request, scope, found, "releases")
    counted = tags_of_issue(
        found.issue.pk, values=_RELEASES + 1, keys=("environment", "release")
    )
    keys = {key.key: key for key in counted}
    if "release" in keys:
        told = distribution(keys["release"], values=_RELEASES)
        context |= {
            "seen_in": told,
            "seen_releases": _seen(scope.organization, told, context["releases"]),
        }
    if "environment" in keys:
        told = distribution(keys["environment"], values=_ENVIRONMENTS)
        context["seen_environments"] = [told]
    return render(request, "issues/issue_releases.html", context)


def _seen(
    organization: Organization, told: Distribution, ends: IssueReleases
) -> list[SeenRelease]:
    """The releases of the issue's events, those made last first.

    `ends`: the first and the last of them.
    """
    versions = [share.value for share in told.shares]
    rows = Release.objects.filter(organization=organization, version__in=versions)
    known = {row.version: row for row in rows}
    first, last = ends
    seen = [
        SeenRelease(
            share=share,
            release=known.get(share.value),
            is_first=first is not None and first.version == share.value,
            is_last=last is not None and last.version == share.value,
        )
        for share in told.shares
    ]
    return sorted(seen, key=_made_at, reverse=True)


def _made_at(seen: SeenRelease) -> datetime:
    """When the release was made; those of which that is unknown come last."""
    return seen.release.effective_at if seen.release else _LONG_AGO
