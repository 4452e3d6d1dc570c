"""The page of an issue: its event, its figures, and what happened to it."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from issues.events import latest_event
from issues.models import Event, Issue, Sighting
from projects.models import Project
from tests import settling, statements
from tests.factories import make_event, make_issue, make_payload, store

MAX_BYTES = 120 * 1024
MAX_GZIP_BYTES = 25 * 1024
MAX_STATEMENTS = 17


@pytest.fixture
def issue(project: Project) -> Issue:
    """Three events, a minute apart."""
    at = datetime.now(UTC) - timedelta(minutes=3)
    issues = set()
    for minute in range(3):
        moment = at + timedelta(minutes=minute)
        payload = make_payload(
            timestamp=moment.timestamp(),
            release=f"shop@1.{minute}",
            breadcrumbs=[{"category": "auth", "message": "signed in"}],
            request={"url": "https://shop.example/cart", "method": "POST"},
            contexts={"runtime": {"name": "CPython", "version": "3.13.0"}},
            extra={"attempt": minute},
        )
        stored = store(make_event(project, payload, received_at=moment))
        issues.update(stored.new_issues)
    return Issue.objects.get(pk=issues.pop())


def ids(issue: Issue) -> list[str]:
    """The events' ids, oldest first."""
    events = Event.objects.filter(issue_id=issue.pk).order_by("received_at")
    return [event.event_id.hex for event in events]


def path(issue: Issue, rest: str = "") -> str:
    return f"/o/acme/p/shop/issues/{issue.number}/{rest}"


def page(client: Client, at: str) -> str:
    answer = client.get(at)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_the_latest_event_whole(issue: Issue, member: Client) -> None:
    html = page(member, path(issue))
    for shown in (
        ids(issue)[2][:8],
        "ValueError",
        "bad value",
        "shop/cart.py:20",
        "return",
        "&#x27;12x&#x27;",
        "signed in",
        "https://shop.example/cart",
        "CPython",
        "attempt",
        "shop@1.2",
        "django",
    ):
        assert shown in html


def test_it_walks_from_event_to_event(issue: Issue, member: Client) -> None:
    first, second, third = ids(issue)
    latest = page(member, path(issue))
    assert "Latest of 3" in latest
    assert f"events/{second}/" in latest
    middle = page(member, path(issue, f"events/{second}/"))
    assert f"events/{first}/" in middle
    assert f"events/{third}/" in middle
    assert "Oldest of 3" in page(member, path(issue, "events/oldest/"))


def test_other_issues_events_are_not_found_here(
    issue: Issue, project: Project, member: Client
) -> None:
    other = make_issue(project, exception=None, message="else")
    assert member.get(path(issue, f"events/{ids(other)[0]}/")).status_code == 404
    assert member.get(path(issue, "events/nonsense/")).status_code == 404
    assert member.get("/o/acme/p/shop/issues/999/").status_code == 404


def test_strangers_see_nothing(issue: Issue, stranger: Client, client: Client) -> None:
    for rest in ("", "tags/", "events/", "peek/", "events/latest/json/"):
        assert stranger.get(path(issue, rest)).status_code == 404
        assert client.get(path(issue, rest)).status_code == 302


def test_an_event_past_retention_leaves_its_issue(issue: Issue, member: Client) -> None:
    gone = ids(issue)[0]
    Event.objects.filter(issue_id=issue.pk).delete()
    for rest in ("", f"events/{gone}/"):
        html = page(member, path(issue, rest))
        assert "This event is gone" in html
        assert ">3</b>" in html
    assert "No event is kept any more" in page(member, path(issue, "events/"))


def test_a_counted_only_event_says_so(project: Project, member: Client) -> None:
    issue = make_issue(project)
    Event.objects.filter(issue_id=issue.pk).update(payload=None)
    assert "only its tags, user and time were kept" in page(member, path(issue))
    assert "counted only" in page(member, path(issue, "events/"))
    assert member.get(path(issue, "events/latest/json/")).status_code == 404


def test_what_could_not_be_taken_as_it_was_sent_is_told(
    project: Project, member: Client
) -> None:
    issue = make_issue(project, user=7, timestamp="soon", errors=[{"type": "own"}])
    text = page(member, path(issue))
    assert "3 problems with the data as it was sent" in text
    assert "<code>user</code> was not of the expected form and is left out" in text
    assert 'is left out: <bdi class="mono">soon</bdi>' in text
    assert "own" in text


def test_looking_at_an_issue_makes_it_seen(issue: Issue, member: Client) -> None:
    assert 'class="row unseen"' in page(member, "/o/acme/p/shop/")
    page(member, path(issue))
    assert Sighting.objects.count() == 1
    assert 'class="row unseen"' not in page(member, "/o/acme/p/shop/")


