"""Releases through the API: as sentry-cli announces, changes and reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from projects.models import Organization, Project, Role
from releases.models import Release, ReleaseProject
from tests.factories import make_issue, make_organization, make_project
from tests.sessions import make_update, store
from tests.web.api.client import API, api_of

LIST = "/organizations/acme/releases/"
ONE = f"{LIST}shop@1.0/"


def announce(api: API, version: str = "shop@1.0", **fields: Any) -> Any:
    answer = api.post(LIST, {"version": version, "projects": ["shop"], **fields})
    assert answer.status in (201, 208)
    return answer.body


def versions(api: API, path: str = LIST, **parameters: object) -> list[str]:
    answer = api.get(path, **parameters)
    assert answer.status == 200
    return [one["version"] for one in answer.body]


def test_a_release_is_announced(api: API, project: Project) -> None:
    answer = api.post(
        LIST,
        {
            "version": "shop@1.0.0-rc.1+7",
            "projects": [project.pk],
            "url": "https://ci.example.com/7",
            "dateStarted": "2026-11-23T04:06:12.284255123Z",
        },
    )
    assert answer.status == 201
    assert answer.body["shortVersion"] == "1.0.0-rc.1+7"
    assert answer.body["versionInfo"]["package"] == "shop"
    assert answer.body["dateStarted"] == "2026-11-23T04:06:12.284255Z"
    assert answer.body["dateReleased"] is None
    assert answer.body["newGroups"] == 0
    assert [one["slug"] for one in answer.body["projects"]] == ["shop"]
    assert Release.objects.get().sort_key


def test_announcing_again_adds_projects(
    api: API, organization: Organization, project: Project
) -> None:
    make_project("api", organization=organization)
    announce(api, url="https://a.example")
    answer = api.post(LIST, {"version": "shop@1.0", "projects": ["api"]})
    assert answer.status == 208
    assert [one["slug"] for one in answer.body["projects"]] == ["shop", "api"]
    assert answer.body["url"] == "https://a.example"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": "a/b", "projects": ["shop"]}, "version"),
        ({"version": "latest", "projects": ["shop"]}, "version"),
        ({"version": "x" * 201, "projects": ["shop"]}, "version"),
        ({"version": "1.0"}, "projects"),
        ({"version": "1.0", "projects": ["other"]}, "projects"),
        ({"version": "1.0", "projects": ["shop"], "status": "gone"}, "status"),
        ({"version": "1.0", "projects": ["shop"], "dateReleased": "soon"}, "date"),
        ({"version": "1.0", "projects": ["shop"], "commits": [{}]}, "commits"),
    ],
)
def test_what_makes_no_sense_is_refused(
    api: API, project: Project, body: dict[str, Any], field: str
) -> None:
    answer = api.post(LIST, body)
    assert answer.status == 400
    assert field in answer.body["detail"]
    assert not Release.objects.exists()


def test_old_clients_announce_below_a_project(api: API, project: Project) -> None:
    path = "/projects/acme/shop/releases/"
    assert api.post(path, {"version": "1.0"}).status == 201
    assert versions(api, path) == ["1.0"]
    assert api.put(f"{path}1.0/", {"dateReleased": "2026-11-23"}).status == 200
    assert api.get(f"{path}1.0/commits/").body == []


def test_a_release_is_finalized(api: API, project: Project) -> None:
    announce(api, url="https://a.example")
    answer = api.put(ONE, {"dateReleased": "2026-11-23T10:00:00.000000001Z"})
    assert answer.status == 200
    assert answer.body["dateReleased"] == "2026-11-23T10:00:00Z"
    assert answer.body["url"] == "https://a.example"
    cleared = api.put(ONE, {"url": None, "dateReleased": None}).body
    assert (cleared["url"], cleared["dateReleased"]) == (None, None)


def test_a_release_is_archived_and_restored(api: API, project: Project) -> None:
    announce(api)
    body = {"version": "shop@1.0", "projects": [], "status": "archived"}
    assert api.post(LIST, body).body["status"] == "archived"
    assert versions(api, status="open") == []
    assert versions(api) == versions(api, status="archived") == ["shop@1.0"]
    assert api.post(LIST, body | {"status": "open"}).body["status"] == "open"


def test_commits_are_set(api: API, project: Project) -> None:
    announce(api)
    told = [
        {
            "id": sha * 40,
            "repository": "acme/shop",
            "author_name": "Jane",
            "author_email": "jane@example.com",
            "message": f"Change {sha}",
            "timestamp": f"2026-11-2{number}T10:00:00+01:00",
            "patch_set": [{"path": "a.py", "type": "M"}],
        }
        for number, sha in enumerate("ab")
    ]
    body = api.put(ONE, {"commits": told}).body
    assert body["commitCount"] == 2
    assert body["lastCommit"]["id"] == "b" * 40
    assert body["authors"] == [{"name": "Jane", "email": "jane@example.com"}]
    commits = api.get(f"{ONE}commits/").body
    assert [one["message"] for one in commits] == ["Change b", "Change a"]
    assert commits[0]["dateCreated"] == "2026-11-21T09:00:00Z"
    (repository,) = api.get("/organizations/acme/repos/").body
    assert repository["name"] == "acme/shop"
    assert api.put(ONE, {"commits": told[:1]}).body["commitCount"] == 1


def test_refs_name_the_newest_commit(api: API, project: Project) -> None:
    announce(api)
    ref = {"repository": "acme/shop", "commit": "aaa..bbb", "previousCommit": "aaa"}
    assert api.put(ONE, {"refs": [ref]}).body["lastCommit"]["id"] == "bbb"
    ref["commit"] = "ccc"
    assert api.put(ONE, {"refs": [ref]}).body["lastCommit"]["id"] == "ccc"


def test_commits_begin_where_the_release_before_ended(
    api: API, project: Project
) -> None:
    announce(api, "shop@0.9", commits=[{"id": "abc"}])
    announce(api, "shop@0.9.1")
    announce(api)
    path = "previous-with-commits/"
    assert api.get(f"{LIST}shop@0.9/{path}").body == {}
    told = api.get(f"{ONE}{path}").body
    assert (told["version"], told["lastCommit"]["id"]) == ("shop@0.9", "abc")


def test_deploys_are_told(api: API, project: Project) -> None:
    announce(api)
    told = {"environment": "production", "name": "blue", "projects": ["shop"]}
    answer = api.post(f"{ONE}deploys/", told)
    assert (answer.status, answer.body["name"]) == (201, "blue")
    finished = {"environment": "staging", "dateFinished": "2026-01-01T00:00:00Z"}
    api.post(f"{ONE}deploys/", finished)
    deploys = api.get(f"{ONE}deploys/").body
    assert [one["environment"] for one in deploys] == ["production", "staging"]
    body = api.get(ONE).body
    assert (body["deployCount"], body["lastDeploy"]["name"]) == (2, "blue")
    assert api.post(f"{ONE}deploys/", {}).status == 400


def test_a_release_tells_what_was_seen_of_it(api: API, project: Project) -> None:
    make_issue(project, release="shop@1.0", timestamp="2026-11-23T10:00:00Z")
    store(project, make_update(release="shop@1.0"))
    body = api.get(ONE).body
    assert body["newGroups"] == 1
    assert body["firstEvent"] == body["lastEvent"] is not None
    assert body["projects"][0]["hasHealthData"]
    assert body["projects"][0]["newGroups"] == 1


def test_only_what_nothing_has_named_can_be_deleted(api: API, project: Project) -> None:
    announce(api)
    assert api.call("DELETE", ONE).status == 204
    assert api.get(ONE).status == 404
    make_issue(project, release="shop@1.0")
    answer = api.call("DELETE", ONE)
    assert (answer.status, "archive" in answer.body["detail"]) == (400, True)


def test_releases_are_listed_in_pages(api: API, project: Project) -> None:
    for number in range(5):
        announce(api, f"1.{number}")
    first = api.get(LIST, per_page=2)
    second = api.get(LIST, per_page=2, cursor=first.next_cursor)
    third = api.get(LIST, per_page=2, cursor=second.next_cursor)
    listed = [one["version"] for page in (first, second, third) for one in page.body]
    assert listed == ["1.4", "1.3", "1.2", "1.1", "1.0"]
    assert third.next_cursor is None
    back = api.get(LIST, per_page=2, cursor=second.previous_cursor)
    assert back.body == first.body
    assert api.get(LIST, cursor="").body
    assert api.get(LIST, cursor="nonsense").status == 400
    past = third.links["next"]["cursor"]
    assert api.get(LIST, cursor=past).body == []


def test_releases_are_found(
    api: API, organization: Organization, project: Project
) -> None:
    other = make_project("api", organization=organization)
    make_issue(other, release="api@1.0", environment="dev")
    announce(api)
    assert versions(api, query="SHOP") == ["shop@1.0"]
    assert versions(api, project="api") == ["api@1.0"]
    assert versions(api, project=-1) == ["shop@1.0", "api@1.0"]
    assert versions(api, environment="dev") == ["api@1.0"]
    assert versions(api, "/projects/acme/api/releases/") == ["api@1.0"]
    assert api.get("/projects/acme/api/releases/shop@1.0/").status == 404


def test_a_version_may_stand_percent_encoded_in_an_address(
    api: API, project: Project
) -> None:
    announce(api, "my app@1.0+2")
    assert api.get(f"{LIST}my%20app%401.0%2B2/").body["version"] == "my app@1.0+2"


def test_releases_of_others_are_not_seen(api: API, project: Project) -> None:
    foreign = make_project("foreign", organization=make_organization("strangers"))
    make_issue(foreign, release="shop@1.0")
    assert api.get(ONE).status == 404
    assert versions(api) == []
    release = Release.objects.get()
    assert announce(api)["id"] != release.pk
    assert ReleaseProject.objects.filter(release=release).count() == 1


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (["project:releases"], 200, 208),
        (["org:ci"], 200, 208),
        (["project:read"], 200, 403),
        (["event:admin"], 403, 403),
    ],
)
def test_what_a_token_needs(
    api: API,
    organization: Organization,
    project: Project,
    scopes: list[str],
    reads: int,
    writes: int,
) -> None:
    announce(api)
    token = api_of(organization, Role.OWNER, scopes=scopes)
    assert token.get(ONE).status == reads
    assert token.post(LIST, {"version": "shop@1.0"}).status == writes


def test_a_longer_list_costs_no_more_queries(
    api: API, project: Project, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        announce(api, f"1.{number}", commits=[{"id": "abc", "repository": "a"}])
    with django_assert_max_num_queries(16):
        assert len(api.get(LIST).body) == 20


def test_times_are_given_in_utc(api: API, project: Project) -> None:
    created = announce(api)["dateCreated"]
    assert created.endswith("Z")
    assert datetime.fromisoformat(created) <= datetime.now(UTC)
