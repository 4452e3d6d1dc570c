"""Stored events go where the rules put them, and back, and every count stays exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from issues import operations
from issues.merging.changes import merge
from issues.models import (
    Event,
    Fingerprint,
    HourCount,
    Issue,
    IssueState,
    IssueUser,
    Operation,
    Regrouping,
    RegroupStep,
    Snooze,
    Status,
)
from issues.operations import said
from issues.regrouping import runs
from issues.regrouping.runs import AlreadyRunning, CannotUndo
from issues.repair import repair
from issues.tagcounts import tags_of_issue
from projects import rulesets
from projects.models import Project
from projects.policies import load_rules
from releases.models import Release
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)
from tests.regroups import begun, chosen, finish, regrouped, undone
from tests.settling import resolve

pytestmark = pytest.mark.django_db

ONE = "type:*Error -> one"
BY_LEVEL = "type:Halt -> {{ default }}, {{ level }}"
NOON = datetime.now(UTC).replace(hour=12, minute=0) - timedelta(days=1)


def send(project: Project, kind: str, count: int = 1, **fields: Any) -> None:
    """Stores so many events of a kind, by the rules that hold."""
    rules = load_rules([project.pk])[project.pk]
    is_sampled = fields.pop("is_sampled", False)
    error = {"values": [make_exception(kind, "x", "f")]}
    events = [
        make_event(
            project,
            make_payload(exception=error, **fields),
            received_at=NOON,
            sample_per_hour=0 if is_sampled else 1000,
            rules=rules,
        )
        for _ in range(count)
    ]
    store(*events)


def shown(project: Project) -> list[int]:
    """The events of the issues that people see, the smallest first."""
    rows = IssueState.objects.filter(project=project, status__lt=Status.MERGED)
    return sorted(rows.values_list("event_count", flat=True))


def everything(project: Project) -> dict[str, Any]:
    """All that is stored and counted of a project's issues."""
    issues = Issue.objects.filter(project=project, number__gt=0).order_by("pk")
    hours = HourCount.objects.filter(project=project).order_by("issue_id", "hour")
    users = IssueUser.objects.filter(project=project).order_by("issue_id", "user_id")
    marks = Fingerprint.objects.filter(project=project).order_by("hash")
    events = Event.objects.filter(project=project).order_by("event_id")
    states = IssueState.objects.filter(project=project).order_by("issue_id")
    return {
        "issues": list(issues.values("pk", "number", "title", "first_release_id")),
        "states": list(
            states.values(
                *("issue_id", "status", "level", "first_seen", "last_seen"),
                *("event_count", "user_count"),
            )
        ),
        "hours": list(hours.values_list("issue_id", "hour", "count")),
        "users": list(users.values_list("issue_id", "user_id")),
        "tags": {issue.pk: tags_of_issue(issue.pk) for issue in issues},
        "marks": list(marks.values_list("hash", "issue_id")),
        "events": list(events.values_list("event_id", "issue_id")),
    }


@pytest.fixture
def project() -> Project:
    """Issues of two errors, and one of five halts of two levels."""
    project = make_project("shop")
    send(project, "KeyError", 2, timestamp=(NOON - timedelta(hours=3)).timestamp())
    send(project, "TypeError", 3, user={"id": "anna"}, tags={"region": "us"})
    send(project, "Halt", 3, level="fatal", user={"id": "anna"}, release="shop@1")
    send(
        project,
        "Halt",
        2,
        level="info",
        user={"id": "bert"},
        tags={"region": "us"},
        timestamp=(NOON - timedelta(hours=5)).timestamp(),
        release="shop@2",
    )
    return project


def test_issues_of_one_kind_become_the_largest_one(project: Project) -> None:
    before = Issue.objects.get(title="TypeError: x")
    run = regrouped(project, ONE)
    assert run.state == Regrouping.State.DONE
    assert shown(project) == [5, 5]
    kept = Issue.objects.get(pk=before.pk)
    assert (kept.number, kept.state.event_count) == (before.number, 5)
    assert repair().differences == 0


def test_new_events_follow(project: Project) -> None:
    regrouped(project, ONE)
    send(project, "OtherError")
    assert shown(project) == [5, 6]
    assert repair().differences == 0


def test_an_issue_that_splits_keeps_the_largest_part(project: Project) -> None:
    before = Issue.objects.get(title="Halt: x")
    run = regrouped(project, BY_LEVEL)
    assert run.moved == 2
    new = Issue.objects.exclude(pk=before.pk).get(title="Halt: x")
    assert (new.state.event_count, new.state.user_count, new.state.level) == (2, 1, 20)
    old = IssueState.objects.get(issue=before)
    assert (old.event_count, old.user_count, old.level) == (3, 1, 50)
    assert new.number > before.number
    assert repair().differences == 0


