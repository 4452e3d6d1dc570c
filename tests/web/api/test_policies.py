"""Limits, filters and scrubbing through the API."""

from __future__ import annotations

from typing import Any

import pytest

from projects import policies
from projects.models import Organization, Project, ProjectKey, Role
from projects.rules import LEGACY_BROWSERS, FilterRules, ScrubbingRules
from tests.factories import make_project
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db

PROJECT = "/projects/acme/shop/"
FILTERS = f"{PROJECT}filters/"
SPIKES = "/organizations/acme/spike-protections/"


@pytest.fixture
def key(project: Project) -> ProjectKey:
    return project.keys.get()


def test_a_project_tells_its_settings(api: API, project: Project) -> None:
    told = api.get(PROJECT).body
    assert (told["dataScrubber"], told["dataScrubberDefaults"]) == (True, True)
    assert (told["scrubIPAddresses"], told["sensitiveFields"]) == (False, [])
    assert told["rateLimit"] is None
    assert told["options"]["filters:releases"] == ""
    assert told["options"]["quotas:spike-protection-disabled"] is False


def test_a_project_is_changed(api: API, project: Project) -> None:
    change = {
        "name": "Web shop",
        "dataScrubberDefaults": False,
        "scrubIPAddresses": True,
        "sensitiveFields": ["birthday", " iban ", "birthday"],
        "safeFields": ["session"],
        "rateLimit": {"count": 100, "window": 60},
        "options": {
            "filters:blacklisted_ips": "192.0.2.1\n10.0.0.0/8",
            "filters:releases": "1.*",
            "filters:error_messages": "*timeout*\r\n\r\nHalt",
            "quotas:spike-protection-disabled": True,
            "sentry:token_header": "x",
        },
        "subjectPrefix": "x",
    }
    answer = api.put(PROJECT, change)
    assert answer.status == 200
    assert answer.body["name"] == "Web shop"
    assert answer.body["sensitiveFields"] == ["birthday", "iban"]
    assert answer.body["rateLimit"] == {"count": 100, "window": 60}
    options = answer.body["options"]
    assert options["filters:error_messages"] == "*timeout*\nHalt"
    assert policies.filters_of(project) == FilterRules(
        releases=("1.*",),
        messages=("*timeout*", "Halt"),
        addresses=("192.0.2.1", "10.0.0.0/8"),
    )
    assert policies.scrubbing_of(project) == ScrubbingRules(
        uses_defaults=False,
        drops_addresses=True,
        sensitive_fields=("birthday", "iban"),
        safe_fields=("session",),
    )
    project.refresh_from_db()
    assert (project.platform, project.is_spike_protected) == ("python", False)
    assert api.get(PROJECT).body == answer.body


def test_what_is_left_out_stays(api: API, project: Project) -> None:
    policies.change_filters(project, FilterRules(localhost=True, releases=("1",)))
    api.put(PROJECT, {"safeFields": ["session"]})
    api.put(PROJECT, {"options": {"filters:releases": ""}})
    api.put(PROJECT, {})
    assert policies.filters_of(project) == FilterRules(localhost=True)
    assert policies.scrubbing_of(project).safe_fields == ("session",)
    api.put(PROJECT, {"rateLimit": {"count": 5, "window": 60}})
    assert api.put(PROJECT, {"rateLimit": None}).body["rateLimit"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"filters:blacklisted_ips": "nowhere"}},
        {"options": {"filters:releases": "a["}},
        {"options": []},
        {"sensitiveFields": "birthday"},
        {"sensitiveFields": ["a" * 513]},
        {"scrubIPAddresses": "perhaps"},
        {"rateLimit": {"count": -1, "window": 60}},
        {"rateLimit": {"count": 1, "window": 0}},
        {"name": ""},
        [],
    ],
)
def test_what_cannot_be_understood_changes_nothing(
    api: API, project: Project, change: Any
) -> None:
    before = api.get(PROJECT).body
    assert api.put(PROJECT, change).status == 400
    assert api.get(PROJECT).body == before


def test_members_do_not_change_projects(organization: Organization) -> None:
    make_project("shop", organization=organization)
    member = api_of(organization, Role.MEMBER)
    assert member.put(PROJECT, {"name": "x"}).status == 403
    assert member.put(f"{FILTERS}localhost/", {"active": True}).status == 403
    assert member.post(SPIKES, {"projects": ["shop"]}).status == 403


