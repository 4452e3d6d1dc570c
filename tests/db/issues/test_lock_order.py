"""Whoever takes several locks takes them in one order: see issues.locks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from issues import operations, partitions, purging, removal, retention, triage
from issues.locks import shard_lock
from issues.merging import actions
from issues.merging.changes import merge
from issues.models import Event, Issue, IssueState, Operation, Regrouping, Status
from issues.operations import Selection, deleting
from issues.regrouping import runs
from issues.repair import repair
from projects import rulesets
from projects.models import Project
from projects.services import hide_project
from tests.beside import Beside
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.regroups import begun, chosen, finish, regrouped

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("committed_db", "data_folder"),
]

KINDS = ("KeyError", "TypeError", "OSError", "ZError")


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def send(project: Project, days_ago: float = 0) -> list[Issue]:
    """An issue of each kind, with an event of each of two levels."""
    received_at = timezone.now() - timedelta(days=days_ago)
    for level in ("error", "error", "fatal"):
        store(
            *(
                make_event(
                    project,
                    make_payload(
                        level=level, exception={"values": [make_exception(kind)]}
                    ),
                    received_at=received_at,
                )
                for kind in KINDS
            )
        )
    return list(Issue.objects.filter(project=project).order_by("pk"))


def moving(project: Project) -> Regrouping:
    """A run by which each issue's fatal events begin an issue; it has to move them."""
    text = "type:*Error -> {{ default }}, {{ level }}"
    rulesets.change_grouping(project, chosen(text), by=None)
    run = begun(project)
    with pytest.MonkeyPatch.context() as one_step_a_turn:
        one_step_a_turn.setattr(runs, "SLICE_MAX_S", -1.0)
        while run.state == Regrouping.State.READING:
            go_on(run)
            run.refresh_from_db()
    assert run.state == Regrouping.State.MOVING
    return run


def delete(*issues: Issue) -> Operation:
    project = issues[0].project
    ids = [issue.pk for issue in issues]
    selection = Selection.of(project.organization, [project], ids)
    return operations.apply(selection, deleting.delete(), user=None)


def go_on(run: Regrouping) -> None:
    run.refresh_from_db()
    runs.advance(run.pk, run.turn)


@pytest.fixture
def _one_step_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SLICE_MAX_S", -1.0)


def assert_free(issues: list[Issue]) -> None:
    """Nobody holds the states of these."""
    rows = IssueState.objects.filter(issue__in=issues)
    with transaction.atomic():
        assert len(rows.select_for_update(nowait=True)) == len(issues)


def test_a_run_is_undone_by_two_ways_at_once(project: Project) -> None:
    send(project)
    run = regrouped(project, "type:*Error -> one")
    operation = Operation.objects.get(kind="regroup")
    with transaction.atomic():
        Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
        other = Beside(lambda: runs.undo(run, user=None))
        other.wait_until_it_waits()
        operations.undo(operation, None)
    with pytest.raises(runs.CannotUndo):
        other.join()
    finish(run)
    assert repair(dry_run=True).details == ()


def test_a_merge_is_undone_by_two_ways_at_once(project: Project) -> None:
    survivor, *others = send(project)
    selection = Selection.of(
        project.organization, [project], [one.pk for one in (survivor, *others)]
    )
    merged = operations.apply(selection, actions.merge(survivor.pk), user=None)
    apart = actions.unmerge(
        project.organization, project, survivor.pk, [one.pk for one in others]
    )
    with shard_lock(project.pk % configured.SHARDS, wait=True):
        undo = Beside(lambda: operations.undo(merged, None))
        undo.wait_until_it_waits()
        operations.apply(*apart, user=None)
    undo.join()
    merged.refresh_from_db()
    assert (merged.restored, merged.changed_since) == (0, len(others))
    assert repair(dry_run=True).details == ()


def test_deleting_a_family_waits_for_triage_with_nothing_in_hand(
    project: Project,
) -> None:
    first, second, *_ = send(project)
    merge(project, [first.pk, second.pk], into=second.pk, user=None)
    with transaction.atomic():
        IssueState.objects.select_for_update().get(issue=first)
        deletion = Beside(lambda: delete(second))
        deletion.wait_until_it_waits()
        # As triage does whose issues have been merged meanwhile.
        triage.set_status([first.pk, second.pk], Status.RESOLVED, user=None)
    deletion.join()
    assert repair(dry_run=True).details == ()


@pytest.mark.usefixtures("_one_step_a_turn")
def test_regrouping_waits_for_triage_with_nothing_in_hand(project: Project) -> None:
    issues = send(project)
    run = moving(project)
    while run.state == Regrouping.State.MOVING:
        with transaction.atomic():
            IssueState.objects.select_for_update().get(issue=issues[0])
            step = Beside(lambda: go_on(run))
            step.wait_or_end()
            assert_free(issues[1:])
        step.join()
        run.refresh_from_db()
    assert run.moved == len(KINDS)


def test_purging_waits_for_triage_with_nothing_in_hand(project: Project) -> None:
    first, second, *_ = send(project)
    merge(project, [first.pk, second.pk], into=second.pk, user=None)
    delete(second)
    due = timezone.now() + timedelta(days=purging.KEPT_DAYS + 1)
    with transaction.atomic():
        IssueState.objects.select_for_update().get(issue=first)
        purge = Beside(lambda: purging.purge_deleted(due))
        purge.wait_until_it_waits()
        assert_free([second])
    purge.join()
    assert not Issue.objects.filter(pk__in=[first.pk, second.pk]).exists()


def _purge(project: Project) -> Callable[[], object]:
    delete(*Issue.objects.filter(project=project))
    due = timezone.now() + timedelta(days=purging.KEPT_DAYS + 1)
    return lambda: purging.purge_deleted(due)


def _remove(project: Project) -> Callable[[], object]:
    hide_project(project)
    return removal.remove_deleted


def _regroup(project: Project) -> Callable[[], object]:
    run = moving(project)
    return lambda: finish(run)


@pytest.mark.parametrize("moves", [_purge, _remove, _regroup])
def test_a_day_is_dropped_beside_who_moves_its_events(
    project: Project,
    settings: Settings,
    moves: Callable[[Project], Callable[[], object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.RETENTION_DAYS = 10
    send(project, days_ago=9)
    make_issue(project)
    work = moves(project)
    tomorrow = timezone.now() + timedelta(days=2)
    with shard_lock(project.pk % settings.SHARDS, wait=True):
        moving_events = Beside(work)
        moving_events.wait_until_it_waits()
        dropping = Beside(lambda: retention.keep_partitions(tomorrow))
        dropping.wait_until_it_waits()
    moving_events.join()
    dropping.join()
    # It would have tried again.
    assert "deadlock" not in caplog.text
    assert not Event.objects.filter(received_at__lt=timezone.now() - timedelta(8))
    assert repair(dry_run=True).details == ()
    for day in partitions.existing():
        partitions.drop(day)