def test_why_the_events_are_one_issue(issue: Issue, member: Client) -> None:
    html = page(member, path(issue))
    assert "Why these events are one issue" in html
    assert "shop.cart · parse" in html


def test_what_happened_is_told(issue: Issue, member: Client) -> None:
    settling.resolve([issue.pk], user=None)
    later = datetime.now(UTC) + timedelta(minutes=1)
    store(make_event(issue.project, received_at=later))
    html = page(member, path(issue))
    assert "First seen in shop@1.0" in html
    assert "Resolved" in html
    assert "Regressed: it happened again" in html
    assert '<span class="badge b-reg">Regressed</span>' in html


def test_the_buttons_fit_the_status(issue: Issue, member: Client) -> None:
    assert 'value="resolve"' in page(member, path(issue))
    settling.resolve([issue.pk], user=None)
    html = page(member, path(issue))
    assert 'value="unresolve"' in html
    assert 'value="resolve"' not in html


def test_who_may_only_look_is_shown_no_buttons(issue: Issue, viewer: Client) -> None:
    html = page(viewer, path(issue))
    assert 'name="do"' not in html
    assert "Copy as Markdown" in html


def test_how_traces_are_shown_is_remembered(issue: Issue, member: Client) -> None:
    raw = page(member, path(issue, "?raw=1"))
    assert "Traceback (most recent call last):" in raw
    assert "Traceback (most recent call last):" in page(member, path(issue))
    assert "Traceback" not in page(member, path(issue, "?raw=0&order=oldest"))
    again = page(member, path(issue))
    functions = re.findall(r'<bdi class="fn">(\w+)', again)
    assert functions == ["main", "parse"]


def test_tags_tell_their_shares(issue: Issue, member: Client) -> None:
    html = page(member, path(issue, "tags/"))
    assert html.count("33 %") >= 3
    assert "q=release%3Ashop%401.0" in html


def test_all_events_by_pages(
    issue: Issue, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.views.table.ROWS", 2)
    first = page(member, path(issue, "events/"))
    pager = first.partition('class="pager"')[2]
    (after,) = re.findall(r'rel="next" href="([^"]+)"', pager)
    second = page(member, path(issue, f"events/{after}"))
    seen = [re.findall(r'events/([0-9a-f]{32})/"', html) for html in (first, second)]
    assert seen == [ids(issue)[:0:-1], ids(issue)[:1]]


def test_the_event_as_a_file(issue: Issue, member: Client) -> None:
    answer = member.get(path(issue, "events/latest/json/"))
    assert json.loads(answer.content)["event_id"] == ids(issue)[2]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_event_in_words(issue: Issue, member: Client) -> None:
    answer = member.get(path(issue, "events/latest/markdown/"))
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    for told in ("# ValueError: bad value", "SHOP-1", "shop/cart.py:20", "signed in"):
        assert told in text


def test_the_failing_line_can_be_peeked_at(issue: Issue, member: Client) -> None:
    html = page(member, path(issue, "peek/"))
    assert "shop/cart.py:20" in html
    assert "<html" not in html
    silent = make_issue(issue.project, exception=None, message="else")
    assert "no stack trace" in page(member, path(silent, "peek/"))


def test_an_issue_keeps_within_its_budget(issue: Issue, member: Client) -> None:
    body = member.get(path(issue)).content
    assert len(body) <= MAX_BYTES
    assert len(gzip.compress(body, 6)) <= MAX_GZIP_BYTES


@pytest.mark.parametrize(
    "rest",
    ["", "events/oldest/", "tags/", "events/", "peek/", "users/", "releases/"],
)
def test_an_issue_takes_few_statements(issue: Issue, member: Client, rest: str) -> None:
    # The first look also notes that the issue was seen.
    member.get(path(issue))
    with statements.recorded() as seen:
        member.get(path(issue, rest))
    assert len(seen) <= MAX_STATEMENTS


def test_the_page_keeps_the_content_policy(issue: Issue, member: Client) -> None:
    policy = member.get(path(issue))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert latest_event(issue.pk) is not None


def test_breadcrumbs_are_filtered_by_links(project: Project, member: Client) -> None:
    crumbs = [
        {"category": "auth", "level": "info", "message": "signed in"},
        {"category": "console", "level": "error", "message": "went wrong"},
    ]
    at = path(make_issue(project, breadcrumbs=crumbs))
    (link,) = re.findall(r'href="([^"]+)#crumbs"[^>]*>error', page(member, at))
    html = page(member, at + link)
    assert "went wrong" in html
    assert "signed in" not in html
