"""What the address names, if the reader may see it: one look-up for every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRefresh

from issues.merging.families import survivor_of
from issues.models import Status
from issues.opening import OpenIssue, open_issue
from projects.access import Permission, membership_for, permission_of, projects_of
from projects.models import Membership, Organization, Project, User

P = ParamSpec("P")


class _IsMerged(Exception):
    """The issue of that id is not seen, but its survivor is."""

    def __init__(self, issue_id: int) -> None:
        super().__init__(issue_id)
        self.issue_id = issue_id


@dataclass(frozen=True, slots=True)
class Scope:
    """A reader in an organization."""

    user: User
    membership: Membership

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    @property
    def can_triage(self) -> bool:
        return permission_of(self.membership.role) >= Permission.TRIAGE

    def project(self, slug: str) -> Project:
        """The organization's project. Raises Http404."""
        project = projects_of(self.organization).filter(slug=slug).first()
        if project is None:
            raise Http404
        project.organization = self.organization
        return project

    def issue(self, project: str, number: int) -> OpenIssue:
        """The issue with its state and project. Raises Http404."""
        found = open_issue(self.user, self.organization, project, number)
        if found is None:
            raise Http404
        if found.issue.state.status == Status.MERGED:
            raise _IsMerged(found.issue.pk)
        return found


def page(
    view: Callable[Concatenate[HttpRequest, Scope, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """A page of a signed-in member; the address's `org` becomes a Scope.

    The same address answers htmx with a part of the page, which caches must know. Who
    has been signed out meanwhile must see the sign-in, not a part of it in the page.
    """

    @wraps(view)
    def wrapped(
        request: HttpRequest, org: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        membership = membership_for(request.user, org)
        scope = Scope(cast(User, request.user), membership)
        try:
            response = view(request, scope, *args, **kwargs)
        except _IsMerged as merged:
            response = _to_survivor(request, merged.issue_id)
        patch_vary_headers(response, ["HX-Request"])
        return response

    signed_in: Callable[..., HttpResponseBase] = login_required(wrapped)

    @wraps(view)
    def outer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if is_part(request) and not request.user.is_authenticated:
            return HttpResponseClientRefresh()
        return signed_in(request, **kwargs)

    return outer


def _to_survivor(request: HttpRequest, issue_id: int) -> HttpResponseBase:
    """The same page of the issue that people see instead, to which a form that was
    sent here is sent once more. Raises Http404."""
    survivor = survivor_of(issue_id)
    match = request.resolver_match
    if survivor is None or match is None:
        raise Http404
    path = reverse(match.view_name, kwargs={**match.kwargs, "number": survivor.number})
    query = request.GET.urlencode()
    is_form = request.method not in ("GET", "HEAD")
    return redirect(f"{path}?{query}" if query else path, preserve_request=is_form)


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks, which shows a part of the answer only."""
    return bool(getattr(request, "htmx", False))


def base_of(request: HttpRequest) -> str:
    """The template around the page."""
    return "partial.html" if is_part(request) else "base.html"
