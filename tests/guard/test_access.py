"""No address shows or changes anything of an organization to those outside it.

The rooms test who may what in detail. This walks every address that the service has, so
that a new one cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone
from pytest_django import Settings

from ingest.models import PoisonEntry
from issues import comments, operations
from issues.events import latest_event
from issues.models import (
    Activity,
    Attachment,
    Issue,
    Operation,
    Regrouping,
    SavedSearch,
    UserReport,
)
from issues.operations import Selection, status
from issues.shortid import encode
from issues.store import forget_everything
from monitors.models import Monitor
from projects.models import (
    APIToken,
    DiscardedIssue,
    Membership,
    Organization,
    Team,
)
from projects.tokens import SCOPES, create_token
from releases.models import Release
from tests.factories import make_issue, make_organization, make_project, set_aside
from tests.files import attach
from tests.monitoring import make_monitor
from tests.people import make_member, make_user, signed_in
from tests.regroups import begun
from tests.reports import say

pytestmark = pytest.mark.django_db

# Everybody may ask for these; none tells of what is stored.
PUBLIC = {
    "accounts/inactive/",
    "accounts/login/",
    "accounts/logout/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    "admin/jsi18n/",
    "admin/login/",
    "admin/logout/",
    "api/0/",
    "api/0/openapi.json",
    "api/embed/error-page",
    "api/embed/error-page/",
    "favicon.ico",
    "health/live",
    "health/ready",
    "language/",
    "metrics",
    "notifications/stop/<str:token>/",
    "robots.txt",
}
# Of whoever is signed in: his own profile, tokens and organizations.
PERSONAL = {
    "",
    "accounts/password/change/",
    "accounts/password/set/",
    "api/0/auth/",
    "api/0/organizations/",
    "api/0/users/me/notifications/",
    "jump/",
    "organizations/new/",
    "orgredirect/organizations/:orgslug/settings/auth-tokens/",
    "profile/",
    "profile/address/",
    "profile/address/<str:token>/",
    "profile/notifications/",
    "profile/sign-out/",
}
_M = TypeVar("_M", bound=Model)
REFUSED = {401, 403, 404}
# Of another method than the one tried.
NOT_SO = {405}
PAGE_METHODS = ("GET", "POST")
API_METHODS = (*PAGE_METHODS, "PUT", "DELETE")


@dataclass(frozen=True)
class Address:
    """A route of the resolver and, in its place, an address that it answers."""

    route: str
    path: str


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every route but those of regular expressions, which are other apps' own."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


ROUTES = sorted(set(routes(get_resolver())))


@pytest.fixture(autouse=True)
def _light(settings: Settings) -> None:
    settings.WHITENOISE_AUTOREFRESH = True
    forget_everything()


def furnish(issue: Issue) -> None:
    """Gives the issue's project one of everything else that addresses name."""
    project = issue.project
    organization = project.organization
    set_aside(project)
    make_monitor(project, "backup")
    attach(issue, b"line", "app.log")
    SavedSearch.objects.create(
        organization=organization, name="Slow", sort="users", is_shared=True
    )
    say(project, "It broke", about=issue)
    begun(project)
    comments.add(issue, "Looking", _one(Membership, organization=organization).user)
    selection = Selection.of(organization, [project], [issue.pk])
    operations.apply(selection, status.ignore(), user=None)
    DiscardedIssue.objects.create(
        project=project, hashes=[], title="gone", number=9, created_at=timezone.now()
    )


@pytest.fixture
def issue(data_folder: Path) -> Issue:
    """An issue in an organization that has one of everything."""
    organization = make_organization("acme")
    make_member(organization)
    Team.objects.create(organization=organization, slug="core", name="Core")
    owner = Membership.objects.get(organization=organization)
    create_token(user=owner.user, organization=organization, name="ci", scopes=SCOPES)
    project = make_project("shop", organization=organization)
    issue = make_issue(project, release="shop@1.0.0")
    furnish(issue)
    return issue


@pytest.fixture
def stranger() -> Membership:
    """The owner of another organization."""
    return make_member(make_organization("other"))


def _one(model: type[_M], **of: object) -> _M:
    """The first that was made of them."""
    return model._default_manager.filter(**of).earliest("pk")


