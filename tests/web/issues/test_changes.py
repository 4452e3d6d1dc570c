"""What the buttons do: once, by whom it may be done, and back again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from issues.models import (
    Bookmark,
    Issue,
    IssueState,
    Resolution,
    Snooze,
    Status,
    Substatus,
)
from projects.models import Project
from tests import settling
from tests.factories import (
    make_event,
    make_issue,
    make_payload,
    make_project,
    store,
)

LIST = "/o/acme/p/shop/"
UPDATE = "/o/acme/issues/update/"


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def change(client: Client, do: str, *issues: object, **fields: Any) -> str:
    """Presses a button; the page that it leads to."""
    data = {"do": do, "issue": [str(one) for one in issues], "next": LIST} | fields
    answer = client.post(UPDATE, data)
    assert (answer.status_code, answer["Location"]) == (303, data["next"])
    return client.get(LIST).content.decode()


def undo_of(html: str) -> str:
    """The address to which the toast's button posts."""
    (address,) = re.findall(r'action="(/o/acme/operations/\d+/undo/)"', html)
    return str(address)


def status_of(issue: Issue) -> Status:
    return Status(IssueState.objects.get(issue=issue).status)


def test_resolving_says_so_and_can_be_undone(issue: Issue, member: Client) -> None:
    html = change(member, "resolve", issue.pk)
    assert "Resolved SHOP-1" in html
    assert status_of(issue) == Status.RESOLVED
    answer = member.post(undo_of(html), {"next": LIST})
    assert answer["Location"] == LIST
    assert status_of(issue) == Status.UNRESOLVED
    assert "Undone" in member.get(LIST).content.decode()


def test_several_at_once(project: Project, issue: Issue, member: Client) -> None:
    other = make_issue(project, exception=None, message="else")
    html = change(member, "ignore", issue.pk, other.pk)
    assert "2 issues ignored" in html
    assert (status_of(issue), status_of(other)) == (Status.IGNORED, Status.IGNORED)
    assert "2 issues reopened" in change(member, "unresolve", issue.pk, other.pk)


def test_what_is_resolved_already_is_not_counted(issue: Issue, member: Client) -> None:
    change(member, "resolve", issue.pk)
    html = change(member, "resolve", issue.pk)
    assert "Nothing changed" in html
    assert "/undo/" not in html


def test_each_way_to_ignore_that_the_menu_offers(issue: Issue, member: Client) -> None:
    page = member.get("/o/acme/p/shop/issues/1/").content.decode()
    ways = set(re.findall(r'value="(ignore_\w+)"', page))
    # One waits for the issue to escalate, one asks for more.
    ways -= {"ignore_escalating", "ignore_until"}
    assert len(ways) == 8
    for do in ways:
        assert "Ignored SHOP-1" in change(member, do, issue.pk)
        assert IssueState.objects.get().substatus == Substatus.UNTIL_CONDITION


def test_an_ignoring_that_is_undone_and_done_again(
    issue: Issue, member: Client
) -> None:
    change(member, "ignore_10", issue.pk)
    before = Snooze.objects.values().get()
    html = change(member, "resolve", issue.pk)
    assert not Snooze.objects.exists()
    member.post(undo_of(html), {"next": LIST})
    assert Snooze.objects.values().get() == before
    html = change(member, "ignore_hour", issue.pk)
    member.post(undo_of(html), {"next": LIST})
    assert Snooze.objects.values().get() == before


@pytest.mark.parametrize(
    ("do", "said", "version", "is_after"),
    [
        ("resolve_next", "in the next release", "shop@1.1", True),
        ("resolve_latest", "in the latest release", "shop@1.1", False),
        ("resolve_in", "in shop@1.0", "shop@1.0", False),
    ],
)
def test_resolving_in_a_release(
    project: Project, member: Client, do: str, said: str, version: str, is_after: bool
) -> None:
    make_issue(project, exception=None, message="else", release="shop@1.0")
    issue = make_issue(project, release="shop@1.1")
    offered = member.get(f"/o/acme/p/shop/issues/{issue.number}/").content.decode()
    assert f'value="{do}"' in offered
    html = change(member, do, issue.pk, version="shop@1.0")
    assert f"Resolved SHOP-2 {said}" in html
    kept = Resolution.objects.get()
    assert (kept.version, kept.is_after) == (version, is_after)
    page = member.get(f"/o/acme/p/shop/issues/{issue.number}/").content.decode()
    assert "resolved this in" in page


