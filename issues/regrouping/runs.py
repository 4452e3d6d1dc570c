"""Runs: they begin here, go on a step at a time, and end.

A step is one transaction, which also notes where to go on: whoever is killed leaves
a run that another process takes up. Tasks carry the turn that they are to take, and
so of two that were queued for the same one only the first does anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from issues.locks import RUN_CLASS, hold_days, hold_shards
from issues.models import Regrouping, RegroupStep
from issues.regrouping import (
    carrying,
    facts,
    operation,
    reading,
    summary,
    undoing,
)
from issues.regrouping.plan import make_plan
from issues.wakeup import wake_regrouping
from projects.models import Project, User
from projects.policies import load_rules
from projects.rules import GroupingTexts

# A task ends after this long, so that the worker's digests get their turn.
SLICE_MAX_S = 2.0

# Digests believe what they know of rules for five seconds, and a batch takes a while:
# events that are read later were grouped by the rules that hold.
SETTLED_AFTER = timedelta(seconds=10)

# A preview looks no further after this long.
PREVIEW_MAX_MS = 20_000

# Previews that are kept of a project, and regroupings that are shown.
PREVIEWS_KEPT = 5
_RUNS_SHOWN = 10


# How long a run can be undone; the same as for operations on issues.
UNDO_FOR = timedelta(days=30)


class AlreadyRunning(Exception):
    """Another run of the project is not over yet."""


class CannotUndo(Exception):
    """The run is too old, goes on, was undone, or has moved nothing."""


def start(
    project: Project,
    kind: Regrouping.Kind,
    reason: Regrouping.Reason,
    *,
    user: User | None,
    texts: GroupingTexts | None = None,
    version: str = "",
) -> Regrouping:
    """Begins a run by these rules and this version, or by those that hold.

    Raises AlreadyRunning.
    """
    rules = load_rules([project.pk])[project.pk]
    texts = rules.grouping if texts is None else texts
    try:
        with transaction.atomic():
            run = Regrouping.objects.create(
                project=project,
                kind=kind,
                reason=reason,
                user=user,
                fingerprinting=texts.fingerprinting,
                enhancements=texts.enhancements,
                version=version or rules.versions.current,
            )
            after_s = 0.0 if _is_settled(run) else SETTLED_AFTER.total_seconds()
            transaction.on_commit(partial(wake_regrouping, run.pk, 0, after_s=after_s))
            return run
    except IntegrityError as error:
        raise _translated(error) from None


def _translated(error: IntegrityError) -> Exception:
    is_busy = "regrouping_one_at_a_time" in str(error)
    return AlreadyRunning() if is_busy else error


def of_project(project: Project) -> QuerySet[Regrouping]:
    """The last regroupings, newest first; no previews."""
    rows = Regrouping.objects.filter(project=project, kind=Regrouping.Kind.REGROUP)
    recent = rows.select_related("user", "undone_by").order_by("-created_at")
    return recent[:_RUNS_SHOWN]


def cancel(run: Regrouping) -> bool:
    """Stops the run after its present step; gives whether there was anything to stop.

    What it has moved stays where it is, and can be undone.
    """
    running = (Regrouping.State.READING, Regrouping.State.MOVING)
    with transaction.atomic():
        rows = Regrouping.objects.select_for_update(of=("self",), no_key=True)
        found = rows.filter(pk=run.pk, state__in=running).first()
        if found is None:
            return False
        _end(found, Regrouping.State.CANCELED)
        found.save(update_fields=["state", "finished_at"])
    return True


def can_undo(run: Regrouping) -> bool:
    """Whether `undo` may be asked for, now."""
    ended = (Regrouping.State.DONE, Regrouping.State.CANCELED)
    is_young = run.created_at > timezone.now() - UNDO_FOR
    return run.kind == Regrouping.Kind.REGROUP and run.state in ended and is_young


def undo(run: Regrouping, *, user: User | None) -> None:
    """Begins to put back what the run has moved, where nothing else has moved it since.

    Raises CannotUndo, and AlreadyRunning while another run of the project goes on.
    """
    try:
        with transaction.atomic():
            operation.lock(run)
            rows = Regrouping.objects.select_for_update(of=("self",), no_key=True)
            found = rows.get(pk=run.pk)
            last = found.steps.aggregate(last=Max("number"))["last"]
            if last is None or not can_undo(found):
                raise CannotUndo
            found.state, found.place = Regrouping.State.UNDOING, {"below": last + 1}
            found.done, found.total = 0, found.moved
            found.undone_by, found.undone_at = user, timezone.now()
            found.save()
            operation.note_undo(found, user)
            transaction.on_commit(partial(wake_regrouping, found.pk, found.turn))
    except IntegrityError as error:
        raise _translated(error) from None


def prune(now: datetime) -> int:
    """Drops what undoing old runs would need; how many steps."""
    # A day more: an undo that was asked for in time may be running.
    before = now - UNDO_FOR - timedelta(days=1)
    return RegroupStep.objects.filter(run__created_at__lt=before).delete()[0]


def unfinished() -> list[tuple[int, int]]:
    """The ids of the runs that somebody has to go on with, and whose turn it is."""
    return list(_unfinished().order_by("pk").values_list("pk", "turn"))


def advance(run_id: int, turn: int) -> int | None:
    """Goes on with a run for a while; the next turn, or None where there is none."""
    ends_at = time.monotonic() + SLICE_MAX_S
    with _alone(run_id) as is_ours:
        if not is_ours or not _take_turn(run_id, turn):
            return None
        while (run := _running(run_id)) and _is_settled(run):
            _step(run)
            if time.monotonic() > ends_at:
                return turn + 1
    return None


@contextmanager
def _alone(run_id: int) -> Iterator[bool]:
    """Whether no other process works on the run; the lock goes with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUN_CLASS, run_id])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN_CLASS, run_id])


