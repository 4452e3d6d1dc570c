"""What a few words may mean: a project, an issue or a page to go to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from issues import shortid
from issues.cursors import Sort
from issues.listing import list_issues
from issues.models import Event, Issue, Status
from issues.search import SearchError, parse
from projects.access import Permission, permission_of, projects_of
from projects.models import Membership, Project, User

_ISSUES = 8
_PROJECTS = 8
_PAGES = 8

# The pages of a project, an organization and a user: name, address, icon, and the
# least that a role must allow to see it.
_Page = tuple[Promise, str, str, Permission]
_PROJECT_PAGES: tuple[_Page, ...] = (
    (gettext_lazy("Issues"), "issues:list", "inbox", Permission.READ),
    (gettext_lazy("Overview"), "issues:overview", "flag", Permission.READ),
    (gettext_lazy("User feedback"), "issues:feedback", "chat", Permission.READ),
    (gettext_lazy("Releases"), "releases:list", "tag", Permission.READ),
    (gettext_lazy("Monitors"), "monitors:list", "clock", Permission.READ),
    (gettext_lazy("Ingest health"), "ingest:project", "db", Permission.READ),
    (gettext_lazy("Set up an SDK"), "projects:setup", "term", Permission.READ),
    (gettext_lazy("Project settings"), "projects:settings", "gear", Permission.MANAGE),
    (gettext_lazy("Client keys (DSN)"), "projects:keys", "link", Permission.MANAGE),
    (gettext_lazy("Inbound filters"), "projects:filters", "gear", Permission.MANAGE),
    (gettext_lazy("Rate limits"), "projects:limits", "gear", Permission.MANAGE),
    (gettext_lazy("Data scrubbing"), "projects:scrubbing", "gear", Permission.MANAGE),
    (
        gettext_lazy("Grouping rules"),
        "issues:grouping_rules",
        "merge",
        Permission.MANAGE,
    ),
)
_ORGANIZATION_PAGES: tuple[_Page, ...] = (
    (gettext_lazy("Projects"), "projects:projects", "inbox", Permission.READ),
    (gettext_lazy("All issues"), "issues:all", "inbox", Permission.READ),
    (gettext_lazy("Overview"), "issues:overviews", "flag", Permission.READ),
    (gettext_lazy("Members"), "projects:members", "user", Permission.READ),
    (gettext_lazy("Teams"), "projects:teams", "user", Permission.READ),
    (gettext_lazy("API tokens"), "projects:tokens", "code", Permission.READ),
    (gettext_lazy("Ingest health"), "ingest:organization", "db", Permission.READ),
    (gettext_lazy("Set aside"), "ingest:poison_list", "db", Permission.MANAGE),
    (gettext_lazy("New project"), "projects:project_new", "plus", Permission.MANAGE),
    (
        gettext_lazy("Organization settings"),
        "projects:organization",
        "gear",
        Permission.OWN,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something to go to."""

    name: str
    # What it is, or where.
    about: str
    url: str
    icon: str = ""
    # Of an issue; 0 where it is none.
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """All that the words may mean, most telling first within each."""

    issues: list[Target]
    projects: list[Target]
    pages: list[Target]

    @property
    def is_empty(self) -> bool:
        return not (self.issues or self.projects or self.pages)


def find(user: User, query: str, *, near: tuple[str, str], now: datetime) -> Targets:
    """What the user may see of that name; nothing asked for: what is at hand.

    `near` are the slugs of the organization and project that the user looks at.
    """
    places = sorted(user.places, key=lambda place: place.organization.slug != near[0])
    projects = _projects(places)
    words = query.lower().split()
    named = [one for one in projects if _is_named(one.name, one.slug, words)]
    return Targets(
        issues=_issues(query, projects, now) if words else [],
        projects=[_project(one) for one in named[:_PROJECTS]],
        pages=list(_pages(places, projects, words, near))[:_PAGES],
    )