def test_filters_are_told_and_switched(api: API, project: Project) -> None:
    assert api.get(FILTERS).body == [
        {"id": "browser-extensions", "active": False},
        {"id": "filtered-transaction", "active": False},
        {"id": "legacy-browsers", "active": False},
        {"id": "localhost", "active": False},
        {"id": "web-crawlers", "active": False},
    ]
    assert api.put(f"{FILTERS}web-crawlers/", {"active": True}).status == 204
    assert api.put(f"{FILTERS}filtered-transaction/", {"active": True}).status == 204
    some = {"subfilters": ["ie", "ie_pre_9", "ie"]}
    assert api.put(f"{FILTERS}legacy-browser/", some).status == 204
    assert policies.filters_of(project) == FilterRules(
        web_crawlers=True, health_checks=True, legacy_browsers=("ie", "ie_pre_9")
    )
    told = {one["id"]: one["active"] for one in api.get(FILTERS).body}
    assert told["legacy-browsers"] == ["ie", "ie_pre_9"]
    api.put(f"{FILTERS}legacy-browsers/", {"active": True})
    assert policies.filters_of(project).legacy_browsers == LEGACY_BROWSERS
    api.put(f"{FILTERS}legacy-browsers/", {"active": False})
    assert policies.filters_of(project).legacy_browsers == ()


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("localhost", {}, 400),
        ("localhost", {"active": "perhaps"}, 400),
        ("legacy-browsers", {"subfilters": ["lynx"]}, 400),
        ("legacy-browsers", {}, 400),
        ("unheard-of", {"active": True}, 404),
    ],
)
def test_bad_switches_change_nothing(
    api: API, project: Project, name: str, body: Any, status: int
) -> None:
    assert api.put(f"{FILTERS}{name}/", body).status == status
    assert policies.filters_of(project) == FilterRules()


def test_spike_protection_of_several_projects(
    api: API, organization: Organization, project: Project
) -> None:
    other = make_project("blog", organization=organization)
    assert api.call("DELETE", SPIKES).status == 400
    assert api.post(SPIKES, {"projects": ["nobody"]}).status == 400
    answer = api.call("DELETE", SPIKES, {"projects": ["$all"]})
    assert (answer.status, answer.body) == (200, {"projects": ["blog", "shop"]})
    answer = api.post(SPIKES, {"projects": ["shop"]})
    assert (answer.status, answer.body) == (201, {"projects": ["shop"]})
    for one, is_on in ((project, True), (other, False)):
        one.refresh_from_db()
        assert one.is_spike_protected is is_on


def test_an_organization_demands(
    api: API, organization: Organization, project: Project
) -> None:
    address = "/organizations/acme/"
    assert api.get(address).body["dataScrubber"] is False
    change = {
        "name": "Acme Ltd",
        "scrubIPAddresses": True,
        "sensitiveFields": ["birthday"],
        "rateLimit": {"count": 9, "window": 3600},
    }
    told = api.put(address, change).body
    assert (told["name"], told["rateLimit"]) == ("Acme Ltd", change["rateLimit"])
    assert told["sensitiveFields"] == ["birthday"]
    assert policies.load_rules([project.pk])[project.pk].scrubbing.drops_addresses
    admin = api_of(organization, Role.ADMIN)
    assert admin.put(address, {"name": "x"}).status == 403


def test_a_key_is_changed_and_deleted(
    api: API, project: Project, key: ProjectKey
) -> None:
    address = f"{PROJECT}keys/{key.public_key}/"
    assert api.get(address).body["id"] == key.public_key
    limit = {"count": 5, "window": 60}
    change = {"name": "Mobile", "isActive": False, "rateLimit": limit}
    told = api.put(address, change).body
    assert told["name"] == "Mobile"
    assert (told["isActive"], told["rateLimit"]) == (False, limit)
    told = api.put(address, {"rateLimit": None, "isActive": True}).body
    assert (told["name"], told["isActive"], told["rateLimit"]) == ("Mobile", True, None)
    assert api.put(address, {"rateLimit": 5}).status == 400
    assert api.call("DELETE", address).status == 204
    assert api.get(address).status == 404
    assert not project.keys.exists()
