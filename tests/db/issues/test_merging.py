"""What is merged counts as one and can be told apart again, to the last event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from issues import operations, triage
from issues.merging import actions
from issues.merging.changes import CannotMerge, CannotUnmerge, merge, unmerge
from issues.merging.families import family_of, members_of, survivor_of
from issues.models import (
    Activity,
    Bookmark,
    Event,
    FamilyMember,
    HourCount,
    Issue,
    IssueState,
    IssueTags,
    IssueUser,
    Operation,
    Snooze,
    Status,
    Substatus,
)
from issues.operations import Selection
from issues.removal import remove_deleted
from issues.repair import repair
from issues.snoozes import Until
from issues.tagcounts import tags_of_issue
from projects.models import Project
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)
from tests.people import make_user
from tests.statements import recorded

pytestmark = pytest.mark.django_db

# Of the first events; those of some hours later are not yet to come.
NOW = timezone.now().replace(microsecond=0) - timedelta(hours=6)


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def send(project: Project, name: str, count: int = 1, **fields: Any) -> int:
    """Stores events of the error of that name; the id of their source."""
    exception = {"values": [make_exception(name, function=name.lower())]}
    events = [
        make_event(project, make_payload(exception=exception, **fields))
        for _ in range(count)
    ]
    store(*events)
    found = Event.objects.get(event_id=events[0].event_id)
    return found.issue_id


def send_at(project: Project, name: str, minutes: int, user: str, **fields: Any) -> int:
    at = (NOW + timedelta(minutes=minutes)).timestamp()
    return send(project, name, timestamp=at, user={"id": user}, **fields)


def counts_of(issue_id: int) -> dict[str, Any]:
    """Everything that is counted of an issue, and what it is called."""
    state = IssueState.objects.get(issue=issue_id)
    issue = Issue.objects.get(pk=issue_id)
    hours = HourCount.objects.filter(issue=issue_id)
    users = IssueUser.objects.filter(issue=issue_id)
    return {
        "title": issue.title,
        "metadata": issue.metadata,
        "first_release": issue.first_release_id,
        "level": state.level,
        "times": (state.first_seen, state.last_seen, state.last_seen_minute),
        "numbers": (state.event_count, state.user_count, state.expired_count),
        "hours": sorted(hours.values_list("hour", "count", "expired_count")),
        "users": sorted(users.values_list("user_id", "has_expired")),
        "tags": {tag.key: dict(tag.values) for tag in tags_of_issue(issue_id)},
    }


def state_of(issue_id: int) -> IssueState:
    return IssueState.objects.get(issue=issue_id)


def test_survivor_counts_the_union_of_all(project: Project) -> None:
    one = send_at(project, "OneError", 0, "anna")
    send_at(project, "OneError", 1, "bert")
    other = send_at(project, "OtherError", 200, "anna", release="2.0")
    merge(project, [one, other], user=None)
    found = counts_of(one)
    assert found["numbers"] == (3, 2, 0)
    assert found["title"].startswith("OtherError")
    assert found["times"][:2] == (NOW, NOW + timedelta(minutes=200))
    assert sum(count for _, count, _ in found["hours"]) == 3
    assert found["tags"]["region"] == {"eu": 3}
    assert repair(dry_run=True).details == ()


def test_the_issue_with_most_events_survives(project: Project) -> None:
    one, other = send(project, "OneError"), send(project, "OtherError", 2)
    assert merge(project, [one, other], user=None).survivor_id == other


def test_a_named_issue_survives(project: Project) -> None:
    one, other = send(project, "OneError"), send(project, "OtherError", 2)
    assert merge(project, [other], user=None, into=one).survivor_id == one


def test_merged_issue_is_hidden(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    assert state_of(other).status == Status.MERGED
    assert survivor_of(other) == Issue.objects.get(pk=one)
    assert survivor_of(one) is None


def test_events_to_come_count_for_the_source_and_the_survivor(
    project: Project,
) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    assert send(project, "OtherError", 3) == other
    assert send(project, "OneError") == one
    assert (state_of(one).event_count, state_of(other).event_count) == (7, 4)
    assert repair(dry_run=True).details == ()


def test_unmerge_gives_back_exactly_what_would_have_been(project: Project) -> None:
    apart = make_project("apart")
    ids: dict[Project, tuple[int, int]] = {}
    for where in (project, apart):
        one = send_at(where, "OneError", 0, "anna", release="1.0")
        other = send_at(where, "OtherError", 70, "anna", tags={"plan": "pro"})
        ids[where] = one, other
        if where == project:
            merge(where, [one, other], user=None, into=one)
        send_at(where, "OtherError", 140, "cleo", tags={"plan": "free"})
        send_at(where, "OneError", 90, "dora")
        if where == project:
            unmerge(where, one, [other], user=None)
    for mine, theirs in zip(ids[project], ids[apart], strict=True):
        found, expected = counts_of(mine), counts_of(theirs)
        for name in ("numbers", "times", "hours", "tags", "title", "level", "metadata"):
            assert found[name] == expected[name]
    assert repair(dry_run=True).details == ()


def test_unmerge_leaves_nothing_hidden(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    unmerge(project, one, [other], user=None)
    assert Issue.objects.count() == 2
    assert not FamilyMember.objects.exists()
    assert not IssueState.objects.filter(status=Status.MERGED).exists()
    assert set(IssueTags.objects.values_list("issue", flat=True)) == {one, other}


def test_merging_survivors_leaves_no_chain(project: Project) -> None:
    a, b = send(project, "AError", 1), send(project, "BError", 2)
    c, d = send(project, "CError", 3), send(project, "DError", 4)
    merge(project, [a, b], user=None)
    merge(project, [c, d], user=None)
    merge(project, [b, d], user=None)
    assert family_of(a) == [d, a, b, c]
    assert state_of(d).event_count == 10
    assert state_of(b).event_count == 2
    send(project, "BError")
    assert (state_of(d).event_count, state_of(b).event_count) == (11, 3)
    assert repair(dry_run=True).details == ()


def test_a_member_leaves_a_larger_family(project: Project) -> None:
    a, b, c = (send(project, f"{name}Error", n) for n, name in enumerate("ABC", 1))
    merge(project, [a, b, c], user=None)
    unmerge(project, c, [a], user=None)
    assert family_of(c) == [c, b]
    assert (state_of(c).event_count, state_of(a).event_count) == (5, 1)
    assert repair(dry_run=True).details == ()


def test_hidden_issue_stands_for_its_survivor(project: Project) -> None:
    a, b, c = (send(project, f"{name}Error", n) for n, name in enumerate("ABC", 1))
    merge(project, [a, b], user=None)
    merge(project, [a, c], user=None, into=a)
    assert family_of(a)[0] == b


def test_merging_needs_two_issues_of_the_project(project: Project) -> None:
    one = send(project, "OneError")
    other = send(make_project("elsewhere"), "OtherError")
    with pytest.raises(CannotMerge):
        merge(project, [one, other], user=None)
    assert not FamilyMember.objects.exists()


def test_the_survivor_cannot_be_taken_out_of_itself(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    with pytest.raises(CannotUnmerge):
        unmerge(project, one, [one], user=None)


def test_unmerged_issue_is_what_it_was(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    settling.ignore_until([other], Until(events=5), user=None)
    merge(project, [one, other], user=None)
    assert not Snooze.objects.exists()
    unmerge(project, one, [other], user=None)
    state = state_of(other)
    expected = (Status.IGNORED, Substatus.UNTIL_CONDITION)
    assert (state.status, state.substatus) == expected
    assert Snooze.objects.get(issue=other).events == 5


def test_resolved_issue_that_came_back_while_merged_is_open(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    settling.resolve([other], user=None)
    merge(project, [one, other], user=None)
    send(project, "OtherError")
    unmerge(project, one, [other], user=None)
    assert state_of(other).status == Status.UNRESOLVED


def test_event_of_a_member_reopens_the_survivor(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    settling.resolve([one], user=None)
    send(project, "OtherError")
    assert state_of(one).status == Status.UNRESOLVED
    assert state_of(other).status == Status.MERGED


def test_merging_counts_towards_no_condition(project: Project) -> None:
    one, other = send(project, "OneError", 3), send(project, "OtherError", 2)
    settling.ignore_until([one], Until(events=2), user=None)
    merge(project, [one, other], user=None)
    send(project, "OtherError")
    assert state_of(one).status == Status.IGNORED
    send(project, "OneError")
    assert state_of(one).status == Status.UNRESOLVED


def test_events_of_members_count_within_a_window(project: Project) -> None:
    one, other = send(project, "OneError", 3), send(project, "OtherError", 2)
    merge(project, [one, other], user=None)
    settling.ignore_until([one], Until(events=2, event_window=60), user=None)
    send(project, "OtherError")
    send(project, "OneError")
    assert state_of(one).status == Status.UNRESOLVED


def test_bookmarks_of_members_are_lent(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    user = make_user("anna@example.com")
    triage.set_bookmark([other], user, True)
    merge(project, [one, other], user=None)
    assert set(Bookmark.objects.values_list("issue", flat=True)) == {one, other}
    unmerge(project, one, [other], user=None)
    assert set(Bookmark.objects.values_list("issue", flat=True)) == {other}


def test_both_issues_tell_of_the_unmerge(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    unmerge(project, one, [other], user=None)
    told = dict(Activity.objects.values_list("kind", "issue"))
    assert told["merge"] == told["unmerge_source"] == one
    assert told["unmerge_destination"] == other


def test_members_are_listed_without_the_survivor(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    assert [member.source_id for member in members_of(one)] == [other]


def apply_merge(
    project: Project, *issue_ids: int, into: int | None = None
) -> Operation:
    organization = project.organization
    selection = Selection.of(organization, [project], issue_ids)
    return operations.apply(selection, actions.merge(into), user=None)


def test_undo_of_a_merge_parts_what_was_merged(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    settling.resolve([other], user=None)
    operation = apply_merge(project, one, other)
    assert (operation.data["survivor"], operation.changed) == (one, 1)
    assert operations.undo(operation, None).restored == 1
    assert state_of(other).status == Status.RESOLVED
    assert not FamilyMember.objects.exists()


def test_undo_of_a_merge_gives_back_families(project: Project) -> None:
    a, b, c, d = (send(project, f"{name}Error", n) for n, name in enumerate("ABCD", 1))
    merge(project, [a, b], user=None)
    merge(project, [c, d], user=None)
    operation = apply_merge(project, b, d)
    send(project, "AError")
    operations.undo(operation, None)
    assert (family_of(a), family_of(c)) == ([b, a], [d, c])
    assert (state_of(b).event_count, state_of(d).event_count) == (4, 7)
    assert repair(dry_run=True).details == ()


def test_undo_of_a_merge_leaves_what_was_parted_since(project: Project) -> None:
    a, b, c = (send(project, f"{name}Error", n) for n, name in enumerate("ABC", 1))
    operation = apply_merge(project, a, b, c)
    unmerge(project, c, [a], user=None)
    undone = operations.undo(operation, None)
    assert (undone.restored, undone.changed_since) == (1, 1)


def test_undo_of_an_unmerge_merges_again(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    chosen = actions.unmerge(project.organization, project, one, [other])
    operation = operations.apply(*chosen, user=None)
    assert state_of(one).event_count == 2
    operations.undo(operation, None)
    assert state_of(one).event_count == 3
    assert repair(dry_run=True).details == ()


def test_merge_that_cannot_be_leaves_no_operation(project: Project) -> None:
    with pytest.raises(CannotMerge):
        apply_merge(project, send(project, "OneError"))
    assert not Operation.objects.exists()


def test_deleted_project_takes_families_along(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    Project.objects.filter(pk=project.pk).update(deleted_at=timezone.now())
    assert remove_deleted()
    assert not Issue.objects.exists()
    assert not FamilyMember.objects.exists()
    assert repair(dry_run=True).details == ()


def test_repair_mends_what_members_and_survivors_count(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    expected = counts_of(one), counts_of(other)
    share = FamilyMember.objects.get(source=one).counter_id
    for issue in (one, other, share):
        IssueState.objects.filter(issue=issue).update(event_count=7, user_count=9)
        HourCount.objects.filter(issue=issue).update(count=5)
        IssueUser.objects.filter(issue=issue).delete()
    assert {found.issue_id for found in repair().details} == {one, other, share}
    assert (counts_of(one), counts_of(other)) == expected
    assert repair(dry_run=True).details == ()


def test_repair_hides_members_and_shows_all_others(project: Project) -> None:
    a, b, c = (send(project, f"{name}Error", n) for n, name in enumerate("ABC", 1))
    merge(project, [b, c], user=None)
    IssueState.objects.filter(issue=a).update(status=Status.MERGED)
    IssueState.objects.filter(issue=b).update(status=Status.UNRESOLVED)
    assert {found.figure for found in repair().details} == {"merged"}
    assert [state_of(issue).status for issue in (a, b)] == [
        Status.UNRESOLVED,
        Status.MERGED,
    ]
    assert repair(dry_run=True).details == ()


def test_repair_makes_what_expired_the_sum_of_the_members(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    Event.objects.filter(issue_id=other).delete()
    IssueState.objects.filter(issue=other).update(expired_count=1)
    HourCount.objects.filter(issue=other).update(expired_count=1)
    IssueUser.objects.filter(issue=other).update(has_expired=True)
    for tags in IssueTags.objects.filter(issue=other):
        tags.expired_counts = tags.counts
        tags.save()
    repair()
    assert counts_of(one)["numbers"] == (3, 3, 1)
    assert repair(dry_run=True).details == ()


def test_repair_drops_a_share_of_nobody(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    merge(project, [one, other], user=None)
    FamilyMember.objects.all().delete()
    repair()
    assert set(Issue.objects.values_list("pk", flat=True)) == {one, other}
    assert (state_of(one).event_count, state_of(other).event_count) == (2, 1)
    assert repair(dry_run=True).details == ()


def test_a_batch_of_merged_issues_takes_no_more_statements(project: Project) -> None:
    one, other = send(project, "OneError", 2), send(project, "OtherError")
    with recorded() as alone:
        send(project, "OtherError")
    merge(project, [one, other], user=None)
    with recorded() as merged:
        send(project, "OtherError")
    assert len(merged) == len(alone)
