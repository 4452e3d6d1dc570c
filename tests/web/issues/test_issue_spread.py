"""Whom an issue affected, and in which releases and environments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from issues import affected
from issues.models import Event, Issue, IssueUser
from projects.models import Project
from tests.factories import make_event, make_payload, store

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def issue(project: Project) -> Issue:
    """Six events: three of Ann, two of Bob, one of somebody hostile."""
    began = datetime.now(UTC) - timedelta(hours=6)
    people = [{"id": "ann"}, {"id": "bob"}] * 2 + [{"id": "ann"}, {"email": HOSTILE}]
    for number, user in enumerate(people):
        at = began + timedelta(hours=number)
        payload = make_payload(
            user=user,
            release=f"shop@1.{number // 4}",
            environment="production" if number else "<b>env</b>",
            timestamp=at.timestamp(),
        )
        store(make_event(project, payload, received_at=at))
    return Issue.objects.get()


def page(client: Client, rest: str) -> str:
    answer = client.get(f"/o/acme/p/shop/issues/1/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_tab_has_a_title_of_its_own(member: Client, issue: Issue) -> None:
    tabs = ("", "events/", "tags/", "users/", "releases/", "similar/", "merged/")
    titles = [page(member, tab).partition("<title>")[2][:40] for tab in tabs]
    assert titles[1].startswith("All events · ValueError")
    assert len(set(titles)) == len(tabs)


def lines(html: str) -> list[str]:
    """The rows of the tab's first table, as text."""
    tab = html.partition('class="subbar"')[2]
    body = re.search(r"<tbody>(.*?)</tbody>", tab, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]


def everybody(html: str) -> list[str]:
    found = re.search(r'<ul class="people">.*?</ul>', html, re.DOTALL)
    return re.findall(r"<bdi>(.*?)</bdi>", found[0]) if found else []


def test_users_are_told_with_counts_and_times(issue: Issue, member: Client) -> None:
    html = page(member, "users/")
    assert lines(html)[0] == "id:ann 3 2 hr ago"
    assert lines(html)[1] == "id:bob 2 3 hr ago"
    assert "in all 6 events that are kept" in html
    assert everybody(html)[1:] == ["id:bob", "id:ann"]


def test_what_cannot_be_counted_of_many_events_is_told(
    issue: Issue, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affected, "LOOKED_AT", 3)
    html = page(member, "users/")
    assert "in the newest 3 events" in html
    assert "id:ann 1 2 hr ago" in lines(html)


def test_a_user_leads_to_their_events(issue: Issue, member: Client) -> None:
    (query,) = set(
        re.findall(r'events/\?q=(user%3A[^"]*ann[^"]*)"', page(member, "users/"))
    )
    html = page(member, f"events/?q={query}")
    assert len(re.findall(r'class="mono" href', html)) == 3


def test_all_users_by_pages(
    issue: Issue, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.views.spread._USERS", 2)
    first = page(member, "users/")
    (after,) = re.findall(r'rel="next" href="[^"]*(\?after=\d+)"', first)
    second = page(member, f"users/{after}")
    assert everybody(first)[1:] + everybody(second) == ["id:bob", "id:ann"]
    assert not re.search(r'rel="next" href="[^"]*after=', second)
    assert page(member, "users/?after=999999999999")
    assert page(member, "users/?after=x")


@pytest.mark.parametrize("text", ["ann", "id:ann", " ann "])
def test_a_user_is_found_by_the_whole_name(
    issue: Issue, member: Client, text: str
) -> None:
    assert everybody(page(member, f"users/?user={text}")) == ["id:ann"]


@pytest.mark.parametrize("text", ["an", "carl", HOSTILE[:8]])
def test_who_is_none_of_its_users_is_not_found(
    issue: Issue, member: Client, text: str
) -> None:
    assert "No such user" in page(member, f"users/?user={text}")


def test_releases_with_their_events(issue: Issue, member: Client) -> None:
    rows = lines(page(member, "releases/"))
    assert rows == [
        "1.1 last seen just now 2 33 %",
        "1.0 first seen just now 4 66 %",
    ]


def test_environments_with_their_events(issue: Issue, member: Client) -> None:
    html = page(member, "releases/")
    assert "<span>5</span><span>83 %</span>" in html
    assert "&lt;b&gt;env&lt;/b&gt;" in html


@pytest.mark.parametrize("rest", ["users/", "users/?user=x", "releases/"])
def test_hostile_names_stay_text(issue: Issue, member: Client, rest: str) -> None:
    html = page(member, rest)
    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_an_issue_without_any_says_so(project: Project, member: Client) -> None:
    store(make_event(project, make_payload(user={})))
    IssueUser.objects.all().delete()
    assert "No user is known" in page(member, "users/")
    assert "No release is known" in page(member, "releases/")


def test_past_retention_the_users_are_still_known(issue: Issue, member: Client) -> None:
    Event.objects.all().delete()
    assert len(everybody(page(member, "users/"))) == 3


def test_strangers_see_nothing(issue: Issue, stranger: Client) -> None:
    for rest in ("users/", "releases/"):
        assert stranger.get(f"/o/acme/p/shop/issues/1/{rest}").status_code == 404
