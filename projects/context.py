"""What the frame around every page shows: organization, project, menus, theme."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from projects import tabs
from projects.access import Permission, may_operate, permission_of, projects_of
from projects.models import Organization, Project, ProjectStar, User

THEMES = (User.Theme.LIGHT.value, User.Theme.DARK.value)


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's variables; each costs its query only when a template asks.

    A page of a project costs two queries: the user's organizations, and the
    organization's projects with the user's stars.
    """
    frame = _Frame(request)
    return {
        "organizations": SimpleLazyObject(lambda: frame.organizations),
        "organization": SimpleLazyObject(lambda: frame.organization),
        "projects": SimpleLazyObject(lambda: frame.projects),
        "project": SimpleLazyObject(lambda: frame.project),
        "is_starred": SimpleLazyObject(lambda: frame.is_starred),
        "tab_numbers": SimpleLazyObject(lambda: tabs.shown(frame.project)),
        "theme": SimpleLazyObject(lambda: frame.theme),
        "may_operate": SimpleLazyObject(lambda: frame.may_operate),
        "manages": SimpleLazyObject(lambda: frame.manages),
    }


class _Frame:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        # Where no view was found, there is no match.
        match = request.resolver_match
        address = match.kwargs if match else {}
        self._organization_slug = address.get("org")
        self._project_slug = address.get("project")

    @cached_property
    def _user(self) -> User | None:
        # Where a middleware has failed, nobody is known.
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @cached_property
    def organizations(self) -> list[Organization]:
        return [place.organization for place in self._user.places] if self._user else []

    @cached_property
    def organization(self) -> Organization | None:
        """That of the address, else the user's only one."""
        for organization in self.organizations:
            if organization.slug == self._organization_slug:
                return organization
        return self.organizations[0] if len(self.organizations) == 1 else None

    @cached_property
    def projects(self) -> list[Any]:
        """The organization's projects, starred ones first."""
        if self._user is None or self.organization is None:
            return []
        star = ProjectStar.objects.filter(user=self._user, project=OuterRef("pk"))
        found = projects_of(self.organization).annotate(is_starred=Exists(star))
        if self._project_slug is not None:
            found = found.annotate(**tabs.numbers_of(self._project_slug))
        return list(found.order_by("-is_starred", "name", "pk"))

    @cached_property
    def _found(self) -> Any:
        if self._project_slug is None:
            return None
        for project in self.projects:
            if project.slug == self._project_slug:
                return project
        return None

    @property
    def project(self) -> Project | None:
        found: Project | None = self._found
        return found

    @property
    def is_starred(self) -> bool:
        return self._found is not None and self._found.is_starred

    @cached_property
    def may_operate(self) -> bool:
        return self._user is not None and may_operate(self._user)

    @cached_property
    def manages(self) -> bool:
        """Whether the user's role here includes the settings of projects."""
        places = self._user.places if self._user is not None else []
        return any(
            permission_of(place.role) >= Permission.MANAGE
            for place in places
            if place.organization == self.organization
        )

    @cached_property
    def theme(self) -> str:
        """What the page's switch chose last in this browser, else the profile's."""
        chosen = self._request.COOKIES.get("theme", "")
        if chosen in THEMES:
            return chosen
        return self._user.theme if self._user is not None else ""
