"""An issue's events by query, the values of its tags, and its users."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import affected, eventscan
from issues.models import Issue
from projects.models import Project
from tests.factories import make_event, make_payload, store
from tests.web.api.client import API

AT = datetime.now(UTC) - timedelta(hours=6)


@pytest.fixture
def issue(project: Project) -> Issue:
    """Six events, an hour apart: number 0 to 5, of three users."""
    for number in range(6):
        at = AT + timedelta(hours=number)
        payload = make_payload(
            timestamp=at.timestamp(),
            environment="production" if number % 2 else "staging",
            user={"id": f"u{number % 3}"},
            tags={"n": str(number), "odd": str(number % 2)},
        )
        store(make_event(project, payload, received_at=at))
    return Issue.objects.get()


def found(api: API, **query: object) -> list[str]:
    issue = Issue.objects.get()
    answer = api.get(f"/issues/{issue.pk}/events/", **query)
    assert answer.status == 200, answer.body
    tags = [{tag["key"]: tag["value"] for tag in one["tags"]} for one in answer.body]
    return [one["n"] for one in tags]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"query": "odd:1"}, "531"),
        ({"query": "!odd:1 user.id:u2"}, "2"),
        ({"environment": "production"}, "531"),
        ({"environment": ["production", "staging"], "query": "n:[1,2]"}, "21"),
        ({"query": "n:9"}, ""),
        ({"statsPeriod": "90m"}, "5"),
        ({"start": (AT + timedelta(hours=4)).isoformat()}, "54"),
        ({"end": (AT + timedelta(hours=2)).isoformat()}, "10"),
    ],
)
def test_events_are_found(
    api: API, issue: Issue, query: dict[str, object], expected: str
) -> None:
    assert found(api, **query) == list(expected)


@pytest.mark.parametrize("query", ["words", "is:resolved", "level:loud"])
def test_what_events_cannot_be_asked_is_refused(
    api: API, issue: Issue, query: str
) -> None:
    answer = api.get(f"/issues/{issue.pk}/events/", query=query)
    assert answer.status == 400
    assert answer.body["detail"]


def test_a_short_page_leads_on(
    api: API, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventscan, "_FIRST_LOOK", 1)
    monkeypatch.setattr(eventscan, "LOOKED_AT", 3)
    answer = api.get(f"/issues/{issue.pk}/events/", query="n:1")
    assert answer.body == []
    assert found(api, query="n:1", cursor=answer.next_cursor) == ["1"]


def test_values_of_a_tag_by_pages(api: API, issue: Issue) -> None:
    first = api.get(f"/issues/{issue.pk}/tags/n/values/", limit=4)
    assert first.body[0] == {
        "key": "n",
        "name": "0",
        "value": "0",
        "count": 1,
        "query": "n:0",
    }
    rest = api.get(
        f"/organizations/acme/issues/{issue.pk}/tags/n/values/",
        limit=4,
        cursor=first.next_cursor,
    )
    assert [one["value"] for one in first.body + rest.body] == list("012345")
    assert rest.next_cursor is None
    assert api.get(f"/issues/{issue.pk}/tags/none/values/").status == 404
    assert api.get(f"/issues/{issue.pk}/tags/n/values/", cursor="x").status == 400


def test_users_by_pages_and_by_name(api: API, issue: Issue) -> None:
    first = api.get(f"/issues/{issue.pk}/users/", limit=2)
    rest = api.get(f"/issues/{issue.pk}/users/", limit=2, cursor=first.next_cursor)
    names = [one["identity"] for one in first.body + rest.body]
    assert names == ["id:u2", "id:u1", "id:u0"]
    assert rest.next_cursor is None
    named = api.get(f"/issues/{issue.pk}/users/", query="u1").body
    assert named == [{"identity": "id:u1", "query": "user:id:u1"}]
    assert found(api, query=named[0]["query"]) == ["4", "1"]


def test_who_was_affected_most_often_lately(
    api: API, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = api.get(f"/issues/{issue.pk}/users/frequent/").body
    assert (whole["events"], whole["isComplete"]) == (6, True)
    assert [one["count"] for one in whole["users"]] == [2, 2, 2]
    monkeypatch.setattr(affected, "LOOKED_AT", 2)
    part = api.get(f"/issues/{issue.pk}/users/frequent/").body
    assert (part["events"], part["isComplete"]) == (2, False)
    assert [one["identity"] for one in part["users"]] == ["id:u2", "id:u1"]
