"""Takes operations through their issues, and back, in bounded transactions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from issues.models import Operation, OperationChunk
from issues.operations import kinds
from issues.operations.kinds import CannotUndo as CannotUndo
from issues.operations.kinds import Item
from issues.operations.selection import Action, Selection
from issues.wakeup import wake_worker
from projects.access import permission_of
from projects.models import Organization, User

log = structlog.get_logger(__name__)

# Up to so many issues change while the caller waits; in one transaction, so many.
ONCE = 1000
CHUNK = 1000

UNDO_DAYS = 30
# Issues of an operation that the activity page names.
SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of an undo; while it is running, so far."""

    restored: int
    # Left alone.
    changed_since: int
    is_running: bool


def apply(selection: Selection, action: Action, *, user: User | None) -> Operation:
    """Does the action to the selected issues; the operation tells how far it is.

    Changes more than ONCE issues in the background. An operation that changed
    nothing leaves no row (its pk is None).
    """
    kind = kinds.named(action.kind)
    size = len(selection.issue_ids) if kind.is_whole else CHUNK
    with transaction.atomic():
        operation = _begin(
            action.kind,
            selection.organization,
            selection.project_ids,
            user=user,
            data=dict(action.data),
            count=len(selection.issue_ids),
        )
        OperationChunk.objects.bulk_create(
            OperationChunk(operation=operation, number=number, issue_ids=list(ids))
            for number, ids in enumerate(_pieces(selection.issue_ids, max(size, 1)))
        )
        if operation.count > ONCE and not kind.is_whole:
            transaction.on_commit(wake_worker)
        else:
            _go_through(operation, ends_at=None)
            if not operation.changed:
                operation.delete()
    return operation


def record(
    kind: str,
    organization: Organization,
    *,
    project_ids: Sequence[int],
    user: User | None,
    items: Sequence[Item],
    data: dict[str, object] | None = None,
) -> Operation:
    """Keeps what the caller has done, in the caller's transaction.

    `items`: what the kind's `restore` will be given, all at once.
    """
    now = timezone.now()
    operation = _begin(
        kind,
        organization,
        project_ids,
        user=user,
        data=data or {},
        count=len(items),
    )
    OperationChunk.objects.create(
        operation=operation,
        number=0,
        issue_ids=[item[0] for item in items],
        before=list(items),
    )
    operation.done = operation.changed = len(items)
    operation.finished_at = now
    operation.save(update_fields=["done", "changed", "finished_at"])
    _keep_samples(operation, items)
    return operation


def can_undo(operation: Operation) -> bool:
    """Whether `undo` may be asked for, now."""
    kind = kinds.kind_of(operation)
    is_young = operation.created_at > timezone.now() - timedelta(days=UNDO_DAYS)
    did_something = operation.changed > 0 or operation.is_running
    return (
        kind.restore is not None
        and is_young
        and did_something
        and operation.undone_at is None
    )


def may_undo(operation: Operation, role: str) -> bool:
    """Whether `undo` may be asked for, now, by a member with this role."""
    is_allowed = permission_of(role) >= kinds.kind_of(operation).needs
    return is_allowed and can_undo(operation)


def undo(operation: Operation, user: User | None) -> Undone:
    """Brings back each issue that has not changed since; of a running one, stops it.

    Raises CannotUndo.
    """
    with transaction.atomic():
        operation = Operation.objects.select_for_update(of=("self",)).get(
            pk=operation.pk
        )
        if not can_undo(operation):
            raise CannotUndo
        operation.undone_at, operation.undone_by = timezone.now(), user
        operation.save(update_fields=["undone_at", "undone_by"])
        if operation.count > ONCE and not kinds.kind_of(operation).is_whole:
            transaction.on_commit(wake_worker)
        else:
            _go_through(operation, ends_at=None)
    return Undone(
        restored=operation.restored,
        changed_since=operation.changed_since,
        is_running=operation.is_running,
    )


def visible_to(rows: QuerySet[Operation], reader: User) -> QuerySet[Operation]:
    """Without what is nobody's business but another's: his bookmarks and sightings."""
    personal = [one.name for one in kinds.all_kinds() if one.is_personal]
    return rows.exclude(Q(kind__in=personal) & ~Q(user=reader))