def _take_turn(run_id: int, turn: int) -> bool:
    rows = Regrouping.objects.filter(pk=run_id, turn=turn)
    return bool(rows.update(turn=F("turn") + 1))


def _running(run_id: int) -> Regrouping | None:
    return _unfinished().filter(pk=run_id).select_related("project").first()


def _unfinished() -> QuerySet[Regrouping]:
    """Those of deleted projects go with them."""
    rows = Regrouping.objects.filter(state__in=Regrouping.RUNNING)
    return rows.filter(project__deleted_at__isnull=True)


def _is_settled(run: Regrouping) -> bool:
    is_preview = run.kind == Regrouping.Kind.PREVIEW
    return is_preview or run.created_at <= timezone.now() - SETTLED_AFTER


def _step(run: Regrouping) -> None:
    started = time.monotonic()
    is_for_good = run.kind == Regrouping.Kind.REGROUP
    if run.state == Regrouping.State.UNDOING:
        _undo_some(run)
    elif is_for_good and _is_outdated(run):
        cancel(run)
    elif run.state == Regrouping.State.MOVING:
        _carry_on(run)
    elif not run.place:
        run.place = reading.first_place(run)
        run.save(update_fields=["place", "total"])
    else:
        _read(run)
    spent_ms = int((time.monotonic() - started) * 1000)
    Regrouping.objects.filter(pk=run.pk).update(spent_ms=F("spent_ms") + spent_ms)


def _is_outdated(run: Regrouping) -> bool:
    """Whether other rules hold by now: nothing would be right for long."""
    rules = load_rules([run.project_id])[run.project_id]
    texts = GroupingTexts(
        fingerprinting=run.fingerprinting, enhancements=run.enhancements
    )
    return (rules.grouping, rules.versions.current) != (texts, run.version)


def _read(run: Regrouping) -> None:
    """Looks at more events; after the last ones it plans."""
    read = reading.read_some(run)
    with transaction.atomic():
        if not _still(run, Regrouping.State.READING):
            return
        reading.keep(run, read.findings)
        run.done += read.passed
        is_preview = run.kind == Regrouping.Kind.PREVIEW
        is_late = is_preview and run.spent_ms > PREVIEW_MAX_MS
        if read.place is not None and not is_late:
            run.place = read.place
        else:
            is_cut_short = bool(run.place.get("is_cut_short")) or read.place is not None
            _plan(run, is_cut_short=is_cut_short)
        run.save()


def _plan(run: Regrouping, *, is_cut_short: bool) -> None:
    is_preview = run.kind == Regrouping.Kind.PREVIEW
    if not is_preview:
        # Until new events go where they belong none may be digested.
        hold_shards([run.project_id])
    known = facts.facts_of(run)
    plan = make_plan(known)
    run.result = summary.summary_json(known, plan, is_cut_short=is_cut_short)
    if is_preview:
        _end(run, Regrouping.State.DONE)
        _forget_old_previews(run)
    else:
        carrying.prepare(run, known, plan)
        run.state = Regrouping.State.MOVING


def _carry_on(run: Regrouping) -> None:
    with transaction.atomic():
        hold_days()
        if not _still(run, Regrouping.State.MOVING):
            return
        if not carrying.carry_on(run):
            _end(run, Regrouping.State.DONE)
        run.save()


def _undo_some(run: Regrouping) -> None:
    with transaction.atomic():
        hold_days()
        if not _still(run, Regrouping.State.UNDOING):
            return
        if not undoing.undo_some(run):
            _end(run, Regrouping.State.UNDONE)
        run.save()


def _still(run: Regrouping, state: Regrouping.State) -> bool:
    """Locks the run's row, and gives whether it is in that state yet."""
    rows = Regrouping.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=run.pk, state=state).exists()


def _end(run: Regrouping, state: Regrouping.State) -> None:
    """The caller saves the run."""
    run.state = state
    run.finished_at = timezone.now()
    run.findings.all().delete()
    if state != Regrouping.State.UNDONE:
        operation.note(run)


def _forget_old_previews(run: Regrouping) -> None:
    previews = Regrouping.objects.filter(project=run.project_id, kind=run.kind)
    kept = previews.order_by("-created_at").values_list("pk", flat=True)
    previews.exclude(pk__in=list(kept[:PREVIEWS_KEPT])).delete()