def test_what_waits_for_a_release_waits_again_after_an_undo(
    project: Project, member: Client
) -> None:
    issue = make_issue(project, release="shop@1.1")
    change(member, "resolve_next", issue.pk)
    html = change(member, "unresolve", issue.pk)
    assert not Resolution.objects.exists()
    member.post(undo_of(html), {"next": LIST})
    assert Resolution.objects.get().is_after
    assert status_of(issue) == Status.RESOLVED


@pytest.mark.parametrize(
    ("version", "said"),
    [("", "Name a release"), ("7" * 251, "can have such"), ("1\t2", "can have such")],
)
def test_what_is_no_name_of_a_release_is_refused(
    issue: Issue, member: Client, version: str, said: str
) -> None:
    assert said in change(member, "resolve_in", issue.pk, version=version)
    assert "no release yet" in change(member, "resolve_latest", issue.pk)
    assert status_of(issue) == Status.UNRESOLVED


def test_a_release_that_is_not_known_yet_is_waited_for(
    project: Project, member: Client
) -> None:
    issue = make_issue(project, release="shop@1.1")
    assert "in shop@1.3" in change(member, "resolve_in", issue.pk, version="shop@1.3")
    store(make_event(project, make_payload(release="shop@1.2")))
    assert status_of(issue) == Status.RESOLVED
    store(make_event(project, make_payload(release="shop@1.3")))
    assert status_of(issue) == Status.UNRESOLVED


def test_bookmarks(issue: Issue, member: Client) -> None:
    assert "Bookmarked SHOP-1" in change(member, "bookmark", issue.pk)
    assert Bookmark.objects.count() == 1
    change(member, "unbookmark", issue.pk)
    assert Bookmark.objects.count() == 0


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["99999999999999999999"]])
def test_nothing_chosen_changes_nothing(
    issue: Issue, member: Client, ids: list[str]
) -> None:
    assert "Select an issue first" in change(member, "resolve", *ids)
    assert status_of(issue) == Status.UNRESOLVED


def test_an_unknown_action_changes_nothing(issue: Issue, member: Client) -> None:
    assert "not known" in change(member, "explode", issue.pk)


def test_viewers_may_not(issue: Issue, viewer: Client) -> None:
    answer = viewer.post(UPDATE, {"do": "resolve", "issue": issue.pk})
    assert answer.status_code == 403
    assert status_of(issue) == Status.UNRESOLVED


def test_strangers_may_not(issue: Issue, stranger: Client) -> None:
    data = {"do": "resolve", "issue": issue.pk}
    assert stranger.post(UPDATE, data).status_code == 404
    answer = stranger.post("/o/other/issues/update/", data)
    assert answer.status_code == 303
    assert status_of(issue) == Status.UNRESOLVED


def test_one_organization_cannot_undo_anothers(
    issue: Issue, member: Client, stranger: Client
) -> None:
    html = change(member, "resolve", issue.pk)
    address = undo_of(html)
    assert stranger.post(address).status_code == 404
    elsewhere = address.replace("/o/acme/", "/o/other/")
    assert stranger.post(elsewhere).status_code == 404
    assert status_of(issue) == Status.RESOLVED


def test_nothing_is_undone_twice(issue: Issue, member: Client) -> None:
    address = undo_of(change(member, "resolve", issue.pk))
    member.post(address, {"next": LIST})
    settling.resolve([issue.pk], user=None)
    member.post(address, {"next": LIST})
    assert "be undone any more" in member.get(LIST).content.decode()
    assert status_of(issue) == Status.RESOLVED


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", ""])
def test_the_way_back_never_leaves_the_site(
    issue: Issue, member: Client, target: str
) -> None:
    answer = member.post(UPDATE, {"do": "resolve", "issue": issue.pk, "next": target})
    assert answer["Location"] == "/"


def test_changes_need_the_forms_token(issue: Issue, member: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = member.cookies
    answer = strict.post(UPDATE, {"do": "resolve", "issue": issue.pk})
    assert answer.status_code == 403
    assert status_of(issue) == Status.UNRESOLVED


def test_looking_changes_nothing(issue: Issue, member: Client) -> None:
    assert member.get(UPDATE).status_code == 405
    assert member.get("/o/acme/operations/1/undo/").status_code == 405


def test_a_deleted_projects_issues_stay_as_they_are(
    project: Project, issue: Issue, member: Client
) -> None:
    other = make_project("api", organization=project.organization)
    gone = make_issue(other)
    other.deleted_at = other.created_at
    other.save()
    assert "Select an issue first" in change(member, "resolve", gone.pk)
    assert status_of(gone) == Status.UNRESOLVED
