"""Who hears of an issue, and who has seen it."""

from __future__ import annotations

import pytest
from django.test import Client

from issues import assignment, operations
from issues.assignment import Assignee
from issues.merging import actions
from issues.models import Issue, Status, Subscription
from issues.operations import Selection, assigning, marks, status
from issues.people import people_of
from issues.triage import set_status
from projects.models import Membership, Project, Team, User
from tests.factories import make_exception, make_issue
from tests.people import make_member, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def core(ann: Membership) -> Team:
    """A team with Ann in it."""
    team = Team.objects.create(organization=ann.organization, slug="core", name="Core")
    team.members.add(ann)
    return team


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


@pytest.fixture
def ann(project: Project) -> Membership:
    return make_member(project.organization, user=make_user("ann@acme.example"))


def path(issue: Issue, rest: str = "") -> str:
    return f"/o/acme/p/{issue.project.slug}/issues/{issue.number}/{rest}"


def selected(*issues: Issue) -> Selection:
    project = issues[0].project
    ids = [issue.pk for issue in issues]
    return Selection.of(project.organization, [project], ids)


def reason(issue: Issue, user: User) -> str | None:
    found = people_of([issue.pk], issue.project.organization, user)
    return found.reason_of(user)


def test_at_first_nobody_is_subscribed(issue: Issue, ann: Membership) -> None:
    assert reason(issue, ann.user) is None
    assert (
        "You are not subscribed."
        in signed_in(ann.user).get(path(issue)).content.decode()
    )


def test_whoever_comments_is_subscribed(issue: Issue, ann: Membership) -> None:
    client = signed_in(ann.user)
    client.post(path(issue, "comments/"), {"text": "Looking"})
    assert reason(issue, ann.user) == "commented"
    assert "because you commented" in client.get(path(issue)).content.decode()


def test_whoever_is_mentioned_is_subscribed(
    issue: Issue, ann: Membership, member: Client
) -> None:
    member.post(path(issue, "comments/"), {"text": "Ask @ann"})
    assert reason(issue, ann.user) == "mentioned"


def test_whoever_is_assigned_is_subscribed(issue: Issue, ann: Membership) -> None:
    to = assigning.assign(Assignee(member_id=ann.pk))
    operations.apply(selected(issue), to, user=None)
    assert reason(issue, ann.user) == "assigned"


def test_whose_team_is_assigned_is_subscribed(
    issue: Issue, ann: Membership, core: Team
) -> None:
    bob = make_member(issue.project.organization).user
    to = assigning.assign(Assignee(team_id=core.pk))
    operations.apply(selected(issue), to, user=None)
    assert (reason(issue, ann.user), reason(issue, bob)) == ("assigned", None)


def test_whose_team_is_mentioned_is_subscribed(
    issue: Issue, ann: Membership, core: Team
) -> None:
    author = make_member(issue.project.organization).user
    signed_in(author).post(path(issue, "comments/"), {"text": "Look, #core"})
    assert reason(issue, ann.user) == "mentioned"


def test_whoever_bookmarks_is_subscribed(issue: Issue, ann: Membership) -> None:
    operations.apply(selected(issue), marks.bookmark(True), user=ann.user)
    assert reason(issue, ann.user) == "bookmarked"


def test_whoever_changes_the_status_is_subscribed(
    issue: Issue, ann: Membership
) -> None:
    operations.apply(selected(issue), status.ignore(), user=ann.user)
    assert reason(issue, ann.user) == "changed_status"


def test_the_service_is_not_subscribed(issue: Issue) -> None:
    set_status([issue.pk], Status.RESOLVED, user=None)
    assert not Subscription.objects.exists()


def test_the_first_reason_stays(issue: Issue, ann: Membership) -> None:
    operations.apply(selected(issue), marks.bookmark(True), user=ann.user)
    operations.apply(selected(issue), status.ignore(), user=ann.user)
    assert reason(issue, ann.user) == "bookmarked"


def test_whoever_unsubscribed_stays_so(issue: Issue, ann: Membership) -> None:
    client = signed_in(ann.user)
    client.post(path(issue, "comments/"), {"text": "Looking"})
    client.post(path(issue, "subscription/"), {"want": "no"})
    client.post(path(issue, "comments/"), {"text": "Once more"})
    assert reason(issue, ann.user) is None


def test_one_subscribes_and_unsubscribes(issue: Issue, viewer: Client) -> None:
    viewer.post(path(issue, "subscription/"), {"want": "yes"})
    assert "because you asked for it" in viewer.get(path(issue)).content.decode()
    viewer.post(path(issue, "subscription/"), {"want": "no"})
    assert "You are not subscribed." in viewer.get(path(issue)).content.decode()


def test_a_merged_issue_is_heard_of_by_all(issue: Issue, ann: Membership) -> None:
    other = make_issue(
        issue.project, exception={"values": [make_exception(function="other")]}
    )
    for one in (issue, other):
        bob = make_member(issue.project.organization).user
        operations.apply(selected(one), marks.bookmark(True), user=bob)
    client = signed_in(ann.user)
    merged = operations.apply(selected(issue, other), actions.merge(), user=ann.user)
    survivor = Issue.objects.get(pk=merged.data["survivor"])
    family = [survivor.pk, *({issue.pk, other.pk} - {survivor.pk})]
    found = people_of(family, issue.project.organization, ann.user)
    assert len(found.subscribers) == 2
    assert "Subscribers" in client.get(path(survivor)).content.decode()


def test_the_page_says_who_saw_it_last_first(issue: Issue, ann: Membership) -> None:
    bob = make_member(issue.project.organization, user=make_user("bob@acme.example"))
    signed_in(ann.user).get(path(issue))
    signed_in(bob.user).get(path(issue))
    found = people_of([issue.pk], issue.project.organization, ann.user)
    assert [one.user for one in found.seen_by] == [bob.user, ann.user]
    page = signed_in(ann.user).get(path(issue)).content.decode()
    seen = page.partition("Seen by")[2]
    assert seen.index("bob@acme.example") < seen.index("ann@acme.example")


def test_whoever_left_is_not_told_of(issue: Issue, ann: Membership) -> None:
    user = ann.user
    signed_in(user).get(path(issue))
    assignment.assign([issue.pk], Assignee(member_id=ann.pk), user=None)
    ann.delete()
    found = people_of([issue.pk], issue.project.organization, user)
    assert not found.everybody
