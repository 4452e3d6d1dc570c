"""What people say about an issue stands in its activity."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from issues import operations
from issues.comments import TEXT_MAX
from issues.merging import actions
from issues.models import Activity, Issue
from issues.operations import Selection
from projects.models import Project, Role, Team
from tests.factories import make_exception, make_issue
from tests.people import client_of, make_member, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def path(issue: Issue, rest: str = "") -> str:
    return f"/o/acme/p/{issue.project.slug}/issues/{issue.number}/{rest}"


def say(client: Client, issue: Issue, text: str) -> Any:
    return client.post(path(issue, "comments/"), {"text": text}, follow=True)


def comment_on(issue: Issue) -> Activity:
    return Activity.objects.get(issue=issue, kind="note")


def texts(issue: Issue) -> list[str]:
    rows = Activity.objects.filter(issue=issue, kind="note").order_by("pk")
    return [row.data["text"] for row in rows]


def test_a_comment_shows_as_markdown(issue: Issue, member: Client) -> None:
    page = say(member, issue, "It is **the cache**").content.decode()
    assert "It is <strong>the cache</strong>" in page


def test_a_comment_leads_back_to_itself(issue: Issue, member: Client) -> None:
    answer = member.post(path(issue, "comments/"), {"text": "Looking"})
    assert answer["Location"].endswith(f"#comment-{comment_on(issue).pk}")


def test_hostile_comments_are_text(issue: Issue, member: Client) -> None:
    attack = "<script>alert(1)</script> ![x](http://x.example/i.png) \0\u202e {{ 7 }}"
    page = say(member, issue, attack).content.decode()
    assert "<script>alert" not in page
    assert "x.example/i.png" not in re.sub(
        r'<a href="[^"]*"|<textarea.*?</textarea>', "", page, flags=re.S
    )
    assert "<img" not in page.partition('id="activity"')[2].partition("</section>")[0]


@pytest.mark.parametrize("text", ["", " \n ", "x" * (TEXT_MAX + 1)])
def test_what_is_no_comment_is_refused(issue: Issue, member: Client, text: str) -> None:
    say(member, issue, text)
    assert texts(issue) == []


def test_members_and_teams_are_mentioned(issue: Issue, member: Client) -> None:
    organization = issue.project.organization
    ann = make_member(organization, user=make_user("ann@acme.example")).user
    team = Team.objects.create(organization=organization, slug="core", name="Core")
    page = say(member, issue, "@ann and #core, not @eve").content.decode()
    assert comment_on(issue).data["mentions"] == [
        {"name": "@ann", "type": "user", "id": str(ann.pk)},
        {"name": "#core", "type": "team", "id": str(team.pk)},
    ]
    assert '<span class="mention">@ann</span>' in page


def test_nobody_of_elsewhere_is_mentioned(issue: Issue, member: Client) -> None:
    make_user("ann@acme.example")
    say(member, issue, "@ann")
    assert "mentions" not in comment_on(issue).data


def test_a_name_of_two_means_neither(issue: Issue, member: Client) -> None:
    for address in ("ann@acme.example", "ann@other.example"):
        make_member(issue.project.organization, user=make_user(address))
    say(member, issue, "@ann")
    assert "mentions" not in comment_on(issue).data


def test_a_comment_is_edited_by_who_wrote_it(issue: Issue, member: Client) -> None:
    say(member, issue, "Looking")
    at = path(issue, f"comments/{comment_on(issue).pk}/")
    page = member.post(at, {"text": "Found it"}, follow=True).content.decode()
    assert texts(issue) == ["Found it"]
    assert "(edited)" in page


def test_nobody_edits_what_others_wrote(issue: Issue, member: Client) -> None:
    say(member, issue, "Looking")
    at = path(issue, f"comments/{comment_on(issue).pk}/")
    owner = client_of(issue.project.organization, Role.OWNER)
    assert owner.post(at, {"text": "No"}).status_code == 403
    assert texts(issue) == ["Looking"]


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MEMBER, 403), (Role.ADMIN, 302), (Role.VIEWER, 403)]
)
def test_admins_delete_what_others_wrote(
    issue: Issue, member: Client, role: Role, status: int
) -> None:
    say(member, issue, "Looking")
    at = path(issue, f"comments/{comment_on(issue).pk}/")
    other = client_of(issue.project.organization, role)
    assert other.post(at, {"do": "delete"}).status_code == status


def test_one_deletes_ones_own(issue: Issue, member: Client) -> None:
    say(member, issue, "Looking")
    at = path(issue, f"comments/{comment_on(issue).pk}/")
    member.post(at, {"do": "delete"})
    assert texts(issue) == []


def test_viewers_read_only(issue: Issue, viewer: Client) -> None:
    assert say(viewer, issue, "Looking").status_code == 403
    assert "<textarea" not in viewer.get(path(issue)).content.decode()


def test_a_comment_is_of_its_issue_only(issue: Issue, member: Client) -> None:
    say(member, issue, "Looking")
    exception = {"values": [make_exception(function="other")]}
    other = make_issue(issue.project, exception=exception)
    at = path(other, f"comments/{comment_on(issue).pk}/")
    assert member.post(at, {"do": "delete"}).status_code == 404
    assert texts(issue) == ["Looking"]


def test_only_comments_are_edited(issue: Issue, member: Client) -> None:
    began = Activity.objects.filter(issue=issue).earliest("pk")
    at = path(issue, f"comments/{began.pk}/")
    assert member.post(at, {"do": "delete"}).status_code == 404


def test_a_merged_issue_shows_the_comments_of_all(issue: Issue, member: Client) -> None:
    user = make_member(issue.project.organization).user
    exception = {"values": [make_exception(function="other")]}
    other = make_issue(issue.project, exception=exception)
    say(member, issue, "From the first")
    say(member, other, "From the second")
    organization = issue.project.organization
    ids = [issue.pk, other.pk]
    selection = Selection.of(organization, [issue.project], ids)
    merged = operations.apply(selection, actions.merge(), user=user)
    survivor = Issue.objects.get(pk=merged.data["survivor"])
    page = html.unescape(signed_in(user).get(path(survivor)).content.decode())
    assert "From the first" in page
    assert "From the second" in page


def test_older_activity_is_a_link_away(issue: Issue, member: Client) -> None:
    for n in range(31):
        say(member, issue, f"Comment {n}.")
    assert "Comment 0." not in member.get(path(issue)).content.decode()
    shown = member.get(path(issue) + "?activity=all").content.decode()
    assert "Comment 0." in shown


def test_a_refused_comment_is_not_lost(issue: Issue, member: Client) -> None:
    text = "long " * TEXT_MAX
    page = say(member, issue, text).content.decode()
    assert text in page
    assert "A comment has at most" in page.partition('id="draft-error"')[2][:200]
    assert text not in member.get(path(issue)).content.decode()


def test_a_refused_change_of_a_comment_is_not_lost(
    issue: Issue, member: Client
) -> None:
    say(member, issue, "Looking")
    at = path(issue, f"comments/{comment_on(issue).pk}/")
    text = "longer " * TEXT_MAX
    page = member.post(at, {"text": text}, follow=True).content.decode()
    assert '<details open><summary class="dim">Edit' in page
    assert text in page
    assert texts(issue) == ["Looking"]


def test_a_draft_shows_on_its_own_issue_only(issue: Issue, member: Client) -> None:
    exception = {"values": [make_exception(function="other")]}
    other = make_issue(issue.project, exception=exception)
    member.post(path(issue, "comments/"), {"text": "long " * TEXT_MAX})
    assert "draft-error" not in member.get(path(other)).content.decode()
    assert "draft-error" in member.get(path(issue)).content.decode()


def test_an_edited_comment_shows_however_old_it_is(
    issue: Issue, member: Client
) -> None:
    say(member, issue, "The first")
    first = comment_on(issue)
    for n in range(31):
        say(member, issue, f"Comment {n}.")
    at = path(issue, f"comments/{first.pk}/")
    page = member.post(at, {"text": "Not the last"}, follow=True).content.decode()
    assert f'id="comment-{first.pk}"' in page


def test_deleting_a_comment_is_two_steps(issue: Issue, member: Client) -> None:
    page = say(member, issue, "Looking").content.decode()
    (step,) = re.findall(r"<details><summary[^>]*>Delete</summary>.*?</details>", page)
    assert 'value="delete"' in step
    activity = page.partition('id="activity"')[2].partition("</section>")[0]
    assert activity.count('value="delete"') == 1