def test_times_follow_the_events(project: Project) -> None:
    before = IssueState.objects.get(issue__title="Halt: x")
    regrouped(project, BY_LEVEL)
    old, new = IssueState.objects.filter(issue__title="Halt: x").order_by("issue")
    assert new.first_seen == before.first_seen == new.last_seen
    assert old.first_seen > before.first_seen
    assert old.last_seen == before.last_seen


def test_new_events_go_to_the_part_they_are_of(project: Project) -> None:
    regrouped(project, BY_LEVEL)
    send(project, "Halt", level="info")
    _, new = IssueState.objects.filter(issue__title="Halt: x").order_by("issue")
    assert new.event_count == 3


def test_a_part_goes_to_the_issue_that_is_of_its_kind(project: Project) -> None:
    text = "level:info -> info"
    rulesets.change_grouping(project, chosen(text), by=None)
    send(project, "Notice", level="info")
    finish(begun(project))
    assert shown(project) == [2, 3, 3, 3]
    assert repair().differences == 0


def test_the_first_release_follows_the_events(project: Project) -> None:
    regrouped(project, BY_LEVEL)
    old, new = Issue.objects.filter(title="Halt: x").order_by("pk")
    assert old.first_release == Release.objects.get(version="shop@1")
    assert new.first_release == Release.objects.get(version="shop@2")


def test_events_without_payload_stay(project: Project) -> None:
    send(project, "Halt", 4, level="info", is_sampled=True)
    regrouped(project, BY_LEVEL)
    old, new = IssueState.objects.filter(issue__title="Halt: x").order_by("issue")
    assert (old.event_count, new.event_count) == (7, 2)
    assert repair().differences == 0


def test_events_without_payload_go_along_with_a_whole_issue(project: Project) -> None:
    send(project, "KeyError", 2, is_sampled=True)
    regrouped(project, ONE)
    assert shown(project) == [5, 7]
    assert repair().differences == 0


def test_a_new_issue_is_as_settled_as_the_one_it_was_part_of(project: Project) -> None:
    resolve([Issue.objects.get(title="Halt: x").pk], user=None)
    regrouped(project, BY_LEVEL)
    states = IssueState.objects.filter(issue__title="Halt: x")
    assert {state.status for state in states} == {Status.RESOLVED}


def test_what_an_issue_waits_for_is_not_brought_nearer(project: Project) -> None:
    issue = Issue.objects.get(title="Halt: x")
    Snooze.objects.create(
        issue=issue, project=project, events=10, event_base=5, user_base=2
    )
    regrouped(project, BY_LEVEL)
    assert Snooze.objects.get(issue=issue).event_base == 3


def test_regrouping_twice_changes_nothing_more(project: Project) -> None:
    regrouped(project, BY_LEVEL)
    before = everything(project)
    run = finish(begun(project))
    assert run.moved == 0
    assert everything(project) == before


def test_what_people_merged_stays_merged(project: Project) -> None:
    ids = Issue.objects.filter(title__contains="Error").values_list("pk", flat=True)
    merge(project, ids, user=None)
    regrouped(project, BY_LEVEL)
    assert shown(project) == [2, 3, 5]
    assert repair().differences == 0


def test_a_part_of_a_merged_issue_leaves_its_family(project: Project) -> None:
    halt = Issue.objects.get(title="Halt: x")
    other = Issue.objects.get(title="TypeError: x")
    merge(project, [halt.pk, other.pk], user=None, into=other.pk)
    regrouped(project, BY_LEVEL)
    assert shown(project) == [2, 2, 6]
    assert repair().differences == 0


def test_undo_restores_all_that_there_was(project: Project) -> None:
    before = everything(project)
    run = regrouped(project, f"{ONE}\n{BY_LEVEL}")
    assert everything(project) != before
    run = undone(run)
    assert run.state == Regrouping.State.UNDONE
    assert everything(project) == before
    assert repair().differences == 0


def test_undo_leaves_what_came_since_where_it_is(project: Project) -> None:
    run = regrouped(project, BY_LEVEL)
    send(project, "Halt", level="info")
    undone(run)
    old, new = IssueState.objects.filter(issue__title="Halt: x").order_by("issue")
    assert (old.event_count, new.event_count) == (5, 1)
    assert repair().differences == 0


def test_undo_of_a_merge_leaves_families_as_they_were(project: Project) -> None:
    key = Issue.objects.get(title="KeyError: x").pk
    halt = Issue.objects.get(title="Halt: x").pk
    merge(project, [key, halt], user=None, into=key)
    before = shown(project)
    run = regrouped(project, ONE)
    assert shown(project) == [10]
    undone(run)
    assert shown(project) == before
    assert repair().differences == 0


