"""The settings pages of limits, inbound filters and data scrubbing."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from ingest import limits
from projects import policies, valkey
from projects.models import Organization, Project, Role
from projects.rules import LEGACY_BROWSERS, FilterRules, ScrubbingRules
from tests.factories import make_project
from tests.people import client_of

pytestmark = pytest.mark.django_db

SETTINGS = "/o/acme/p/shop/settings/"


@pytest.fixture
def owner(organization: Organization, project: Project) -> Client:
    return client_of(organization, Role.OWNER)


@pytest.fixture
def store() -> redis.Redis:
    client = valkey.blocking()
    client.flushdb()
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_filters_are_kept_and_shown_again(admin: Client, project: Project) -> None:
    form = {
        "messages": "*timeout*\r\n\r\n  Halt:*  \n*timeout*",
        "releases": "1.*",
        "environments": "",
        "addresses": "192.0.2.0/24\n2001:db8::1",
        "web_crawlers": "on",
        "legacy_browsers": ["ie", "safari"],
    }
    response = admin.post(f"{SETTINGS}filters/", form)
    assert response.headers["Location"] == f"{SETTINGS}filters/"
    assert policies.filters_of(project) == FilterRules(
        messages=("*timeout*", "Halt:*"),
        releases=("1.*",),
        addresses=("192.0.2.0/24", "2001:db8::1"),
        web_crawlers=True,
        legacy_browsers=("ie", "safari"),
    )
    page = text_of(admin, f"{SETTINGS}filters/")
    assert "*timeout*\nHalt:*</textarea>" in page
    assert page.count(" checked") == 3
    admin.post(f"{SETTINGS}filters/", {})
    assert policies.filters_of(project) == FilterRules()


@pytest.mark.parametrize(
    ("field", "line", "problem"),
    [
        ("messages", "a[", "is no pattern"),
        ("releases", "{a", "is no pattern"),
        ("addresses", "192.0.2.0/40", "neither an address nor a network"),
        ("messages", "a" * 513, "At most 512 characters"),
        ("messages", "\n".join(map(str, range(201))), "At most 200 lines"),
        ("legacy_browsers", "lynx", "lynx"),
    ],
)
def test_what_cannot_be_understood_is_told_and_changes_nothing(
    admin: Client, project: Project, field: str, line: str, problem: str
) -> None:
    policies.change_filters(project, FilterRules(localhost=True))
    response = admin.post(f"{SETTINGS}filters/", {field: line})
    assert response.status_code == 200
    assert problem in response.content.decode()
    assert policies.filters_of(project) == FilterRules(localhost=True)


def test_what_a_script_has_set_can_be_seen_and_taken_away(
    admin: Client, project: Project
) -> None:
    assert "Internet Explorer 9" not in text_of(admin, f"{SETTINGS}filters/")
    policies.change_filters(project, FilterRules(legacy_browsers=("ie9",)))
    assert "Internet Explorer 9" in text_of(admin, f"{SETTINGS}filters/")
    form = {"legacy_browsers": list(LEGACY_BROWSERS)}
    admin.post(f"{SETTINGS}filters/", form)
    assert policies.filters_of(project).legacy_browsers == LEGACY_BROWSERS


def test_patterns_are_text_never_markup(admin: Client, project: Project) -> None:
    hostile = "</textarea><script>alert(1)</script>"
    admin.post(f"{SETTINGS}filters/", {"messages": hostile})
    admin.post(f"{SETTINGS}scrubbing/", {"sensitive_fields": hostile})
    for page in ("filters/", "scrubbing/"):
        assert hostile not in text_of(admin, SETTINGS + page)


def test_scrubbing_is_kept(admin: Client, project: Project) -> None:
    assert policies.scrubbing_of(project) == ScrubbingRules()
    form: dict[str, Any] = {
        "is_on": "on",
        "drops_addresses": "on",
        "sensitive_fields": "birthday\niban",
        "safe_fields": "session",
    }
    admin.post(f"{SETTINGS}scrubbing/", form)
    assert policies.scrubbing_of(project) == ScrubbingRules(
        uses_defaults=False,
        drops_addresses=True,
        sensitive_fields=("birthday", "iban"),
        safe_fields=("session",),
    )


def test_a_project_shows_what_its_organization_demands(
    admin: Client, owner: Client, project: Project
) -> None:
    page = text_of(admin, f"{SETTINGS}scrubbing/")
    assert "Your organization demands" not in page
    form = {"drops_addresses": "on", "sensitive_fields": "birthday"}
    owner.post("/o/acme/settings/scrubbing/", form)
    page = text_of(admin, f"{SETTINGS}scrubbing/")
    assert "IP addresses are not stored." in page
    assert "<code>birthday</code>" in page
    assert policies.scrubbing_of(project) == ScrubbingRules()


def test_limits_are_kept(admin: Client, owner: Client, project: Project) -> None:
    admin.post(f"{SETTINGS}limits/", {"count": "500", "window_s": "60"})
    owner.post("/o/acme/settings/limits/", {"count": "9000", "window_s": "3600"})
    project.refresh_from_db()
    assert (project.rate_limit_count, project.rate_limit_window_s) == (500, 60)
    assert "9,000 / hour" in " ".join(text_of(admin, f"{SETTINGS}limits/").split())


def test_limits_of_files_are_told_beside_what_there_is(
    admin: Client, project: Project, settings: Settings
) -> None:
    settings.MAX_ATTACHMENT_BYTES = 3 * 2**20
    settings.EVENT_ATTACHMENTS = 7
    settings.PROJECT_ATTACHMENTS = 4321
    page = text_of(admin, f"{SETTINGS}limits/").replace("\xa0", " ")
    for told in ("3.0 MB", "7 files", "4,321 files", "0 files"):
        assert told in page


def test_spike_protection_is_kept_and_explained(
    admin: Client, project: Project
) -> None:
    page = text_of(admin, f"{SETTINGS}limits/")
    assert "not known yet" in page
    admin.post(f"{SETTINGS}limits/spikes/", {"factor": "5", "is_on": "on"})
    Project.objects.update(busiest_hour=120_000)
    page = text_of(admin, f"{SETTINGS}limits/")
    assert "Usual are 120,000 events" in page
    assert "100,000 may come in 10 minutes" in page
    admin.post(f"{SETTINGS}limits/spikes/", {"factor": "5"})
    project.refresh_from_db()
    assert not project.is_spike_protected


def test_a_bad_factor_changes_nothing(admin: Client, project: Project) -> None:
    response = admin.post(f"{SETTINGS}limits/spikes/", {"factor": "1"})
    assert response.status_code == 200
    assert "greater than or equal to 2" in response.content.decode()
    project.refresh_from_db()
    assert (project.is_spike_protected, project.spike_factor) == (True, 10)


def test_pages_of_a_limited_project_say_since_when_and_why(
    admin: Client, project: Project, store: redis.Redis
) -> None:
    address = "/o/acme/p/shop/setup/"
    assert "Limited since" not in text_of(admin, address)
    store.set(f"{limits.LIMITED_PREFIX}{project.pk}:spike", 1_795_000_000)
    page = text_of(admin, address)
    assert "Limited since" in page
    assert "2026-11-18 11:06:40" in page
    assert "it sends far more than is usual: over 1,666,667 in 10 min" in page
    other = make_project("other", organization=project.organization)
    assert "Limited since" not in text_of(admin, f"/o/acme/p/{other.slug}/setup/")
