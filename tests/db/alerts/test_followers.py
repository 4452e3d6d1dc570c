"""Who hears of what: followers who want it, and nobody who may not see it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from alerts import wishes
from alerts.models import Kind, Notice
from issues import assignment, comments, operations
from issues.assignment import Assignee
from issues.merging import actions
from issues.models import CALLING_KINDS, Issue
from issues.operations import Selection
from issues.subscriptions import set_subscribed
from projects.models import Membership, Team, User
from tests.factories import make_exception, make_issue
from tests.people import make_member, make_user
from tests.telling import claim, follower, happened, told

ANN = "ann@acme.example"
KINDS = {
    Kind.REGRESSED: "set_regression",
    Kind.ESCALATING: "set_escalating",
    Kind.STATUS: "set_resolved",
    Kind.COMMENTED: "note",
}


@pytest.mark.parametrize("kind", KINDS)
def test_who_wants_no_mail_of_a_kind_gets_none(
    issue: Issue, ann: User, kind: Kind
) -> None:
    wishes.change(ann, unwanted=[kind], wants_own=False)
    happened(issue, KINDS[kind], text="Look")
    claim()
    assert told() == {}


@pytest.mark.parametrize("kind", sorted({*CALLING_KINDS} - {"assigned"}))
def test_followers_hear_of_all_that_is_claimed(
    issue: Issue, ann: User, kind: str
) -> None:
    activity = happened(issue, kind, text="Look")
    claim()
    assert told() == {ANN: [activity.pk]}


@pytest.mark.parametrize("kind", ["first_seen", "auto_set_ongoing", "merge"])
def test_what_befalls_any_issue_is_no_news(issue: Issue, ann: User, kind: str) -> None:
    happened(issue, kind)
    claim()
    assert told() == {}


def test_who_does_not_follow_hears_nothing(issue: Issue) -> None:
    make_member(issue.project.organization)
    happened(issue)
    claim()
    assert told() == {}


def test_who_unsubscribed_hears_nothing(issue: Issue, ann: User) -> None:
    set_subscribed([issue.pk], ann, False)
    happened(issue)
    claim()
    assert told() == {}


def test_own_doing_is_no_news_unless_it_is_wanted(issue: Issue, ann: User) -> None:
    happened(issue, "set_resolved", by=ann)
    claim()
    assert told() == {}
    wishes.change(ann, unwanted=[], wants_own=True)
    activity = happened(issue, "set_ignored", by=ann)
    claim()
    assert told() == {ANN: [activity.pk]}


def test_of_a_muted_project_nothing_is_heard(issue: Issue, ann: User) -> None:
    wishes.mute(ann, [issue.project], [issue.project])
    happened(issue)
    claim()
    assert told() == {}


def test_who_left_the_organization_hears_nothing(issue: Issue, ann: User) -> None:
    Membership.objects.get(user=ann).delete()
    happened(issue)
    claim()
    assert told() == {}


def test_who_was_barred_hears_nothing(issue: Issue, ann: User) -> None:
    ann.is_active = False
    ann.save()
    happened(issue)
    claim()
    assert told() == {}


def test_of_a_deleted_project_nothing_is_heard(issue: Issue, ann: User) -> None:
    issue.project.deleted_at = timezone.now()
    issue.project.save()
    happened(issue)
    claim()
    assert told() == {}


def test_an_assignment_is_told_to_whom_it_means_only(issue: Issue, ann: User) -> None:
    bob = make_member(issue.project.organization, user=make_user("bob@acme.example"))
    assignment.assign([issue.pk], Assignee(member_id=bob.pk), user=None)
    claim()
    assert list(told()) == ["bob@acme.example"]


def test_an_assignment_to_a_team_is_told_to_its_members(issue: Issue) -> None:
    organization = issue.project.organization
    team = Team.objects.create(organization=organization, slug="core", name="Core")
    cat, dan = (
        make_member(organization, user=make_user(f"{name}@acme.example"))
        for name in ("cat", "dan")
    )
    team.members.set([cat, dan])
    assignment.assign([issue.pk], Assignee(team_id=team.pk), user=dan.user)
    claim()
    assert list(told()) == ["cat@acme.example"]


def test_a_mention_is_of_another_kind_than_a_comment(issue: Issue, ann: User) -> None:
    wishes.change(ann, unwanted=[Kind.COMMENTED], wants_own=False)
    author = make_member(issue.project.organization).user
    comments.add(issue, "Looking", author)
    comments.add(issue, "Look, @ann", author)
    claim()
    assert [len(ids) for ids in told().values()] == [1]


def test_who_is_mentioned_by_an_edit_hears_of_it_and_nobody_else_again(
    issue: Issue, ann: User
) -> None:
    author = make_member(issue.project.organization).user
    follower(issue, "bob@acme.example")
    note = comments.add(issue, "Look", author)
    claim()
    Notice.objects.all().delete()
    for text in ("Look, @ann", "Look at this, @ann"):
        comments.edit(note, text, issue.project.organization)
        claim()
    assert told() == {ANN: [note.pk]}


def test_mentions_of_several_edits_are_each_told_once(issue: Issue, ann: User) -> None:
    author = make_member(issue.project.organization).user
    bob = follower(issue, "bob@acme.example")
    note = comments.add(issue, "Look", author)
    claim()
    Notice.objects.all().delete()
    for text in ("Look, @ann", "Look, @ann and @bob"):
        comments.edit(note, text, issue.project.organization)
    claim()
    assert told() == {ANN: [note.pk], bob.email: [note.pk]}


def test_an_edit_before_anybody_was_told_keeps_nobody_from_it(
    issue: Issue, ann: User
) -> None:
    author = make_member(issue.project.organization).user
    bob = follower(issue, "bob@acme.example")
    note = comments.add(issue, "Look", author)
    comments.edit(note, "Look, @ann", issue.project.organization)
    claim()
    assert told() == {ANN: [note.pk], bob.email: [note.pk]}


def test_who_follows_what_was_merged_hears_of_the_survivor(
    issue: Issue, ann: User
) -> None:
    exception = {"values": [make_exception(function="other")]}
    other = make_issue(issue.project, exception=exception)
    bob = follower(other, "bob@acme.example")
    organization = issue.project.organization
    both = Selection.of(organization, [issue.project], [issue.pk, other.pk])
    merged = operations.apply(both, actions.merge(), user=None)
    survivor = Issue.objects.get(pk=merged.data["survivor"])
    happened(survivor)
    claim()
    assert set(told()) == {ANN, bob.email}