def addresses(issue: Issue, *, but: set[str]) -> list[Address]:
    """The routes, with what `issue` belongs to in place of their parameters."""
    organization = issue.project.organization
    event = latest_event(issue.pk)
    assert event is not None
    known = {
        "org": organization.slug,
        "project": issue.project.slug,
        "number": issue.number,
        "version": _one(Release, organization=organization).version,
        "event": event.event_id.hex,
        "issue": issue.pk,
        "short_id": encode(issue.project.slug, issue.number),
        "member": _one(Membership, organization=organization).pk,
        "team": _one(Team, organization=organization).slug,
        "token": _one(APIToken, organization=organization).pk,
        "comment": _one(Activity, kind="note", issue=issue).pk,
        "int:entry": _one(PoisonEntry, project__organization=organization).pk,
        "filter_id": "localhost",
        "key_id": issue.project.keys.get().public_key,
        "int:key": issue.project.keys.get().pk,
        "str:key": "level",
        "monitor": _one(Monitor, project=issue.project).slug,
        "attachment": _one(Attachment, project=issue.project).pk,
        "discarded": _one(DiscardedIssue, project=issue.project).pk,
        "operation": _one(Operation, organization=organization).pk,
        "search": SavedSearch.objects.get(organization=organization).pk,
        "report": _one(UserReport, project=issue.project).pk,
        "object_id": 1,
        "run": _one(Regrouping, project=issue.project).pk,
        "content_type_id": 1,
    }

    def fill(found: re.Match[str]) -> str:
        kind, name = found.groups()
        # A new parameter has to be told here what it stands for.
        return str(known.get(f"{kind}:{name}") or known[name])

    return [
        Address(route, "/" + re.sub(r"<(\w+):(\w+)>", fill, route))
        for route in ROUTES
        if route not in but
    ]


def answers(client: Client, at: list[Address], token: str = "") -> dict[str, int]:
    """The status of each method and address that was not turned away."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    opened = {}
    for address in at:
        is_api = address.route.startswith("api/")
        for method in API_METHODS if is_api else PAGE_METHODS:
            answer = client.generic(method, address.path, headers=headers)
            is_sign_in = answer.status_code == 302 and "/login/" in answer["Location"]
            if answer.status_code not in REFUSED | NOT_SO and not is_sign_in:
                opened[f"{method} {address.route}"] = answer.status_code
    return opened


def test_the_lists_of_this_guard_name_what_exists() -> None:
    assert set(ROUTES) >= PUBLIC | PERSONAL


def test_nobody_gets_in_without_signing_in(client: Client, issue: Issue) -> None:
    assert answers(client, addresses(issue, but=PUBLIC)) == {}


def test_a_stranger_meets_closed_doors(issue: Issue, stranger: Membership) -> None:
    others = addresses(issue, but=PUBLIC | PERSONAL)
    assert answers(signed_in(stranger.user), others) == {}


def test_a_strangers_token_opens_nothing(issue: Issue, stranger: Membership) -> None:
    _, token = create_token(
        user=stranger.user,
        organization=stranger.organization,
        name="all",
        scopes=SCOPES,
    )
    others = addresses(issue, but=PUBLIC | PERSONAL)
    assert answers(Client(), others, token) == {}


def test_a_user_of_no_organization_meets_closed_doors(issue: Issue) -> None:
    others = addresses(issue, but=PUBLIC | PERSONAL)
    assert answers(signed_in(make_user()), others) == {}


def test_what_is_public_asks_nothing_of_organizations(client: Client) -> None:
    make_organization("acme")
    public = [Address(route, f"/{route}") for route in sorted(PUBLIC)]
    with CaptureQueriesContext(connection) as queries:
        answers(client, public)
    assert [q["sql"] for q in queries if "projects_organization" in q["sql"]] == []


def test_the_addresses_tried_are_real(issue: Issue) -> None:
    """A parameter that names nothing would be refused to everybody."""
    owner = signed_in(Membership.objects.get(organization__slug="acme").user)
    missing = []
    for address in addresses(issue, but=PUBLIC | PERSONAL):
        if address.route.startswith("o/"):
            answer: Any = owner.get(address.path)
            if answer.status_code == 404:
                missing.append(address.route)
            # A file is closed once it is read.
            b"".join(answer)
    assert missing == []
    assert Organization.objects.count() == 1
