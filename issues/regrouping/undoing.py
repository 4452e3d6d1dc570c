"""Takes a run back: events, hashes and merges, exactly as far as it went.

What has changed since stays: an event that has moved on, a hash that leads elsewhere,
an issue that was deleted.
"""

from __future__ import annotations

from uuid import UUID

from issues.locks import hold_shards, lock_states
from issues.merging.changes import CannotMerge, CannotUnmerge, merge, unmerge
from issues.merging.families import with_families
from issues.models import (
    VISIBLE_STATUSES,
    Fingerprint,
    Issue,
    IssueState,
    Regrouping,
    RegroupStep,
)
from issues.regrouping import steps
from issues.regrouping.counting import move_events, sum_up_families
from issues.regrouping.naming import name_anew

_ISSUES_AT_ONCE = 20


def undo_some(run: Regrouping) -> bool:
    """Takes one more step back within the caller's transaction; False at the end.

    Steps are taken back from the last one on; then issues are named anew.
    """
    hold_shards([run.project_id])
    if "named" in run.place:
        return _name(run)
    rows = RegroupStep.objects.filter(run=run).order_by("-number")
    step = rows.filter(number__lt=run.place["below"]).first()
    if step is None:
        run.place = {"named": 0}
        return True
    match step.kind:
        case RegroupStep.Kind.MERGE:
            _take_apart(run, step)
        case RegroupStep.Kind.EVENTS:
            _move_back(run, step)
        case _:
            _lead_back(run, step)
    run.place = {"below": step.number}
    return True


def _take_apart(run: Regrouping, step: RegroupStep) -> None:
    """Parts what was merged, and merges again what the merge brought along."""
    user = run.undone_by
    seen = IssueState.objects.filter(issue=step.target_id)
    if not seen.filter(status__in=VISIBLE_STATUSES).exists():
        return
    try:
        sources = [source for source, _ in step.data]
        unmerge(run.project, step.target_id or 0, sources, user=user)
    except CannotUnmerge:
        return
    families: dict[int, list[int]] = {}
    for source, before in step.data:
        if before:
            families.setdefault(before, []).append(source)
    for survivor, members in families.items():
        try:
            merge(run.project, [survivor, *members], user=user, into=survivor)
        except CannotMerge:
            continue


def _move_back(run: Regrouping, step: RegroupStep) -> None:
    source, target = step.target_id, step.source_id
    if source is None or target is None or step.received_from is None:
        return
    both = {source, target}
    if set(Issue.objects.filter(pk__in=both).values_list("pk", flat=True)) != both:
        return
    lock_states(with_families(both))
    moved = move_events(
        run.project_id,
        step.event_ids,
        source=source,
        target=target,
        received_from=step.received_from,
        received_to=step.received_to or step.received_from,
    )
    if moved:
        run.done += len(moved.events)


def _lead_back(run: Regrouping, step: RegroupStep) -> None:
    marks = steps.marks_of(step)
    rows = Fingerprint.objects.filter(
        project=run.project_id, hash__in=[mark.hash for mark in marks]
    )
    now = dict(rows.values_list("hash", "issue_id"))
    ours = [mark for mark in marks if now.get(mark.hash) == mark.after]
    alive = set(
        Issue.objects.filter(pk__in=[m.before for m in ours if m.before]).values_list(
            "pk", flat=True
        )
    )
    back: list[tuple[UUID, int]] = [
        (mark.hash, mark.before)
        for mark in ours
        if mark.before is not None and mark.before in alive
    ]
    steps.set_marks(run.project_id, back)
    gone = {mark.hash for mark in ours} - {one for one, _ in back}
    rows.filter(hash__in=gone).delete()


def _name(run: Regrouping) -> bool:
    """Names issues after what they have again; those that have nothing go."""
    touched = steps.touched(run)
    start = run.place["named"]
    wanted = touched[start : start + _ISSUES_AT_ONCE]
    if not wanted:
        return False
    lock_states(with_families(wanted))
    name_anew(run, wanted)
    sum_up_families(run.project_id, wanted)
    begun = RegroupStep.objects.filter(
        run=run, kind=RegroupStep.Kind.FINGERPRINTS, target_id__in=wanted
    )
    empty = Issue.objects.filter(
        pk__in=begun.values("target_id"),
        state__event_count=0,
        membership__isnull=True,
        project=run.project_id,
    )
    empty.delete()
    run.place = {"named": start + len(wanted)}
    return True
