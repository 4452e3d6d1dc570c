"""Carries a plan out, one transaction after the other, and back again.

First hashes lead to where they belong, then the stages: issues begin, events move,
issues are called after what they have now, and those that are of one kind are merged.
Wherever a run is stopped, all counts are true, and each event is in one issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from issues.events import load_event
from issues.locks import hold_shards, lock_states
from issues.merging.changes import CannotMerge, merge
from issues.merging.families import with_families
from issues.models import (
    Event,
    Fingerprint,
    Issue,
    RegroupFinding,
    Regrouping,
    Status,
)
from issues.regrouping import reading, steps
from issues.regrouping.counting import move_events, sum_up_families
from issues.regrouping.naming import begin_issue, name_anew
from issues.regrouping.plan import Facts, Plan
from projects import arrays, postgres

_ISSUES_AT_ONCE = 20
_MERGED_AT_ONCE = 50

# Parameters: issue ids, hashes, targets; run id.
_AIM = """
UPDATE issues_regroupfinding AS f SET target_id = n.target
FROM unnest(%s::int4[], %s::uuid[], %s::int4[]) AS n(issue_id, hash, target)
WHERE f.run_id = %s AND f.issue_id = n.issue_id AND f.hash = n.hash
"""


def prepare(run: Regrouping, facts: Facts, plan: Plan) -> None:
    """Has new events go where they belong, and keeps what is to be done with the run.

    The caller has held the shard's lock since before it looked at the facts, and saves
    the run.
    """
    leaving = [one for found in plan.leaving.values() for one in found]
    postgres.run(
        _AIM,
        arrays.of_numbers(one.issue for one in leaving),
        arrays.of_hashes(one.hash for one in leaving),
        arrays.of_numbers(plan.owners.get(one.hash, 0) for one in leaving),
        run.pk,
    )
    owners = plan.owners.items()
    steps.lead_to(run, [(UUID(bytes=one), issue) for one, issue in owners])
    run.plan = {
        "begun": [
            [one.hex(), finding.issue, finding.newest_event, facts.known.get(one)]
            for one, finding in sorted(plan.begun.items())
        ],
        "leaving": sorted(plan.leaving),
        "merges": [piece for merged in plan.merges for piece in _pieces(merged)],
    }
    run.place = _place("begin")


def _pieces(merged: Sequence[int]) -> Iterator[list[int]]:
    """Merges into the first of them, of a size that one transaction can do."""
    survivor, *others = merged
    for start in range(0, len(others), _MERGED_AT_ONCE):
        yield [survivor, *others[start : start + _MERGED_AT_ONCE]]


def carry_on(run: Regrouping) -> bool:
    """Takes one step within the caller's transaction; False at the end."""
    stage: Callable[[Regrouping], bool] = _STAGES[run.place["stage"]]
    if stage(run):
        return True
    names = list(_STAGES)
    following = names.index(run.place["stage"]) + 1
    if following == len(names):
        return False
    run.place = _place(names[following])
    return True


def _place(stage: str, following: int = 0, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "next": following, **more}


def _hold(run: Regrouping, issues: Collection[int]) -> None:
    """Nothing else changes what these issues and their families count."""
    hold_shards([run.project_id])
    lock_states(with_families(issues))


def _begin(run: Regrouping) -> bool:
    """Begins issues, each with an event."""
    start = run.place["next"]
    wanted = run.plan["begun"][start : start + _ISSUES_AT_ONCE]
    if not wanted:
        return False
    _hold(run, {source for _one, source, _event, _known in wanted})
    for one, source, event, known in wanted:
        target = _begun(run, UUID(one), source, UUID(event), known)
        findings = RegroupFinding.objects.filter(run=run, hash=UUID(one), target_id=0)
        findings.update(target_id=target)
    run.place = _place("begin", start + len(wanted))
    return True


def _begun(
    run: Regrouping, one: UUID, source: int, event: UUID, known: int | None
) -> int | None:
    """The issue that the hash begins, or an event has begun since the plan was made."""
    mark = Fingerprint.objects.filter(project=run.project_id, hash=one).first()
    if mark is not None and mark.issue_id != known:
        return mark.issue_id
    stored = load_event(run.project_id, event)
    is_there = stored is not None and stored.row.issue_id == source
    if stored is None or not is_there or source not in _alive([source]):
        return None
    begun = begin_issue(run, stored, source)
    steps.lead_to(run, [(one, begun)], is_begun=True)
    _move(run, [stored.row], source=source, target=begun)
    return begun


def _move_some(run: Regrouping) -> bool:
    """Moves what leaves an issue, in the order in which it came."""
    start = run.place["next"]
    leaving: Sequence[int] = run.plan["leaving"]
    if start == len(leaving):
        return False
    source = leaving[start]
    place = run.place if "at" in run.place else reading.beginning()
    rows = reading.events_after(source, place)
    going = _going(run, source, rows)
    if going:
        _hold(run, {source, *going})
        alive = _alive([source, *going])
        for target in sorted(going):
            if {source, target} <= alive:
                _move(run, going[target], source=source, target=target)
    if len(rows) == reading.EVENTS_AT_ONCE:
        run.place = _place("move", start, **reading.place_of(rows[-1]))
    else:
        run.place = _place("move", start + 1)
    return True


def _going(
    run: Regrouping, source: int, rows: Sequence[Event]
) -> dict[int, list[Event]]:
    """Which of the issue's events go where."""
    findings = RegroupFinding.objects.filter(run=run, issue_id=source, target_id__gt=0)
    target_of = {finding.hash.bytes: finding.target_id for finding in findings}
    going: defaultdict[int, list[Event]] = defaultdict(list)
    for stored, one in reading.hashes_of(run, rows):
        target = target_of.get(one)
        if target is not None:
            going[target].append(stored.row)
    return going


def _move(run: Regrouping, rows: Sequence[Event], *, source: int, target: int) -> None:
    moved = move_events(
        run.project_id,
        [row.event_id for row in rows],
        source=source,
        target=target,
        received_from=min(row.received_at for row in rows),
        received_to=max(row.received_at for row in rows),
    )
    if moved:
        steps.note_events(run, moved, source=source, target=target)


def _name(run: Regrouping) -> bool:
    """Names what lost or won events."""
    touched = steps.touched(run)
    start = run.place["next"]
    wanted = touched[start : start + _ISSUES_AT_ONCE]
    if not wanted:
        return False
    _hold(run, wanted)
    name_anew(run, wanted)
    sum_up_families(run.project_id, wanted)
    run.place = _place(run.place["stage"], start + len(wanted))
    return True


def _merge(run: Regrouping) -> bool:
    start = run.place["next"]
    merges = run.plan["merges"]
    if start == len(merges):
        return False
    try:
        into, *_ = merges[start]
        merged = merge(run.project, merges[start], user=run.user, into=into)
    except CannotMerge:
        # People have merged or deleted them meanwhile.
        pass
    else:
        data = [[one.source_id, one.before or 0] for one in merged.moved]
        steps.note_merge(run, merged.survivor_id, data)
    run.place = _place("merge", start + 1)
    return True


_STAGES: dict[str, Callable[[Regrouping], bool]] = {
    "begin": _begin,
    "move": _move_some,
    "name": _name,
    "merge": _merge,
}


def _alive(issue_ids: Sequence[int]) -> set[int]:
    """Those of the issues that nobody has deleted."""
    rows = Issue.objects.filter(pk__in=issue_ids).exclude(state__status=Status.DELETED)
    return set(rows.values_list("pk", flat=True))