def proceed(ends_at: float) -> bool:
    """Goes on with what is unfinished until then (monotonic); whether nothing is left.

    Beside another worker each takes other chunks. An operation that fails waits for
    the next call and keeps no other from going on.
    """
    failed: list[int] = []
    for operation in _unfinished():
        try:
            _go_through(operation, ends_at=ends_at)
        except Exception:  # Its cause may be anything that a kind does.
            log.exception("operation failed", operation=operation.pk)
            failed.append(operation.pk)
        if time.monotonic() > ends_at:
            return not _unfinished().exclude(pk__in=failed).exists()
    return True


def prune(now: datetime) -> int:
    """Drops what undoing would need of operations that are too old; how many chunks."""
    # A day more: an undo that was asked for in time may be running.
    before = now - timedelta(days=UNDO_DAYS + 1)
    old = OperationChunk.objects.filter(operation__created_at__lt=before)
    return old.delete()[0]


def _begin(
    kind: str,
    organization: Organization,
    project_ids: Sequence[int],
    *,
    user: User | None,
    data: dict[str, object],
    count: int,
) -> Operation:
    is_of_one = len(project_ids) == 1
    return Operation.objects.create(
        organization=organization,
        project_id=project_ids[0] if is_of_one else None,
        kind=kind,
        user=user,
        data=data if is_of_one else {**data, "projects": list(project_ids)},
        count=count,
    )


def _pieces(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _unfinished() -> QuerySet[Operation]:
    return Operation.objects.filter(
        Q(finished_at__isnull=True)
        | Q(undone_at__isnull=False, undo_finished_at__isnull=True)
    ).order_by("pk")


def _go_through(operation: Operation, *, ends_at: float | None) -> None:
    """Takes chunk after chunk until then; None: to the end."""
    while ends_at is None or time.monotonic() < ends_at:
        with transaction.atomic():
            is_more = _take_chunk(operation)
        if not is_more:
            break
    operation.refresh_from_db()


def _take_chunk(operation: Operation) -> bool:
    """Changes, or changes back, one more chunk; False when none is left to this one."""
    # Somebody may have asked for the undo since.
    operation.refresh_from_db(fields=["undone_at"])
    is_undo = operation.undone_at is not None
    todo = Q(is_undone=False) if is_undo else Q(before__isnull=True)
    chunks = OperationChunk.objects.filter(todo, operation=operation)
    chunk = chunks.select_for_update(skip_locked=True).order_by("number").first()
    if chunk is None:
        if not chunks.exists():
            _finish(operation, is_undo=is_undo)
        return False
    if is_undo:
        _undo_chunk(operation, chunk)
    else:
        _do_chunk(operation, chunk)
    return True


def _do_chunk(operation: Operation, chunk: OperationChunk) -> None:
    change = kinds.kind_of(operation).change
    if change is None:
        raise TypeError(f"operations of kind {operation.kind} are only recorded")
    chunk.before = change(operation, chunk.issue_ids)
    chunk.save(update_fields=["before"])
    if chunk.number == 0:
        _keep_samples(operation, chunk.before)
    Operation.objects.filter(pk=operation.pk).update(
        done=F("done") + len(chunk.issue_ids), changed=F("changed") + len(chunk.before)
    )


def _undo_chunk(operation: Operation, chunk: OperationChunk) -> None:
    """Brings the chunk's issues back; what was never gone through stays as it is."""
    restore = kinds.kind_of(operation).restore
    if restore is None:
        raise TypeError(f"operations of kind {operation.kind} have no way back")
    items: list[Item] = chunk.before or []
    restored = len(restore(operation, items, operation.undone_by)) if items else 0
    chunk.is_undone = True
    chunk.before = items
    chunk.save(update_fields=["is_undone", "before"])
    Operation.objects.filter(pk=operation.pk).update(
        restored=F("restored") + restored,
        changed_since=F("changed_since") + len(items) - restored,
    )


def _finish(operation: Operation, *, is_undo: bool) -> None:
    now = timezone.now()
    rows = Operation.objects.filter(pk=operation.pk)
    rows.filter(finished_at__isnull=True).update(finished_at=now)
    if is_undo:
        rows.filter(undo_finished_at__isnull=True).update(undo_finished_at=now)


def _keep_samples(operation: Operation, items: Sequence[Item]) -> None:
    """Some of the issues are told of for longer than there is a way back."""
    operation.samples = [item[0] for item in items[:SAMPLES]]
    operation.save(update_fields=["samples"])