def test_undo_is_refused_when_it_is_too_late(project: Project) -> None:
    run = regrouped(project, BY_LEVEL)
    Regrouping.objects.update(created_at=timezone.now() - timedelta(days=31))
    with pytest.raises(CannotUndo):
        runs.undo(run, user=None)


def test_undo_is_done_once(project: Project) -> None:
    run = undone(regrouped(project, BY_LEVEL))
    with pytest.raises(CannotUndo):
        runs.undo(run, user=None)


def test_one_run_of_a_project_goes_on_at_a_time(project: Project) -> None:
    begun(project)
    with pytest.raises(AlreadyRunning):
        begun(project)
    begun(make_project())


def test_a_run_waits_until_all_digests_know_the_rules(project: Project) -> None:
    kind, reason = Regrouping.Kind.REGROUP, Regrouping.Reason.RULES
    run = runs.start(project, kind, reason, user=None)
    assert runs.advance(run.pk, 0) is None
    run.refresh_from_db()
    assert (run.place, run.is_running) == ({}, True)


def test_a_run_ends_when_other_rules_hold(project: Project) -> None:
    run = begun(project)
    rulesets.change_grouping(project, chosen(ONE), by=None)
    assert finish(run).state == Regrouping.State.CANCELED


def test_a_canceled_run_goes_no_further(project: Project) -> None:
    run = begun(project)
    assert runs.cancel(run)
    assert finish(run).done == 0
    assert not runs.cancel(run)


def test_a_turn_is_taken_once(project: Project) -> None:
    run = begun(project)
    assert runs.advance(run.pk, 7) is None
    runs.advance(run.pk, 0)
    run.refresh_from_db()
    assert run.turn == 1


def test_large_issues_are_gone_through_in_pieces(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.regrouping.reading.EVENTS_AT_ONCE", 2)
    before = everything(project)
    run = regrouped(project, f"{ONE}\n{BY_LEVEL}")
    assert run.done == run.total == 10
    assert shown(project) == [2, 3, 5]
    assert repair().differences == 0
    undone(run)
    assert everything(project) == before


def test_progress_counts_each_stored_event(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those without a payload, and those of issues that take several steps."""
    monkeypatch.setattr("issues.regrouping.reading.EVENTS_AT_ONCE", 2)
    send(project, "Halt", 4, is_sampled=True)
    run = finish(begun(project))
    assert (run.done, run.total) == (14, 14)


def test_many_issues_become_one_in_pieces(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.regrouping.carrying._MERGED_AT_ONCE", 1)
    send(project, "OtherError")
    before = everything(project)
    run = regrouped(project, ONE)
    assert shown(project) == [5, 6]
    assert run.steps.filter(kind="merge").count() == 2
    undone(run)
    assert everything(project) == before


def test_a_run_goes_on_where_it_was_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step is all that a turn takes: after each, another process may go on."""
    monkeypatch.setattr(runs, "SLICE_MAX_S", -1.0)
    before = everything(project)
    run = regrouped(project, f"{ONE}\n{BY_LEVEL}")
    assert run.turn > 5
    assert shown(project) == [2, 3, 5]
    undone(run)
    assert everything(project) == before


def test_what_undo_needs_goes_when_it_is_too_late(project: Project) -> None:
    regrouped(project, BY_LEVEL)
    assert runs.prune(timezone.now()) == 0
    runs.prune(timezone.now() + timedelta(days=32))
    assert not RegroupStep.objects.exists()


def test_a_run_is_undone_like_other_operations(project: Project) -> None:
    before = everything(project)
    run = regrouped(project, f"{ONE}\n{BY_LEVEL}")
    done = Operation.objects.get(kind="regroup")
    assert (done.changed, said(done)) == (4, "4 issues regrouped")
    assert operations.undo(done, None).restored == 4
    assert finish(run).state == Regrouping.State.UNDONE
    assert everything(project) == before


def test_a_run_can_be_undone_once_another_has_ended(project: Project) -> None:
    regrouped(project, BY_LEVEL)
    done = Operation.objects.get(kind="regroup")
    other = begun(project)
    with pytest.raises(operations.CannotUndo):
        operations.undo(done, None)
    finish(other)
    assert operations.can_undo(Operation.objects.get(pk=done.pk))


def test_a_run_that_was_undone_is_not_offered_for_undo(project: Project) -> None:
    undone(regrouped(project, BY_LEVEL))
    assert not operations.can_undo(Operation.objects.get(kind="regroup"))


def test_a_run_that_changed_nothing_is_no_operation(project: Project) -> None:
    regrouped(project, "type:Other -> other")
    assert not Operation.objects.filter(kind="regroup").exists()
