"""Who looks after an issue: given, taken and given back."""

from __future__ import annotations

import pytest

from issues import operations
from issues.assignment import NOBODY, Assignee, assignees_of, members_of, teams_of
from issues.models import Activity, Assignment, Issue, Operation
from issues.operations import Selection, assigning
from projects.errors import LastOwner
from projects.models import Membership, Organization, Role, Team, User
from projects.services import delete_team, remove_member
from tests.factories import make_issue, make_project
from tests.people import make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make_issue(make_project("shop"))


@pytest.fixture
def organization(issue: Issue) -> Organization:
    return issue.project.organization


@pytest.fixture
def ada(organization: Organization) -> Membership:
    user = make_user("ada@example.com")
    User.objects.filter(pk=user.pk).update(first_name="Ada 100%")
    return make_member(organization, Role.MEMBER, user=user)


@pytest.fixture
def core(organization: Organization) -> Team:
    return Team.objects.create(organization=organization, slug="core", name="Core")


def give(issue: Issue, to: Assignee, user: User | None = None) -> Operation:
    project = issue.project
    selection = Selection.of(project.organization, [project], [issue.pk])
    return operations.apply(selection, assigning.assign(to), user=user)


def holder(issue: Issue) -> str:
    row = assignees_of([issue.pk]).get(issue.pk)
    if row is None or row.member is None:
        return str(row.team) if row else ""
    return str(row.member.user)


def test_assigning_says_to_whom_and_by_whom(issue: Issue, ada: Membership) -> None:
    done = give(issue, Assignee(member_id=ada.pk), ada.user)
    assert holder(issue) == "Ada 100%"
    told = Activity.objects.get(operation=done)
    assert (told.kind, told.user) == ("assigned", ada.user)
    assert told.data["assigneeEmail"] == "ada@example.com"
    assert operations.said(done, "SHOP-1") == "Assigned SHOP-1 to Ada 100%"


def test_who_has_it_already_is_not_given_it_again(issue: Issue, core: Team) -> None:
    give(issue, Assignee(team_id=core.pk))
    assert give(issue, Assignee(team_id=core.pk)).changed == 0


def test_undo_gives_it_back(issue: Issue, ada: Membership, core: Team) -> None:
    give(issue, Assignee(team_id=core.pk))
    done = give(issue, Assignee(member_id=ada.pk))
    assert operations.undo(done, None).restored == 1
    assert holder(issue) == "#core"


def test_undo_leaves_alone_what_was_given_on(
    issue: Issue, ada: Membership, core: Team
) -> None:
    done = give(issue, Assignee(member_id=ada.pk))
    give(issue, Assignee(team_id=core.pk))
    give(issue, Assignee(member_id=ada.pk))
    assert operations.undo(done, None).changed_since == 1
    assert holder(issue) == "Ada 100%"


def test_taking_it_from_everybody_and_back(issue: Issue, core: Team) -> None:
    give(issue, Assignee(team_id=core.pk))
    done = give(issue, NOBODY)
    assert holder(issue) == ""
    operations.undo(done, None)
    assert holder(issue) == "#core"


def test_who_has_left_gets_nothing_back(issue: Issue, ada: Membership) -> None:
    give(issue, Assignee(member_id=ada.pk))
    done = give(issue, NOBODY)
    remove_member(ada, by=Role.OWNER)
    operations.undo(done, None)
    assert holder(issue) == ""


def test_issues_of_those_who_leave_are_nobodys(
    issue: Issue, ada: Membership, core: Team
) -> None:
    give(issue, Assignee(member_id=ada.pk))
    remove_member(ada, by=Role.OWNER)
    assert not Assignment.objects.exists()
    give(issue, Assignee(team_id=core.pk))
    core.delete()
    assert not Assignment.objects.exists()


def test_people_are_found_by_words_of_name_or_address(
    organization: Organization, ada: Membership, core: Team
) -> None:
    make_member(organization)
    assert list(members_of(organization, "ada exam")) == [ada]
    assert list(members_of(organization, "100%")) == [ada]
    assert members_of(organization).count() == 2
    assert list(teams_of(organization, "cor")) == [core]


def test_whoever_leaves_is_told_of_in_the_activity(
    issue: Issue, ada: Membership, core: Team
) -> None:
    other = make_issue(issue.project, exception=None, message="no bread")
    give(issue, Assignee(member_id=ada.pk))
    give(other, Assignee(team_id=core.pk))
    boss = make_member(issue.project.organization).user
    remove_member(ada, by=Role.OWNER, user=boss)
    delete_team(core, user=boss)
    taken = Activity.objects.filter(kind="unassigned", user=boss).order_by("issue")
    assert [told.issue_id for told in taken] == [issue.pk, other.pk]


def test_whoever_cannot_leave_keeps_his_issues(issue: Issue) -> None:
    only = make_member(issue.project.organization, Role.OWNER)
    give(issue, Assignee(member_id=only.pk))
    with pytest.raises(LastOwner):
        remove_member(only, by=Role.OWNER)
    assert holder(issue) == str(only.user)
