"""From issue to issue without the list."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import escape, unescape

import pytest
from django.test import Client

from issues.models import Issue
from projects.models import Project
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)

HOME = "/o/acme/p/shop/"

# The links of the walk have keys of their own.
PREVIOUS, NEXT = 'data-key="k"', 'data-key="j"'


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    """Four issues, seen an hour apart, the last two in the same minute; newest last."""
    began = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=4)
    for number, hours in enumerate((0, 1, 2, 2)):
        at = began + timedelta(hours=hours)
        exception = {"values": [make_exception(f"Error{number}", "", f"f{number}")]}
        payload = make_payload(exception=exception, timestamp=at.timestamp())
        store(make_event(project, payload, received_at=at))
    return list(Issue.objects.order_by("pk"))


def goes(client: Client, issue: Issue, way: str) -> str:
    answer = client.get(f"{HOME}issues/{issue.number}/{way}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def test_down_the_list_and_up_again(issues: list[Issue], member: Client) -> None:
    paths = [f"{HOME}issues/{issue.number}/" for issue in issues]
    down = [goes(member, issue, "next") for issue in reversed(issues)]
    assert down == [*reversed(paths[:-1]), HOME]
    up = [goes(member, issue, "previous") for issue in issues]
    assert up == [*paths[1:], HOME]


def test_issues_of_another_status_or_project_are_passed_over(
    issues: list[Issue], project: Project, member: Client
) -> None:
    settling.resolve([issues[1].pk], user=None)
    assert goes(member, issues[2], "next").endswith(f"issues/{issues[0].number}/")
    assert goes(member, issues[1], "next") == HOME


def test_the_page_leads_to_both(issues: list[Issue], member: Client) -> None:
    html = member.get(f"{HOME}issues/{issues[1].number}/").content.decode()
    for way in ("next", "previous"):
        assert f'href="{HOME}issues/{issues[1].number}/{way}/"' in html


def test_strangers_are_led_nowhere(issues: list[Issue], stranger: Client) -> None:
    for way in ("next", "previous"):
        at = f"{HOME}issues/{issues[1].number}/{way}/"
        assert stranger.get(at).status_code == 404


class TestFromAList:
    """Walking a list that was opened, in its order, whatever happens meanwhile."""

    def test_rows_lead_through_the_list_they_stand_in(
        self, issues: list[Issue], member: Client
    ) -> None:
        at = rows(member, q="is:unresolved", sort="first_seen")[1]
        html = member.get(at).content.decode()
        assert "2 of 4" in html
        assert goes_on(member, at) == [issue.number for issue in issues[1::-1]]

    def test_the_lists_query_and_order_hold(
        self, issues: list[Issue], project: Project, member: Client
    ) -> None:
        for _ in range(2):
            again = {"values": [make_exception("Error1", "", "f1")]}
            store(make_event(project, make_payload(exception=again)))
        first = rows(member, q="!error.type:Error2", sort="events")[0]
        assert goes_on(member, first) == [n.number for n in issues[3::-3]]

    def test_a_resolved_issue_keeps_its_place(
        self, issues: list[Issue], member: Client
    ) -> None:
        at = rows(member)[1]
        settling.resolve([issues[2].pk], user=None)
        html = member.get(at).content.decode()
        assert "2 of 4" in html
        assert goes_on(member, at) == [issues[1].number, issues[0].number]
        assert goes_back(member, at) == [issues[3].number]

    def test_an_event_that_comes_meanwhile_moves_nothing(
        self, issues: list[Issue], project: Project, member: Client
    ) -> None:
        at = rows(member)[1]
        again = {"values": [make_exception("Error2", "", "f2")]}
        store(make_event(project, make_payload(exception=again)))
        assert goes_on(member, at) == [issues[1].number, issues[0].number]

    def test_the_ends_lead_no_further(
        self, issues: list[Issue], member: Client
    ) -> None:
        all_rows = rows(member)
        first = member.get(all_rows[0]).content.decode()
        last = member.get(all_rows[-1]).content.decode()
        assert PREVIOUS not in first
        assert NEXT in first
        assert PREVIOUS in last
        assert NEXT not in last

    def test_past_an_end_that_has_come_nearer_is_the_list(
        self, issues: list[Issue], member: Client
    ) -> None:
        at = rows(member, q="is:unresolved", sort="events")[2]
        settling.resolve([issue.pk for issue in issues], user=None)
        assert step(member, at, "next") == f"{HOME}?q=is:unresolved&sort=events"

    def test_through_the_projects_of_an_organization(
        self, issues: list[Issue], project: Project, member: Client
    ) -> None:
        other = make_project("till", organization=project.organization)
        store(make_event(other, make_payload()))
        at = rows(member, path="/o/acme/issues/", sort="first_seen", q="")[0]
        assert "/p/till/" in at
        assert "/p/shop/" in step(member, at, "next")

    def test_back_to_the_page_of_the_list_that_shows_the_issue(
        self, project: Project, member: Client
    ) -> None:
        make_many(project, 27)
        at = rows(member)[24]
        second = step(member, at, "next")
        back = back_from(member, second)
        assert "cursor=" in back
        assert second.partition("?")[0] in "".join(rows(member, path=back))
        first = step(member, second, "previous")
        assert first.partition("?")[0] in "".join(
            rows(member, path=back_from(member, first))
        )

    def test_the_issues_other_pages_carry_it_on(
        self, issues: list[Issue], member: Client
    ) -> None:
        at = rows(member)[1]
        path, _, walk = at.partition("?")
        for page in ("events/", "tags/", "users/", "releases/", "merged/"):
            html = member.get(f"{path}{page}?{walk}").content.decode()
            assert "2 of 4" in html
            assert f'href="{path}?{escape(walk)}"' in html

    def test_triaging_stays_on_the_walk(
        self, issues: list[Issue], member: Client
    ) -> None:
        at = rows(member)[1]
        html = member.get(at).content.decode()
        assert f'name="next" value="{escape(at)}"' in html

    def test_a_comment_stays_on_the_walk(
        self, issues: list[Issue], member: Client
    ) -> None:
        path, _, walk = rows(member)[1].partition("?")
        answer = member.post(f"{path}comments/?{walk}", {"text": "Mine"})
        assert answer["Location"].startswith(f"{path}?{walk}#comment-")

    @pytest.mark.parametrize(
        "walk",
        ["x", "p.1.0.4", "p.1.5.4", "p.1.1.4.q=is:nonsense", "o.1.1.4+.\0", "p" * 5000],
    )
    def test_a_walk_that_makes_no_sense_breaks_nothing(
        self, issues: list[Issue], member: Client, walk: str
    ) -> None:
        path = f"{HOME}issues/{issues[1].number}/"
        assert member.get(path, {"walk": walk}).status_code == 200
        assert member.get(f"{path}next/", {"walk": walk}).status_code == 302

    def test_a_very_long_query_is_not_carried(
        self, issues: list[Issue], member: Client
    ) -> None:
        assert all(
            "?" not in at for at in rows(member, q="!zzz " * 40 + "!" + "z" * 900)
        )

    def test_a_walk_takes_only_what_lists_ask_for(
        self, issues: list[Issue], member: Client
    ) -> None:
        path = f"{HOME}issues/{issues[1].number}/"
        back = back_from(
            member, f"{path}?walk=p.1.1.4.sort=events%26next=//evil.example"
        )
        assert back == f"{HOME}?sort=events"


def rows(client: Client, path: str = HOME, **asked: str) -> list[str]:
    """Where the rows of the list lead, from top to bottom."""
    html = client.get(path, asked).content.decode()
    return [unescape(at) for at in re.findall(r'class="r-link" href="([^"]+)"', html)]


def step(client: Client, at: str, way: str) -> str:
    path, mark, walk = at.partition("?")
    answer = client.get(f"{path}{way}/{mark}{walk}")
    assert answer.status_code == 302
    return str(answer["Location"])


def goes_on(client: Client, at: str, way: str = "next") -> list[int]:
    """The numbers of the issues that follow, until the page leads no further."""
    numbers: list[int] = []
    mark = NEXT if way == "next" else PREVIOUS
    while mark in client.get(at).content.decode() and len(numbers) < 10:
        at = step(client, at, way)
        if "/issues/" not in at:
            break
        numbers.append(int(at.partition("/issues/")[2].partition("/")[0]))
    return numbers


def goes_back(client: Client, at: str) -> list[int]:
    return goes_on(client, at, "previous")


def back_from(client: Client, at: str) -> str:
    """Where the issue's page leads back to, without the row's mark."""
    html = client.get(at).content.decode()
    found = re.search(r'class="crumbs"[^>]*><a href="([^"#]+)#i-\d+"', html)
    assert found is not None
    return unescape(found[1])


def make_many(project: Project, count: int) -> None:
    now = datetime.now(UTC)
    events = []
    for number in range(count):
        exception = {"values": [make_exception(f"Many{number}", "", f"m{number}")]}
        at = (now - timedelta(minutes=number)).timestamp()
        events.append(
            make_event(project, make_payload(exception=exception, timestamp=at))
        )
    store(*events)
