"""Events: lists of an issue and of a project, and one with all that it holds."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issues.api import eventpages
from issues.models import Issue
from projects.models import Organization, Project
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.web.api.client import API

pytestmark = pytest.mark.django_db
EVENTS = "/projects/acme/shop/events/"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


def store_at(project: Project, *moments: datetime, **payload: Any) -> list[str]:
    """Events received at these moments; their ids."""
    payloads = [make_payload(**payload) for _ in moments]
    store(
        *(
            make_event(project, one, received_at=at)
            for one, at in zip(payloads, moments, strict=True)
        )
    )
    return [one["event_id"] for one in payloads]


def days_ago(*days: float) -> list[datetime]:
    now = datetime.now(UTC)
    return [now - timedelta(days=one) for one in days]


def ids(body: list[dict[str, Any]]) -> list[str]:
    return [event["eventID"] for event in body]


def test_an_event_is_told_as_clients_expect(api: API, project: Project) -> None:
    payload = make_payload(
        user={"id": 5, "email": "ann@example.com", "geo": {"city": "Bern"}},
        contexts={"runtime": {"name": "CPython", "version": "3.11.7"}},
        extra={"basket": [1, 2]},
        release="shop@1.2",
        environment="live",
        message="went wrong",
        breadcrumbs={"values": [{"timestamp": 1_700_000_000.5, "message": "click"}]},
        request={"url": "http://shop.test/buy", "method": "POST"},
        sdk={"name": "sentry.python", "version": "2.75.0"},
    )
    store(make_event(project, payload))
    told = api.get(f"{EVENTS}{payload['event_id']}/").body
    assert told["id"] == told["eventID"] == payload["event_id"]
    assert told["title"] == "ValueError: bad value"
    assert told["user"] == {
        "id": "5",
        "email": "ann@example.com",
        "username": None,
        "name": None,
        "ip_address": None,
    }
    assert told["contexts"]["runtime"]["name"] == "CPython"
    assert told["context"] == {"basket": [1, 2]}
    assert told["packages"] == {"django": "5.2.19"}
    assert told["sdk"]["name"] == "sentry.python"
    assert told["release"] == {"version": "shop@1.2"}
    assert told["environment"] == "live"
    assert {"key": "region", "value": "eu"} in told["tags"]
    assert INSTANT.fullmatch(told["dateCreated"])
    assert INSTANT.fullmatch(told["dateReceived"])
    assert [entry["type"] for entry in told["entries"]] == [
        "exception",
        "message",
        "breadcrumbs",
        "request",
    ]
    (crumb,) = told["entries"][2]["data"]["values"]
    assert crumb["timestamp"] == "2023-11-14T22:13:20.500000Z"


def test_frames_carry_their_source_with_line_numbers(
    api: API, project: Project
) -> None:
    issue = make_issue(project)
    told = api.get(f"/issues/{issue.pk}/events/latest/").body
    (exception,) = told["entries"][0]["data"]["values"]
    frame = exception["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["module"]) == ("parse", "shop.cart")
    assert (frame["filename"], frame["absPath"]) == (
        "shop/cart.py",
        "/srv/shop/cart.py",
    )
    assert frame["lineNo"] == 20
    assert frame["inApp"] is True
    assert frame["context"] == [
        [18, "def before():"],
        [19, "    pass"],
        [20, "    return parse(raw)"],
        [21, ""],
        [22, "# after"],
    ]
    assert frame["vars"] == {"raw": "'12x'", "count": "3"}


def test_each_event_of_a_list_has_its_own_title(api: API, project: Project) -> None:
    for value in ("no user 5", "no user 6"):
        exception = {"values": [make_exception(value=value)]}
        store(make_event(project, make_payload(exception=exception)))
    (issue,) = Issue.objects.all()
    told = api.get(f"/organizations/acme/issues/{issue.pk}/events/").body
    assert [event["title"] for event in told] == [
        "ValueError: no user 6",
        "ValueError: no user 5",
    ]
    assert "entries" not in told[0]
    full = api.get(f"/issues/{issue.pk}/events/", full="true").body
    assert full[0]["entries"][0]["type"] == "exception"


def test_an_event_that_was_only_counted_is_told_from_its_row(
    api: API, project: Project
) -> None:
    payloads = [
        make_payload(user={"email": "ann@example.com"}, release="1.0") for _ in "12"
    ]
    for payload, sample in zip(payloads, (1, 0), strict=True):
        store(make_event(project, payload, sample_per_hour=sample))
    kept, counted = (payload["event_id"] for payload in payloads)
    listed = {event["id"]: event for event in api.get(EVENTS).body}
    told = api.get(f"{EVENTS}{counted}/").body
    assert listed[kept]["hasPayload"] is True
    assert listed[counted]["hasPayload"] is told["hasPayload"] is False
    assert told["title"] == "ValueError: bad value"
    assert told["user"]["email"] == "ann@example.com"
    assert told["release"] == {"version": "1.0"}
    assert (told["entries"], told["contexts"], told["sdk"]) == ([], {}, None)
    assert told["previousEventID"] == kept


def test_an_issues_events_are_paged_the_newest_first(
    api: API, project: Project
) -> None:
    stored = store_at(project, *days_ago(4, 3, 2, 1, 0))
    (issue,) = Issue.objects.all()
    address = f"/issues/{issue.pk}/events/"
    assert_pages(api, address, stored[::-1])


def test_a_projects_events_are_paged_over_all_its_issues(
    api: API, organization: Organization, project: Project
) -> None:
    older = store_at(project, *days_ago(30, 2, 0.1))
    other = {"values": [make_exception(function="load")]}
    newer = store_at(project, *days_ago(3, 0), exception=other)
    store_at(make_project("blog", organization=organization), *days_ago(1, 0))
    expected = [newer[1], older[2], older[1], newer[0], older[0]]
    assert_pages(api, EVENTS, expected)


@pytest.mark.parametrize("minutes", [(9, 8, 7, 6, 5), (600, 300, 5, 4, 0)])
def test_events_of_a_project_of_many_issues_are_paged_by_time(
    api: API,
    project: Project,
    minutes: Sequence[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(eventpages, "_FEW_ISSUES", 0)
    stored = store_at(project, *days_ago(*(one / 1440 for one in minutes)))
    other = make_project("blog", organization=project.organization)
    store_at(other, *days_ago(6 / 1440, 0))
    assert_pages(api, EVENTS, stored[::-1])


def test_events_of_one_instant_are_each_on_one_page(api: API, project: Project) -> None:
    (now,) = days_ago(0.5)
    stored = store_at(project, *[now] * 5)
    assert_pages(api, EVENTS, sorted(stored, reverse=True))
    (issue,) = Issue.objects.all()
    assert_pages(api, f"/issues/{issue.pk}/events/", sorted(stored, reverse=True))


def assert_pages(api: API, address: str, expected: list[str]) -> None:
    """Five events come in pages of two, forth and back."""
    first = api.get(address, limit=2, cursor="")
    second = api.get(address, limit=2, cursor=first.next_cursor)
    third = api.get(address, limit=2, cursor=second.next_cursor)
    pages = [ids(page.body) for page in (first, second, third)]
    assert pages == [expected[:2], expected[2:4], expected[4:]]
    assert (first.previous_cursor, third.next_cursor) == (None, None)
    back = api.get(address, limit=2, cursor=third.previous_cursor)
    assert ids(back.body) == expected[2:4]
    again = api.get(address, limit=2, cursor=back.previous_cursor)
    assert ids(again.body) == expected[:2]
    assert again.previous_cursor is None
    assert ids(api.get(address, limit=2, cursor=back.next_cursor).body) == expected[4:]
    end = api.get(address, cursor=third.links["next"]["cursor"])
    assert end.body == []


@pytest.mark.parametrize("cursor", ["x", "0:100:0", "1:2:0", f"{10**18}:{'0' * 32}:0"])
def test_an_unknown_cursor_is_refused(api: API, project: Project, cursor: str) -> None:
    issue = make_issue(project)
    for address in (EVENTS, f"/issues/{issue.pk}/events/"):
        answer = api.get(address, cursor=cursor)
        assert (answer.status, answer.body) == (400, {"detail": "Invalid cursor"})


def test_events_are_named_by_their_place(api: API, project: Project) -> None:
    oldest, middle, newest = store_at(project, *days_ago(2, 1, 0))
    (issue,) = Issue.objects.all()
    for name, expected in {
        "latest": newest,
        "recommended": newest,
        "oldest": oldest,
        middle: middle,
        str(uuid.UUID(middle)): middle,
    }.items():
        assert api.get(f"/issues/{issue.pk}/events/{name}/").body["id"] == expected
    told = api.get(f"/organizations/acme/issues/SHOP-1/events/{middle}/").body
    assert (told["previousEventID"], told["nextEventID"]) == (oldest, newest)
    for nothing in (uuid.uuid4().hex, "newest", "0" * 33):
        assert api.get(f"/issues/{issue.pk}/events/{nothing}/").status == 404
        assert api.get(f"{EVENTS}{nothing}/").status == 404


def test_an_event_id_leads_to_its_issue(api: API, project: Project) -> None:
    (event_id,) = store_at(project, *days_ago(0))
    (issue,) = Issue.objects.all()
    told = api.get(f"/organizations/acme/eventids/{event_id}/").body
    assert (told["groupId"], told["projectSlug"]) == (str(issue.pk), "shop")
    assert told["eventId"] == told["event"]["id"] == event_id
    assert api.get(f"/organizations/acme/eventids/{uuid.uuid4()}/").status == 404
    assert api.get("/organizations/acme/eventids/what/").status == 404


def test_searching_events_is_refused(api: API, project: Project) -> None:
    answer = api.get(EVENTS, query="level:error")
    assert answer.status == 400
    assert "query" in answer.body["detail"]
    assert api.get(EVENTS, query="").status == 200