def _projects(places: Sequence[Membership]) -> list[Project]:
    found = []
    for place in places:
        for project in projects_of(place.organization):
            project.organization = place.organization
            found.append(project)
    return found


def _is_named(name: str, slug: str, words: Sequence[str]) -> bool:
    text = f"{name} {slug}".lower()
    return all(word in text for word in words)


def _project(project: Project) -> Target:
    slugs = [project.organization.slug, project.slug]
    page = "issues:list" if project.first_event_at else "projects:setup"
    return Target(
        name=project.name,
        about=project.organization.name,
        url=reverse(page, args=slugs),
    )


def _issues(query: str, projects: Sequence[Project], now: datetime) -> list[Target]:
    direct = _by_id(query.strip(), projects)
    if direct:
        return direct
    try:
        wanted = parse(query)
    except SearchError:
        return []
    page = list_issues(
        projects=projects,
        filter=wanted,
        sort=Sort.LAST_SEEN,
        cursor=None,
        limit=_ISSUES,
        user=None,
        graph=None,
        now=now,
    )
    return [
        Target(
            name=row.title,
            about=f"{row.short_id} · {row.project.name}",
            url=_address(row.project, row.number),
            level=row.level,
        )
        for row in page.rows
    ]


def _by_id(text: str, projects: Sequence[Project]) -> list[Target]:
    """The issues of that short id, or the one that has the event of that id."""
    named = shortid.decode(text)
    if named:
        slug, number = named
        wanted = [one for one in projects if one.slug.lower() == slug]
        found = _existing().filter(project__in=wanted, number=number)
        return [_issue(issue, projects) for issue in found]
    try:
        event_id = uuid.UUID(text)
    except ValueError:
        return []
    ids = [one.pk for one in projects]
    event = Event.objects.filter(project__in=ids, event_id=event_id).first()
    if event is None:
        return []
    found = _existing().filter(pk=event.issue_id)
    return [_issue(issue, projects, f"events/{event_id.hex}/") for issue in found]


def _existing() -> QuerySet[Issue]:
    """Without those that are deleted, whose pages are gone."""
    issues = Issue.objects.select_related("state")
    return issues.exclude(state__status=Status.DELETED)


def _issue(issue: Issue, projects: Sequence[Project], below: str = "") -> Target:
    project = next(one for one in projects if one.pk == issue.project_id)
    return Target(
        name=issue.title,
        about=f"{shortid.encode(project.slug, issue.number)} · {project.name}",
        url=_address(project, issue.number) + below,
        level=issue.state.level,
    )


def _address(project: Project, number: int) -> str:
    slugs = [project.organization.slug, project.slug]
    return reverse("issues:detail", args=[*slugs, number])


def _pages(
    places: Sequence[Membership],
    projects: Sequence[Project],
    words: Sequence[str],
    near: tuple[str, str],
) -> Iterator[Target]:
    """Pages whose own name, with their project's or organization's, has the words."""
    roles = {place.organization_id: permission_of(place.role) for place in places}
    current = [p for p in projects if (p.organization.slug, p.slug) == near]
    for project in current or (projects if words else []):
        slugs = [project.organization.slug, project.slug]
        role = roles[project.organization_id]
        yield from _named(_PROJECT_PAGES, project.name, slugs, role, words)
    for place in places:
        organization = place.organization
        role = roles[organization.pk]
        yield from _named(
            _ORGANIZATION_PAGES, organization.name, [organization.slug], role, words
        )
    if _is_named(_("Profile"), "", words):
        yield Target(
            name=_("Profile"), about="", url=reverse("projects:profile"), icon="user"
        )


def _named(
    pages: Sequence[_Page],
    about: str,
    slugs: Sequence[str],
    role: Permission,
    words: Sequence[str],
) -> Iterator[Target]:
    for name, page, icon, needed in pages:
        if role >= needed and _is_named(str(name), about, words):
            yield Target(
                name=str(name), about=about, url=reverse(page, args=slugs), icon=icon
            )
