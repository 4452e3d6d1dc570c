"""What a run has changed, kept so that it can be undone: see RegroupStep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Max

from issues.models import Fingerprint, Regrouping, RegroupStep
from issues.regrouping.counting import Moved
from projects import arrays, postgres

# Fingerprints noted by one step.
_MARKS_AT_ONCE = 5_000

# Parameters: project id, hashes (sorted), issue ids.
_SET_MARKS = """
INSERT INTO issues_fingerprint (project_id, hash, issue_id)
SELECT %s, n.* FROM unnest(%s::uuid[], %s::int4[]) AS n(hash, issue_id)
ON CONFLICT (project_id, hash) DO UPDATE SET issue_id = EXCLUDED.issue_id
"""


class Mark(NamedTuple):
    """A hash that leads to another issue; before: None where it led nowhere."""

    hash: UUID
    before: int | None
    after: int


def note_events(run: Regrouping, moved: Moved, *, source: int, target: int) -> None:
    _note(
        run,
        RegroupStep.Kind.EVENTS,
        source_id=source,
        target_id=target,
        event_ids=moved.events,
        received_from=moved.received_from,
        received_to=moved.received_to,
    )
    run.moved += len(moved.events)


def note_merge(run: Regrouping, survivor: int, data: Sequence[Sequence[int]]) -> None:
    """`data`: for each source that was moved its id and its survivor before, or 0."""
    _note(run, RegroupStep.Kind.MERGE, target_id=survivor, data=list(data))


def lead_to(
    run: Regrouping, wanted: Iterable[tuple[UUID, int]], *, is_begun: bool = False
) -> None:
    """Has the hashes lead to these issues from now on, where they don't.

    `is_begun`: the run has made the issue. The caller holds the shard's lock.
    """
    issue_of = dict(wanted)
    rows = Fingerprint.objects.filter(project=run.project_id, hash__in=issue_of)
    known = dict(rows.values_list("hash", "issue_id"))
    marks = [
        Mark(one, known.get(one), issue)
        for one, issue in sorted(issue_of.items())
        if known.get(one) != issue
    ]
    set_marks(run.project_id, [(mark.hash, mark.after) for mark in marks])
    for start in range(0, len(marks), _MARKS_AT_ONCE):
        some = marks[start : start + _MARKS_AT_ONCE]
        data = [[mark.hash.hex, mark.before, mark.after] for mark in some]
        begun = some[0].after if is_begun else None
        _note(run, RegroupStep.Kind.FINGERPRINTS, target_id=begun, data=data)


def set_marks(project_id: int, marks: Sequence[tuple[UUID, int]]) -> None:
    postgres.run(
        _SET_MARKS,
        project_id,
        arrays.of_hashes(one.bytes for one, _ in marks),
        arrays.of_numbers(issue for _, issue in marks),
    )


def marks_of(step: RegroupStep) -> list[Mark]:
    return [Mark(UUID(one), before, after) for one, before, after in step.data]


def touched(run: Regrouping) -> list[int]:
    """The issues that lost or won events, in their order."""
    rows = RegroupStep.objects.filter(run=run, kind=RegroupStep.Kind.EVENTS)
    pairs = rows.order_by().values_list("source_id", "target_id").distinct()
    return sorted({issue for pair in pairs for issue in pair if issue is not None})


def _note(run: Regrouping, kind: RegroupStep.Kind, **fields: object) -> None:
    last = RegroupStep.objects.filter(run=run).aggregate(last=Max("number"))["last"]
    RegroupStep.objects.create(run=run, number=(last or 0) + 1, kind=kind, **fields)
