"""Deleting and discarding issues as operations.

A deleted issue is hidden at once, with all of its family, and its fingerprints lead
nowhere: the next event with one of them begins a new issue, or is dropped where the
issue was discarded. Rows go issues.purging.KEPT_DAYS later; until then the undo brings
everything back, except a fingerprint that leads to another issue by then.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues import triage
from issues.locks import hold_shards, lock_states
from issues.merging.families import families_of, with_families
from issues.models import Fingerprint, Issue, Operation, Status
from issues.operations.kinds import Data, Item, Kind, register
from issues.operations.selection import Action
from issues.operations.status import change_of, item_of
from projects.models import DiscardedIssue, Project, User


def delete() -> Action:
    return Action(kind="delete")


def discard() -> Action:
    """Deleting, and dropping what comes with the issue's fingerprints from now on."""
    return Action(kind="discard")


def _change(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    """Items: those of statuses, and [hash, id of the issue that it led to] pairs."""
    _hold(operation, issue_ids)
    changes = triage.set_status(
        issue_ids, Status.DELETED, user=operation.user, operation_id=operation.pk
    )
    hidden = [change.issue_id for change in changes]
    triage.hide_members(hidden)
    marks = _take_fingerprints(hidden)
    if operation.kind == "discard":
        _discard(operation, marks)
    return [[*item_of(change), marks[change.issue_id]] for change in changes]


def _restore(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    _hold(operation, [item[0] for item in items])
    back = triage.undo(
        [change_of(item[:-1]) for item in items],
        Status.DELETED,
        user=user,
        operation_id=operation.pk,
    )
    triage.show_members(back)
    marks = {item[0]: item[-1] for item in items}
    _give_fingerprints([mark for issue in back for mark in marks[issue]])
    if operation.kind == "discard":
        numbers = Issue.objects.filter(pk__in=back).values_list("project", "number")
        for project, number in numbers:
            DiscardedIssue.objects.filter(project=project, number=number).delete()
    return back


def _hold(operation: Operation, issue_ids: Sequence[int]) -> None:
    """No digest may look up a fingerprint that goes or comes back meanwhile."""
    hold_shards(operation.data.get("projects", [operation.project_id]))
    lock_states(with_families(issue_ids))


def _take_fingerprints(issue_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Has the fingerprints of these issues and their families lead nowhere."""
    survivors = families_of(issue_ids)
    sources = {*issue_ids, *survivors}
    marks: defaultdict[int, list[Any]] = defaultdict(list)
    rows = Fingerprint.objects.filter(issue__in=sources)
    for source, one in rows.order_by("pk").values_list("issue_id", "hash"):
        marks[survivors.get(source, source)].append([one.hex, source])
    rows.delete()
    return marks


def _give_fingerprints(marks: Iterable[Sequence[Any]]) -> None:
    """Has them lead to their issues again, unless they lead to others by now."""
    pairs = [(uuid.UUID(one), source) for one, source in marks]
    sources = Issue.objects.filter(pk__in={source for _one, source in pairs})
    project_of = dict(sources.values_list("pk", "project"))
    Fingerprint.objects.bulk_create(
        [
            Fingerprint(project_id=project_of[source], hash=one, issue_id=source)
            for one, source in pairs
            if source in project_of
        ],
        ignore_conflicts=True,
    )


def _discard(operation: Operation, marks: dict[int, list[Any]]) -> None:
    DiscardedIssue.objects.bulk_create(
        DiscardedIssue(
            project_id=issue.project_id,
            hashes=[uuid.UUID(one) for one, _source in marks[issue.pk]],
            title=issue.title,
            culprit=issue.culprit,
            number=issue.number,
            user=operation.user,
            created_at=timezone.now(),
        )
        for issue in Issue.objects.filter(pk__in=list(marks)).order_by("pk")
    )


def discarded_in(project: Project) -> Sequence[DiscardedIssue]:
    """What the project wants no more of, newest first."""
    rows = DiscardedIssue.objects.filter(project=project).select_related("user")
    return list(rows.order_by("-created_at", "-pk"))


def _deleted_many(data: Data, n: int) -> str:
    return ngettext("%d issue deleted", "%d issues deleted", n) % n


def _discarded_many(data: Data, n: int) -> str:
    return ngettext("%d issue discarded", "%d issues discarded", n) % n


register(
    Kind(
        name="delete",
        label=gettext_lazy("Deleted"),
        of_one=lambda data: _("Deleted %s"),
        of_many=_deleted_many,
        change=_change,
        restore=_restore,
    )
)
register(
    Kind(
        name="discard",
        label=gettext_lazy("Deleted and discarded"),
        of_one=lambda data: _("Deleted %s and discarded what comes of it"),
        of_many=_discarded_many,
        change=_change,
        restore=_restore,
    )
)
