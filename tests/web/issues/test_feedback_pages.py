"""What users said, on the pages of their project, issue and event."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.models import Issue
from projects.models import Project
from tests import settling
from tests.factories import make_issue, make_organization, make_project
from tests.files import PNG, attach_to
from tests.reports import say

PAGE = "/o/acme/p/shop/feedback/"
MAX_QUERIES = 13


@pytest.fixture
def issue(project: Project) -> Issue:
    contexts = {"browser": {"name": "Firefox", "version": "140.0"}}
    return make_issue(project, contexts=contexts)


def html(client: Client, at: str) -> str:
    answer = client.get(at)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_report_is_shown_with_its_issue_and_event(
    issue: Issue, project: Project, member: Client
) -> None:
    report = say(project, "It broke\nbadly", about=issue)
    shown = html(member, PAGE)
    assert report.event_id is not None
    for text in (
        "Ann Lee",
        'href="mailto:ann@example.com"',
        "It broke\nbadly",
        "ValueError",
        f"/issues/{issue.number}/events/{report.event_id.hex}/",
        "Firefox 140",
    ):
        assert text in shown


def test_the_issue_and_the_event_show_it_too(
    issue: Issue, project: Project, member: Client
) -> None:
    home = f"/o/acme/p/shop/issues/{issue.number}/"
    assert "User feedback <span" not in html(member, home)
    say(project, "It broke", about=issue)
    assert 'User feedback <span class="count">1</span>' in html(member, home)
    assert "It broke" in html(member, home)
    assert "It broke" in html(member, f"{home}feedback/")


def number_beside_the_tab(client: Client, at: str) -> str | None:
    tab = r'data-go="f"[^>]*>User feedback(?: <span class="count">([^<]*)</span>)?</a>'
    found = re.search(tab, html(client, at))
    assert found
    return found[1]


@pytest.mark.parametrize("at", ["", "overview/", "feedback/", "releases/", "monitors/"])
def test_the_tab_tells_on_each_page_how_many_reports_wait(
    issue: Issue, project: Project, member: Client, at: str
) -> None:
    at = f"/o/acme/p/shop/{at}"
    assert number_beside_the_tab(member, at) is None
    say(project, "On the issue", about=issue)
    say(project, "On nothing")
    assert number_beside_the_tab(member, at) == "2"
    settling.resolve([issue.pk], user=None)
    assert number_beside_the_tab(member, at) == "1"


def test_beside_the_tab_many_reports_are_no_exact_number(
    project: Project, member: Client
) -> None:
    for i in range(101):
        say(project, f"On nothing {i}")
    assert number_beside_the_tab(member, PAGE) == "99+"


def test_resolved_issues_take_their_reports_with_them(
    issue: Issue, project: Project, member: Client
) -> None:
    say(project, "On the issue", about=issue)
    settling.resolve([issue.pk], user=None)
    say(project, "On nothing")
    assert "On the issue" not in html(member, PAGE)
    assert "On nothing" in html(member, PAGE)
    everything = html(member, f"{PAGE}?status=all")
    assert "On the issue" in everything
    assert re.search(r"Unresolved 1<.*All 2<", everything)


def test_a_report_without_an_issue_can_be_resolved_by_itself(
    project: Project, member: Client, viewer: Client
) -> None:
    report = say(project, "On nothing")
    at = f"{PAGE}{report.pk}/resolve/"
    assert viewer.post(at).status_code == 403
    assert 'value="resolve"' not in html(viewer, PAGE)
    assert member.post(at, follow=True).status_code == 200
    assert "Nothing left to answer" in html(member, PAGE)
    assert "On nothing" in html(member, f"{PAGE}?status=all")
    member.post(at, {"do": "unresolve"})
    assert "On nothing" in html(member, PAGE)


def test_no_page_before_anybody_has_spoken(project: Project, member: Client) -> None:
    assert "No feedback yet" in html(member, PAGE)


def test_reports_come_in_pages_the_newest_first(
    project: Project, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.views.feedback.ROWS", 2)
    at = datetime.now(UTC)
    for number in range(5):
        # Two at the same instant are in order, too.
        moment = at - timedelta(minutes=number // 2)
        say(project, f"text {number}", received_at=moment)
    seen: list[str] = []
    following = PAGE
    for _ in range(3):
        shown = html(member, following)
        seen += re.findall(r"text \d", shown)
        after = re.findall(r'rel="next" href="\?([^"]+)"', shown)
        following = f"{PAGE}?{after[0]}" if after else ""
    assert seen == ["text 1", "text 0", "text 3", "text 2", "text 4"]
    assert following == ""


def test_a_cursor_that_makes_no_sense_gives_the_first_page(
    project: Project, member: Client
) -> None:
    say(project, "It broke")
    for before in ("x", "1.2.3", "99999999999999999.999999999"):
        assert "It broke" in html(member, f"{PAGE}?before={before}")


def test_a_report_is_never_markup(
    issue: Issue, project: Project, member: Client
) -> None:
    attack = '<script>alert(1)</script>"\u202e'
    for about in (issue, None):
        say(
            project,
            attack,
            about=about,
            name=attack,
            email=f"{attack}@example.com",
            url="javascript:alert(1)",
        )
    home = f"/o/acme/p/shop/issues/{issue.number}/"
    for at in (PAGE, home, f"{home}feedback/"):
        shown = html(member, at)
        assert "<script>alert" not in shown
        assert "\u202e" not in shown
        assert 'href="javascript:' not in shown
        assert "mailto:" not in shown


@pytest.mark.usefixtures("data_folder")
def test_screenshots_of_feedback_are_shown_with_it(
    project: Project, member: Client
) -> None:
    report = say(project, "Look")
    assert report.feedback_id is not None
    file = attach_to(project, report.feedback_id, PNG, "screenshot.png")
    assert f'<img src="/o/acme/p/shop/attachments/{file.pk}/"' in html(member, PAGE)
    text = attach_to(project, report.feedback_id, b"x", "a.log")
    path = f"/o/acme/p/shop/attachments/{text.pk}/text/"
    assert PAGE in html(member, path)


def test_reports_are_for_members_only(
    issue: Issue, project: Project, stranger: Client, client: Client
) -> None:
    say(project, "It broke", about=issue)
    for at in (PAGE, f"/o/acme/p/shop/issues/{issue.number}/feedback/"):
        assert stranger.get(at).status_code == 404
        assert client.get(at).status_code == 302


def test_only_reports_of_the_project_are_shown_and_changed(
    project: Project, member: Client
) -> None:
    other = make_project("blog", organization=project.organization)
    foreign = make_project("shop", organization=make_organization("other"))
    for elsewhere in (other, foreign):
        report = say(elsewhere, "Elsewhere")
        assert member.post(f"{PAGE}{report.pk}/resolve/").status_code == 404
    assert "Elsewhere" not in html(member, PAGE)


def test_a_page_costs_the_same_for_many_reports(
    issue: Issue, project: Project, member: Client
) -> None:
    for number in range(25):
        say(project, f"text {number}", about=issue if number % 2 else None)
    with CaptureQueriesContext(connection) as queries:
        member.get(PAGE)
    assert len(queries) <= MAX_QUERIES
