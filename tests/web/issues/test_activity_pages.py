"""Who did what when: one line for each thing, with its way back."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from issues import comments, happenings, operations
from issues.models import Issue, IssueState, Operation, Status
from issues.operations import Selection, marks, status
from projects.models import Membership, Project, Role
from tests import settling
from tests.factories import (
    make_event,
    make_issue,
    make_organization,
    make_payload,
    make_project,
    store,
)
from tests.people import client_of, make_member, signed_in

PROJECT = "/o/acme/p/shop/activity/"
ORGANIZATION = "/o/acme/activity/"


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    return [
        make_issue(project, exception=None, message=f"no {word}")
        for word in ("bread", "milk", "salt", "soap")
    ]


@pytest.fixture
def ada(project: Project) -> Membership:
    membership = make_member(project.organization, Role.MEMBER)
    membership.user.first_name = "Ada"
    membership.user.save()
    return membership


def do(
    issues: list[Issue], action: operations.Action, by: Membership | None
) -> Operation:
    projects = list({issue.project for issue in issues})
    organization = projects[0].organization
    selection = Selection.of(organization, projects, [issue.pk for issue in issues])
    return operations.apply(selection, action, user=by.user if by else None)


def lines(html: str) -> list[str]:
    """The lines of the page as text."""
    found = re.findall(r'<li><span class="dot">(.*?)</li>(?=<li><span|</ol>)', html)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)) for one in found]


def page_of(client: Client, address: str = PROJECT) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode().replace("\n", "")


def test_many_issues_are_one_line_with_samples(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    do(issues, status.ignore(), ada)
    (line,) = lines(page_of(member))
    for part in ("4 issues ignored", "Ada", "SHOP-1", "no bread", "4 in all"):
        assert part in line
    assert "SHOP-4" not in line


def test_the_button_undoes_it_and_says_so(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    done = do(
        issues[:1],
        status.resolve(
            Selection.of(
                issues[0].project.organization, [issues[0].project], [issues[0].pk]
            )
        ),
        ada,
    )
    html = page_of(member)
    assert "Resolved SHOP-1" in lines(html)[0]
    address = f"/o/acme/operations/{done.pk}/undo/"
    assert f'action="{address}"' in html
    member.post(address, {"next": PROJECT})
    assert IssueState.objects.get(issue=issues[0]).status == Status.UNRESOLVED
    html = page_of(member)
    assert "undone by" in lines(html)[0]
    assert f'action="{address}"' not in html


def test_what_the_service_does_is_told_beside_it(
    project: Project, member: Client, ada: Membership
) -> None:
    issue = make_issue(project)
    settling.resolve([issue.pk], user=ada.user)
    store(make_event(project, make_payload(release="shop@2")))
    newest, before = lines(page_of(member))
    assert "Regressed in shop@2" in newest
    assert "The service itself" in newest
    assert "Ada resolved this" in before


def test_filters_by_person_and_kind(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    do(issues, status.ignore(), ada)
    do(issues[:2], status.unresolve(), None)
    assert len(lines(page_of(member))) == 2
    assert "ignored" in lines(page_of(member, f"{PROJECT}?who={ada.user.pk}"))[0]
    (by_service,) = lines(page_of(member, f"{PROJECT}?who=service"))
    assert "2 issues reopened" in by_service
    (ignored,) = lines(page_of(member, f"{PROJECT}?what=ignore"))
    assert "4 issues ignored" in ignored
    assert "Nothing here" in page_of(member, f"{PROJECT}?what=set_regression")
    assert len(lines(page_of(member, f"{PROJECT}?what=nonsense&who=1x&cursor=x"))) == 2


def test_pages_follow_one_another_without_gap(
    issues: list[Issue],
    member: Client,
    ada: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(happenings, "ROWS", 2)
    do(issues, status.ignore(), ada)
    settling.unresolve([issues[0].pk], user=ada.user)
    do(issues[1:], status.unresolve(), ada)
    settling.ignore([issues[0].pk], user=ada.user)
    do(issues[:1], status.unresolve(), ada)
    seen, address = [], PROJECT
    while address:
        html = page_of(member, address)
        seen += lines(html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = PROJECT + following[1].replace("&amp;", "&") if following else ""
    said = ["Reopened SHOP-1", "ignored this", "3 issues reopened", "reopened this"]
    assert len(seen) == 5
    for line, part in zip(seen, [*said, "4 issues ignored"], strict=True):
        assert part in line


def test_what_changed_nothing_is_not_told(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    done = do(issues, status.ignore(), ada)
    Operation.objects.filter(pk=done.pk).update(changed=0)
    assert lines(page_of(member)) == []
    done.refresh_from_db()
    assert not operations.can_undo(done)


def test_bookmarks_are_nobody_elses_business(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    done = do(issues, marks.bookmark(True), ada)
    assert lines(page_of(member)) == []
    assert "4 issues bookmarked" in lines(page_of(signed_in(ada.user)))[0]
    answer = member.post(f"/o/acme/operations/{done.pk}/undo/")
    assert answer.status_code == 404


def test_the_organization_tells_of_all_projects(
    project: Project, issues: list[Issue], member: Client, ada: Membership
) -> None:
    other = make_issue(make_project("api", organization=project.organization))
    do([other, *issues], status.ignore(), ada)
    (line,) = lines(page_of(member, ORGANIZATION))
    assert "5 issues ignored" in line
    for address in (PROJECT, "/o/acme/p/api/activity/"):
        assert "5 issues ignored" in lines(page_of(member, address))[0]


def test_strangers_and_viewers(
    issues: list[Issue], viewer: Client, stranger: Client, ada: Membership
) -> None:
    do(issues, status.ignore(), ada)
    assert "/undo/" not in page_of(viewer)
    assert stranger.get(PROJECT).status_code == 404
    assert stranger.get(ORGANIZATION).status_code == 404
    elsewhere = client_of(make_organization("elsewhere"))
    assert lines(page_of(elsewhere, "/o/elsewhere/activity/")) == []


def test_the_issue_tells_of_it_with_undo(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    one = do(issues[:1], status.ignore(), ada)
    many = do(issues, status.unresolve(), ada)
    do(issues, status.ignore(), ada)
    html = page_of(member, "/o/acme/p/shop/issues/1/")
    assert f'action="/o/acme/operations/{one.pk}/undo/"' in html
    assert f"?operation={many.pk}" not in html
    last = Operation.objects.latest("pk").pk
    assert f'href="{ORGANIZATION}?operation={last}"' in html
    (line,) = lines(page_of(member, f"{ORGANIZATION}?operation={last}"))
    assert "4 issues ignored" in line


@pytest.mark.parametrize("address", [PROJECT, ORGANIZATION])
def test_what_people_say_is_told(
    issues: list[Issue], member: Client, ada: Membership, address: str
) -> None:
    comment = comments.add(issues[0], "It is <b>the cache</b>", ada.user)
    page = page_of(member, address)
    (line,) = lines(page)
    for part in ("Comment", "It is &lt;b&gt;the cache", "Ada", "SHOP-1"):
        assert part in line
    assert f"issues/1/?activity=all#comment-{comment.pk}" in page


def test_a_long_comment_is_told_by_its_beginning(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    comments.add(issues[0], "x" * 2000, ada.user)
    assert "x" * 301 not in page_of(member)


def test_comments_can_be_chosen(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    comments.add(issues[0], "Looking", ada.user)
    do(issues[1:], status.ignore(), ada)
    (line,) = lines(page_of(member, PROJECT + "?what=note"))
    assert "Looking" in line


def test_who_left_is_not_the_service(
    issues: list[Issue], member: Client, ada: Membership
) -> None:
    comments.add(issues[0], "Looking", ada.user)
    ada.user.delete()
    (line,) = lines(page_of(member))
    assert "Somebody who left" in line
    assert lines(page_of(member, PROJECT + "?who=service")) == []
