"""Actions on many issues by a form: which ones, what is asked first, what is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from issues.models import (
    Assignment,
    Issue,
    IssueState,
    Operation,
    Snooze,
    Status,
    Substatus,
)
from issues.operations import ONCE
from projects.models import Project, Role, Team
from tests.factories import make_issue, make_project
from tests.people import client_of

LIST = "/o/acme/p/shop/"
ALL = "/o/acme/issues/"
UPDATE = "/o/acme/issues/update/"


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    return [
        make_issue(project, exception=None, message=f"message {name}")
        for name in ("one", "two", "three")
    ]


def ask(client: Client, do: str, **fields: Any) -> str:
    """The page that asks before it is done."""
    answer = client.post(UPDATE, {"do": do, "next": LIST} | fields)
    assert answer.status_code == 200
    return answer.content.decode()


def kept(html: str) -> str:
    (found,) = re.findall(r'name="set" value="([^"]+)"', html)
    return str(found)


def answer(client: Client, do: str, html: str, **fields: Any) -> str:
    """Answers the question; the list that follows."""
    data = {"do": do, "set": kept(html), "next": LIST} | fields
    assert client.post(UPDATE, data).status_code == 303
    return client.get(LIST).content.decode()


def count_of(status: Status) -> int:
    return IssueState.objects.filter(status=status).count()


def test_all_that_match_are_those_that_matched_when_asked(
    project: Project, issues: list[Issue], member: Client
) -> None:
    html = ask(member, "resolve", everything="1")
    assert "<b>3</b> issues will change" in html
    assert count_of(Status.RESOLVED) == 0
    later = make_issue(project)
    assert "3 issues resolved" in answer(member, "resolve", html)
    assert count_of(Status.RESOLVED) == 3
    assert IssueState.objects.get(issue=later).status == Status.UNRESOLVED


def test_all_that_match_are_those_that_matched_when_ticked(
    project: Project, issues: list[Issue], member: Client
) -> None:
    data = {"do": "keep", "everything": "1", "next": LIST}
    ticked = member.post(UPDATE, data).json()
    assert (ticked["count"], ticked["label"]) == ("3", "All 3 that match")
    later = make_issue(project)
    html = ask(member, "resolve", everything=ticked["set"])
    assert "<b>3</b> issues will change" in html
    assert "3 issues resolved" in answer(member, "resolve", html)
    assert IssueState.objects.get(issue=later).status == Status.UNRESOLVED


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "javascript:alert(1)"])
def test_a_question_leads_to_no_other_site(
    issues: list[Issue], member: Client, elsewhere: str
) -> None:
    chosen = {"issue": issues[0].pk, "next": elsewhere, "list": elsewhere}
    assert elsewhere not in ask(member, "delete", **chosen)


def test_all_that_match_are_of_the_lists_search(
    issues: list[Issue], member: Client
) -> None:
    html = ask(member, "ignore", everything="1", next=f"{LIST}?q=two")
    assert "<b>1</b> issue will change" in html
    assert "Ignored" in answer(member, "ignore", html)
    assert IssueState.objects.get(issue=issues[1]).status == Status.IGNORED


def test_all_that_match_in_every_project(
    project: Project, issues: list[Issue], member: Client
) -> None:
    make_issue(make_project("api", organization=project.organization))
    html = ask(member, "seen", everything="1", next=ALL)
    assert "<b>4</b> issues will change" in html


@pytest.mark.parametrize(
    "address",
    ["/", "/o/other/issues/", "/profile/", "/nowhere/", "/o/acme/p/none/", "http://["],
)
def test_what_is_no_list_of_the_reader_has_no_issues(
    issues: list[Issue], member: Client, address: str
) -> None:
    data = {"do": "resolve", "everything": "1", "next": address}
    assert member.post(UPDATE, data).status_code == 404


def test_a_search_with_an_error_changes_nothing(
    issues: list[Issue], member: Client
) -> None:
    data = {"do": "resolve", "everything": "1", "next": f"{LIST}?q=is:wrong"}
    assert member.post(UPDATE, data).status_code == 303
    assert "is:wrong" in member.get(LIST).content.decode()


def test_a_kept_set_is_of_who_asked(
    project: Project, issues: list[Issue], member: Client
) -> None:
    owner = client_of(project.organization, Role.OWNER)
    html = ask(member, "resolve", everything="1")
    assert "Select an issue first" in answer(owner, "resolve", html)
    data = {"do": "resolve", "set": kept(html) + "x", "next": LIST}
    member.post(UPDATE, data)
    assert "Choose the issues again" in member.get(LIST).content.decode()
    assert count_of(Status.RESOLVED) == 0


def test_ignoring_until_something_else(issues: list[Issue], member: Client) -> None:
    html = ask(member, "ignore_until", issue=issues[0].pk)
    fields = {"span": "3", "unit": "1440", "events": "", "event_window": "0"}
    fields |= {"users": "7", "user_window": "60"}
    said = "Ignored SHOP-1 until 72 hours have passed or 7 users within an hour"
    assert said in answer(member, "ignore_until", html, **fields)
    kept = Snooze.objects.get()
    assert kept.until is not None
    assert (kept.users, kept.user_window, kept.events) == (7, 60, None)


@pytest.mark.parametrize("events", ["", "0", "-1", "x", "9" * 30, "٣" * 12])
def test_an_until_without_a_number_is_refused(
    issues: list[Issue], member: Client, events: str
) -> None:
    html = ask(member, "ignore_until", issue=issues[0].pk)
    given = {"events": events, "span": "", "users": "", "user_window": "60"}
    again = ask(member, "ignore_until", set=kept(html), **given)
    assert re.search('role="alert">(Give at least|Numbers go from)', again)
    assert f'name="events" value="{events}" aria-invalid="true"' in again
    assert '<option value="60" selected>' in again
    assert count_of(Status.IGNORED) == 0


def test_a_question_asked_again_is_about_the_same_issues(
    project: Project, issues: list[Issue], member: Client
) -> None:
    html = ask(member, "resolve_in", everything="1")
    again = ask(member, "resolve_in", set=kept(html), version="9\t9")
    assert "No release can have such a name" in again
    assert "<b>3</b> issues will change" in again
    make_issue(project, release="shop@9")
    said = answer(member, "resolve_in", again, version="shop@9")
    assert "3 issues resolved" in said


def test_numbers_too_long_to_read_name_nothing(
    issues: list[Issue], member: Client
) -> None:
    long = "9" * 5000
    data = {"do": "resolve", "issue": long, "next": LIST}
    assert member.post(UPDATE, data).status_code == 303
    data = {"do": "ignore_until", "issue": str(issues[0].pk), "next": LIST}
    data |= {"span": "1", "unit": long, "events": "1", "event_window": long}
    assert member.post(UPDATE, data).status_code == 303
    assert count_of(Status.IGNORED) == 1


@pytest.mark.parametrize("do", ["assign", "assign:\0", "resolve_in"])
def test_a_name_that_nothing_can_have_is_refused(
    issues: list[Issue], member: Client, do: str
) -> None:
    data = {"do": do, "issue": str(issues[0].pk), "next": LIST}
    data |= {"to": "a\0b", "version": "a\0b"}
    assert member.post(UPDATE, data).status_code == 303
    assert not Operation.objects.exists()


def test_resolving_in_another_release(project: Project, member: Client) -> None:
    make_issue(project, release="shop@1.1")
    html = ask(member, "resolve_in", issue=Issue.objects.get().pk)
    assert '<option value="shop@1.1">' in html
    said = answer(member, "resolve_in", html, version="shop@1.1")
    assert "Resolved SHOP-1 in shop@1.1" in said


def test_assigning_by_menu_and_by_question(
    project: Project, issues: list[Issue], member: Client
) -> None:
    team = Team.objects.create(
        organization=project.organization, slug="web", name="Web"
    )
    menu = member.get("/o/acme/issues/assignees/").content.decode()
    assert f'value="assign:team:{team.pk}"' in menu
    data = {"do": f"assign:team:{team.pk}", "issue": [i.pk for i in issues[:2]]}
    member.post(UPDATE, data | {"next": LIST})
    html = member.get(LIST).content.decode()
    assert "2 issues assigned to" in html
    assert html.count('title="Assigned to') == 2
    asked = ask(member, "assign", issue=issues[2].pk)
    answer(member, "assign", asked, to="me")
    assert Assignment.objects.filter(member__isnull=False).count() == 1
    member.post(UPDATE, {"do": "unassign", "issue": issues[2].pk, "next": LIST})
    assert Assignment.objects.count() == 2


def test_nobody_of_another_organization_is_assigned(
    issues: list[Issue], member: Client
) -> None:
    member.post(UPDATE, {"do": "assign:user:999", "issue": issues[0].pk, "next": LIST})
    assert "Nobody here" in member.get(LIST).content.decode()
    assert not Assignment.objects.exists()


def test_marking_as_seen(issues: list[Issue], member: Client) -> None:
    assert member.get(LIST).content.decode().count("row unseen") == 3
    member.post(UPDATE, {"do": "seen", "issue": issues[0].pk, "next": LIST})
    assert member.get(LIST).content.decode().count("row unseen") == 2


def test_a_large_set_tells_how_far_it_is(
    project: Project, issues: list[Issue], member: Client
) -> None:
    operation = Operation.objects.create(
        organization=project.organization,
        project=project,
        kind="resolve",
        count=ONCE * 3,
        done=ONCE,
        changed=ONCE,
    )
    address = f"/o/acme/operations/{operation.pk}/"
    html = member.get(address).content.decode()
    assert "1,000 of 3,000" in html
    assert f'hx-get="{address}"' in html
    Operation.objects.update(finished_at=operation.created_at, done=ONCE * 3)
    html = member.get(address).content.decode()
    assert "1000 issues resolved" in html
    assert "hx-get" not in html


@pytest.mark.parametrize("do", ["delete", "discard"])
def test_deleting_asks_first_and_can_be_undone(
    issues: list[Issue], member: Client, do: str
) -> None:
    html = ask(member, do, issue=issues[0].pk)
    assert "30 days" in html
    html = answer(member, do, html)
    assert count_of(Status.DELETED) == 1
    (undo,) = re.findall(r'<form method="post" action="([^"]+/undo/)"', html)
    member.post(undo, {"next": LIST})
    assert count_of(Status.DELETED) == 0


def test_ignoring_until_it_escalates(issues: list[Issue], member: Client) -> None:
    data = {"do": "ignore_escalating", "issue": issues[0].pk, "next": LIST}
    member.post(UPDATE, data)
    assert IssueState.objects.get(issue=issues[0]).substatus == (
        Substatus.UNTIL_ESCALATING
    )


@pytest.mark.parametrize("do", ["assign:me", "ignore_hour", "resolve_next", "delete"])
def test_every_action_on_all_that_match_asks_first(
    issues: list[Issue], member: Client, do: str
) -> None:
    assert "<b>3</b> issues will change" in ask(member, do, everything="1")


def test_merging_shows_what_it_would_make(issues: list[Issue], member: Client) -> None:
    data: dict[str, Any] = {"do": "merge", "issue": [one.pk for one in issues]}
    data["next"] = LIST
    answer = member.post(UPDATE, data)
    assert member.get(answer["Location"]).status_code == 200
    part = member.post(UPDATE, data, headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == answer["Location"]
    member.post(UPDATE, data | {"issue": issues[0].pk})
    assert "Choose from 2 to 100" in member.get(LIST).content.decode()


@pytest.mark.parametrize("sort", ["priority", "trend"])
def test_every_order_of_the_menu_is_one(
    issues: list[Issue], member: Client, sort: str
) -> None:
    html = member.get(LIST, {"sort": sort}).content.decode()
    assert f'value="{sort}" selected' in html


def test_an_issues_page_tells_and_changes_whose_it_is(
    issues: list[Issue], member: Client
) -> None:
    address = f"{LIST}issues/1/"
    member.post(UPDATE, {"do": "assign:me", "issue": issues[0].pk, "next": address})
    html = member.get(address).content.decode()
    assert re.search(r'id="assign".*<span class="ava"', html)


def test_a_deleted_issues_page_leads_to_its_list(
    issues: list[Issue], member: Client
) -> None:
    page = {"issue": issues[0].pk, "next": f"{LIST}issues/1/", "list": LIST}
    html = ask(member, "delete", **page)
    assert f'name="next" value="{LIST}"' in html
    assert f'href="{LIST}issues/1/"' in html
