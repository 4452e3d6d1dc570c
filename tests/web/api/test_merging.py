"""Merging and unmerging by the API, and what is told of merged issues."""

from __future__ import annotations

import pytest

from issues.merging.changes import merge
from issues.models import Event, FamilyMember, Fingerprint, Issue
from projects.models import Project
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db
MANY = "/projects/acme/shop/issues/"
ALL = "/organizations/acme/issues/"


def make_named(project: Project, name: str, count: int = 1) -> Issue:
    exception = {"values": [make_exception(name, function=name.lower())]}
    issue = make_issue(project, exception=exception)
    payloads = [make_payload(exception=exception) for _ in range(count - 1)]
    store(*(make_event(project, payload) for payload in payloads))
    return issue


@pytest.fixture
def parent(project: Project) -> Issue:
    return make_named(project, "KeptError", 3)


@pytest.fixture
def child(project: Project) -> Issue:
    return make_named(project, "GoneError")


@pytest.fixture
def merged(project: Project, parent: Issue, child: Issue) -> None:
    merge(project, [parent.pk, child.pk], user=None)


def hash_of(issue: Issue) -> str:
    return Fingerprint.objects.get(issue=issue).hash.hex


@pytest.mark.parametrize("path", [MANY, ALL])
def test_a_put_merges_into_the_issue_with_most_events(
    api: API, parent: Issue, child: Issue, path: str
) -> None:
    answer = api.put(path, {"merge": 1}, id=[child.pk, parent.pk])
    expected = {"parent": str(parent.pk), "children": [str(child.pk)]}
    assert (answer.status, answer.body) == (200, {"merge": expected})
    assert FamilyMember.objects.get(source=child).survivor == parent


@pytest.mark.parametrize(
    ("body", "count"),
    [({"merge": True}, 1), ({"merge": True, "status": "resolved"}, 2)],
)
def test_a_merge_is_of_two_or_more_and_by_itself(
    api: API, parent: Issue, child: Issue, body: dict[str, object], count: int
) -> None:
    answer = api.put(MANY, body, id=[parent.pk, child.pk][:count])
    assert answer.status == 400
    assert answer.body["detail"].startswith("merge: ")
    assert not FamilyMember.objects.exists()


def test_a_merge_needs_ids(api: API, parent: Issue, child: Issue) -> None:
    assert api.put(ALL, {"merge": True}, query="").status == 400
    assert not FamilyMember.objects.exists()


def test_issues_of_two_projects_are_not_merged(api: API, parent: Issue) -> None:
    organization = parent.project.organization
    other = make_issue(make_project("blog", organization=organization))
    assert api.put(ALL, {"merge": True}, id=[parent.pk, other.pk]).status == 400


def test_others_issues_are_not_merged(
    parent: Issue, child: Issue, project: Project
) -> None:
    other = api_of(make_project("elsewhere").organization)
    answer = other.put(MANY, {"merge": True}, id=[parent.pk, child.pk])
    assert answer.status == 404
    assert not FamilyMember.objects.exists()


@pytest.mark.usefixtures("merged")
def test_a_merged_issue_answers_as_its_survivor(
    api: API, parent: Issue, child: Issue
) -> None:
    for path in (f"/issues/{child.pk}/", "/organizations/acme/issues/SHOP-2/"):
        told = api.get(path).body
        assert (told["id"], told["count"]) == (str(parent.pk), "4")


@pytest.mark.usefixtures("merged")
def test_events_of_all_are_events_of_the_survivor(
    api: API, parent: Issue, child: Issue
) -> None:
    event = Event.objects.get(issue_id=child.pk).event_id.hex
    told = api.get(f"/issues/{parent.pk}/events/").body
    assert len(told) == 4
    assert {one["groupID"] for one in told} == {str(parent.pk)}
    assert api.get(f"/issues/{parent.pk}/events/{event}/").body["id"] == event
    found = api.get(f"/organizations/acme/eventids/{event}/").body
    assert found["groupId"] == str(parent.pk)


@pytest.mark.usefixtures("merged")
def test_hashes_of_all_lead_to_the_survivor(
    api: API, parent: Issue, child: Issue
) -> None:
    told = api.get(f"/organizations/acme/issues/{parent.pk}/hashes/").body
    assert {one["id"] for one in told} == {hash_of(parent), hash_of(child)}


@pytest.mark.usefixtures("merged")
def test_a_hash_tells_of_its_latest_event(
    api: API, parent: Issue, child: Issue
) -> None:
    newest = Event.objects.filter(issue_id=parent.pk).latest("received_at", "event_id")
    told = api.get(f"/issues/{parent.pk}/hashes/").body
    latest = {one["id"]: one["latestEvent"] for one in told}
    assert latest[hash_of(parent)]["eventID"] == newest.event_id.hex
    assert latest[hash_of(child)]["title"].startswith("GoneError")
    Event.objects.filter(issue_id=child.pk).delete()
    told = api.get(f"/issues/{parent.pk}/hashes/").body
    assert {one["id"] for one in told if one["latestEvent"] is None} == {hash_of(child)}


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize("prefix", ["", "/organizations/acme"])
def test_deleting_a_hash_unmerges(
    api: API, parent: Issue, child: Issue, prefix: str
) -> None:
    path = f"{prefix}/issues/{parent.pk}/hashes/"
    assert api.call("DELETE", path, id=[hash_of(child)]).status == 202
    assert api.get(f"/issues/{child.pk}/").body["id"] == str(child.pk)
    assert not FamilyMember.objects.exists()


@pytest.mark.usefixtures("merged")
def test_an_issues_own_hash_stays(api: API, parent: Issue) -> None:
    path = f"/issues/{parent.pk}/hashes/"
    assert api.call("DELETE", path, id=[hash_of(parent)]).status == 400
    assert FamilyMember.objects.exists()


@pytest.mark.usefixtures("merged")
def test_activity_tells_of_the_merge(api: API, parent: Issue, child: Issue) -> None:
    told = api.get(f"/issues/{parent.pk}/").body["activity"]
    merges = [one["data"] for one in told if one["type"] == "merge"]
    assert [one["id"] for one in merges[0]["issues"]] == [str(child.pk)]
