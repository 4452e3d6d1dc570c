"""The operation that keeps what a run has done."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils import timezone

from issues.models import FamilyMember, Operation, Regrouping, RegroupStep
from issues.operations.running import record
from issues.regrouping import steps
from projects.models import User

KIND = "regroup"


def note(run: Regrouping) -> None:
    """Keeps what the run has done as an operation; nothing if it changed no issue."""
    changed = _changed(run)
    if changed:
        record(
            KIND,
            run.project.organization,
            project_ids=[run.project_id],
            user=run.user,
            items=[[issue] for issue in changed],
            data={"run": run.pk},
        )


def lock(run: Regrouping) -> None:
    """Locks the run's operation, which comes before the run: see issues.locks."""
    list(_rows(run).select_for_update().values_list("pk"))


def note_undo(run: Regrouping, user: User | None) -> None:
    """Has the operation be as undone as the run, however that was asked for."""
    now = timezone.now()
    _rows(run).filter(undone_at__isnull=True).update(
        undone_at=now,
        undone_by=user,
        restored=F("changed"),
        undo_finished_at=now,
    )


def _rows(run: Regrouping) -> QuerySet[Operation]:
    rows = Operation.objects.filter(project=run.project_id, kind=KIND)
    return rows.filter(data__run=run.pk)


def _changed(run: Regrouping) -> list[int]:
    """The issues that lost or won events or were merged, as people see them."""
    merges = RegroupStep.objects.filter(run=run, kind=RegroupStep.Kind.MERGE)
    merged = {
        issue
        for survivor, data in merges.values_list("target_id", "data")
        for issue in (survivor, *(source for source, _before in data))
        if issue is not None
    }
    touched = steps.touched(run)
    members = FamilyMember.objects.filter(source__in=touched)
    survivors = dict(members.values_list("source_id", "survivor_id"))
    return sorted({*merged, *(survivors.get(issue, issue) for issue in touched)})
