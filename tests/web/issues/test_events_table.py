"""All events of an issue: searched, paged through, and what cannot be asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from issues import eventscan
from issues.merging.changes import merge
from issues.models import Event, Issue
from projects.models import Project
from tests.factories import make_event, make_exception, make_payload, store

AT = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
COUNT = 6


def payload(number: int) -> dict[str, Any]:
    """Event number `number`, `number` hours after the first."""
    return make_payload(
        timestamp=(AT + timedelta(hours=number)).timestamp(),
        release=f"shop@1.{number // 3}",
        environment="production" if number % 2 else "staging",
        level="fatal" if number == 5 else "error",
        user={"id": f"u{number % 3}"},
        tags={"region": "eu west" if number < 2 else "us", "n": str(number)},
    )


@pytest.fixture
def issue(project: Project) -> Issue:
    for number in range(COUNT):
        moment = AT + timedelta(hours=number)
        store(make_event(project, payload(number), received_at=moment))
    return Issue.objects.get()


def shown(client: Client, **parameters: str) -> list[str]:
    """The numbers of the events in the table, from the top."""
    answer = client.get(f"/o/acme/p/shop/issues/{1}/events/", parameters)
    assert answer.status_code == 200
    return numbers(answer.content.decode())


def numbers(html: str) -> list[str]:
    ids = re.findall(r'class="mono" href="[^"]+/events/([0-9a-f]{32})/"', html)
    rows = {row.event_id.hex: row for row in Event.objects.all()}
    return [str((rows[one].timestamp - AT) // timedelta(hours=1)) for one in ids]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "543210"),
        ("environment:production", "531"),
        ("!environment:production", "420"),
        ('region:"eu west"', "10"),
        ("region:eu*", "10"),
        ("n:[1,4]", "41"),
        ("n:1 n:4", ""),
        ("has:region", "543210"),
        ("!has:region", ""),
        ("has:nothing", ""),
        ("level:fatal", "5"),
        ("!level:fatal", "43210"),
        ("user.id:u1", "41"),
        ("!user.id:u1", "5320"),
        ("user.id:nobody", ""),
        ("release:shop@1.1 environment:staging", "4"),
        ("n:100%", ""),
        ("n:*", "543210"),
    ],
)
def test_a_query_narrows(
    issue: Issue, member: Client, query: str, expected: str
) -> None:
    assert shown(member, q=query) == list(expected)


def test_the_form_narrows_further(issue: Issue, member: Client) -> None:
    chosen = {"environment": "production", "release": "shop@1.1", "level": "error"}
    assert shown(member, **chosen) == ["3"]
    assert shown(member, q="n:5", environment="production") == ["5"]


def test_a_window_is_of_the_events_own_time(
    issue: Issue, project: Project, member: Client
) -> None:
    late = payload(2) | {"user": {"id": "late"}}
    store(make_event(project, late, received_at=AT + timedelta(hours=2, minutes=40)))
    since, until = AT + timedelta(hours=2), AT + timedelta(hours=4)
    window = {"from": since.isoformat(), "to": until.isoformat()}
    assert shown(member, **window) == ["3", "2", "2"]
    assert shown(member, q="user.id:late", **window) == ["2"]
    assert shown(member, **{"from": "soon", "to": "x" * 300}) != []


@pytest.mark.parametrize("query", ["words", "is:resolved", "lastSeen:-24h", "title:x"])
def test_what_events_do_not_have_is_refused_in_words(
    issue: Issue, member: Client, query: str
) -> None:
    answer = member.get("/o/acme/p/shop/issues/1/events/", {"q": query})
    assert "Events are found by tags" in answer.content.decode()
    assert len(numbers(answer.content.decode())) == COUNT


def test_a_query_that_cannot_be_read_is_explained(issue: Issue, member: Client) -> None:
    answer = member.get("/o/acme/p/shop/issues/1/events/", {"q": "level:loud"})
    assert "level:loud needs one of" in answer.content.decode()


@pytest.mark.parametrize("query", ["", "has:region", "!user.id:nobody"])
def test_pages_lead_forth_and_back(
    issue: Issue, member: Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("issues.views.table.ROWS", 2)
    at = f"/o/acme/p/shop/issues/1/events/?q={query}"
    pages = []
    while at:
        html = member.get(at).content.decode()
        pages.append(numbers(html))
        at = link(html, "next", at)
    assert pages == [["5", "4"], ["3", "2"], ["1", "0"]]
    first = link(member.get(f"/o/acme/p/shop/issues/1/events/?q={query}"), "next", "")
    second = member.get(f"/o/acme/p/shop/issues/1/events/{first}").content.decode()
    back = member.get(f"/o/acme/p/shop/issues/1/events/{link(second, 'prev', '')}")
    assert numbers(back.content.decode()) == ["5", "4"]
    assert link(back, "prev", "") == ""


def link(page: Any, rel: str, at: str) -> str:
    html = page if isinstance(page, str) else page.content.decode()
    # The way to other issues has such links, too.
    pager = html.partition('class="pager"')[2]
    found = re.findall(rf'rel="{rel}" href="([^"]+)"', pager)
    if not found:
        return ""
    return at.split("?")[0] + str(found[0]).replace("&amp;", "&")


def test_a_rare_match_costs_no_more_than_the_limit(
    issue: Issue, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventscan, "_FIRST_LOOK", 1)
    monkeypatch.setattr(eventscan, "LOOKED_AT", 3)
    first = member.get("/o/acme/p/shop/issues/1/events/", {"q": "n:1"})
    html = first.content.decode()
    assert "Nothing found so far" in html
    (after,) = set(re.findall(r'href="(\?[^"]*cursor=[^"]+)"', html))
    at = "/o/acme/p/shop/issues/1/events/" + after.replace("&amp;", "&")
    assert numbers(member.get(at).content.decode()) == ["1"]


def test_of_many_merged_issues_a_page_looks_at_fewer_events_of_each(
    issue: Issue, project: Project, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = {"exception": {"values": [make_exception("Other", function="other")]}}
    stored = store(make_event(project, payload(5) | raised))
    merge(project, [issue.pk, *stored.new_issues], into=issue.pk, user=None)
    monkeypatch.setattr("issues.views.table.ROWS", 1)
    monkeypatch.setattr(eventscan, "_READ", 6)
    at, pages = "/o/acme/p/shop/issues/1/events/?q=n:0", 0
    while not numbers(html := member.get(at).content.decode()):
        assert "3 events" in html
        (after,) = re.findall(r'href="([^"]+)">Look at older events', html)
        at, pages = at.partition("?")[0] + after.replace("&amp;", "&"), pages + 1
    assert (numbers(html), pages) == (["0"], 2)


def test_a_cursor_that_no_page_gave_is_the_first_page(
    issue: Issue, member: Client
) -> None:
    for cursor in ("x", "1:2:3", "9" * 17 + ":" + "f" * 32 + ":7"):
        assert len(shown(member, cursor=cursor)) == COUNT


def test_events_of_merged_issues_stand_together(
    issue: Issue, project: Project, member: Client
) -> None:
    at = AT + timedelta(minutes=90)
    other = payload(1) | {
        "exception": {"values": [make_exception("Other", function="other")]},
        "timestamp": at.timestamp(),
    }
    stored = store(make_event(project, other, received_at=at))
    merge(project, [issue.pk, *stored.new_issues], into=issue.pk, user=None)
    assert shown(member) == list("5432110")
    assert shown(member, q="n:1") == ["1", "1"]
    users = member.get("/o/acme/p/shop/issues/1/users/").content.decode()
    assert "in all 7 events that are kept" in users
