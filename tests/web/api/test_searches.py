"""Saved searches, the orders and the language of the issue lists."""

from __future__ import annotations

import pytest

from issues.models import SavedSearch
from projects.models import Organization, Project, Role
from tests.factories import make_issue
from tests.web.api.client import API, api_of

PATH = "/organizations/acme/searches/"
ISSUES = "/organizations/acme/issues/"


@pytest.fixture
def kept(api: API) -> int:
    body = {"name": "Mine", "query": "is:resolved", "sort": "trends"}
    answer = api.post(PATH, body)
    assert answer.status == 201
    return int(answer.body["id"])


def test_searches_are_told_with_those_built_in(api: API, kept: int) -> None:
    told = api.get(PATH).body
    assert told[0]["query"] == "is:unresolved"
    assert told[0]["isGlobal"]
    assert told[-1] | {"dateCreated": None} == {
        "id": str(kept),
        "type": 0,
        "name": "Mine",
        "query": "is:resolved",
        "sort": "trends",
        "visibility": "owner",
        "isGlobal": False,
        "isOrganization": False,
        "isPinned": False,
        "dateCreated": None,
    }


def test_a_search_is_changed_shared_and_deleted(
    api: API, organization: Organization, kept: int
) -> None:
    path = f"{PATH}{kept}/"
    body = {"name": "Ours", "query": "x", "visibility": "organization"}
    assert api.put(path, body).body["visibility"] == "organization"
    other = api_of(organization, Role.MEMBER)
    assert other.get(PATH).body[-1]["name"] == "Ours"
    assert other.put(path, body).status == 403
    assert other.call("DELETE", path).status == 403
    assert api.call("DELETE", path).status == 204
    assert not SavedSearch.objects.exists()


def test_ones_own_search_is_not_there_for_others(
    organization: Organization, kept: int
) -> None:
    other = api_of(organization, Role.OWNER)
    assert other.call("DELETE", f"{PATH}{kept}/").status == 404
    assert other.get(ISSUES, searchId=kept).status == 400


def test_a_token_that_reads_keeps_changes_and_deletes_nothing(
    organization: Organization, kept: int
) -> None:
    owner = SavedSearch.objects.get().owner
    reader = api_of(organization, user=owner, scopes=["event:read"])
    body = {"name": "Mine", "query": "x"}
    assert reader.get(PATH).status == 200
    assert reader.post(PATH, body).status == 403
    assert reader.put(f"{PATH}{kept}/", body).status == 403
    assert reader.call("DELETE", f"{PATH}{kept}/").status == 403


@pytest.mark.parametrize(
    "body",
    [{"name": "Bad", "query": "is:wrong"}, {"name": "Mine", "query": ""}, {}],
)
def test_what_cannot_be_kept_is_told(api: API, kept: int, body: object) -> None:
    assert api.post(PATH, body).status == 400


def test_lists_take_a_saved_search(api: API, project: Project, kept: int) -> None:
    make_issue(project)
    assert api.get(ISSUES, searchId=kept).body == []
    assert len(api.get(ISSUES, searchId=kept, query="").body) == 1
    assert api.get(ISSUES, searchId=999).status == 400


@pytest.mark.parametrize("sort", ["date", "new", "freq", "user", "trends", "inbox"])
def test_lists_take_every_order(api: API, project: Project, sort: str) -> None:
    make_issue(project)
    assert len(api.get(ISSUES, sort=sort).body) == 1


def test_a_query_that_cannot_be_read_is_refused_in_a_sentence(
    api: API, project: Project
) -> None:
    answer = api.get(ISSUES, query="a is:wrong")
    assert answer.status == 400
    assert answer.body["detail"].startswith("is:wrong is not known")
