"""Runs: they begin here, go on a step at a time, and end.

A step is one transaction, which also notes where to go on: whoever is killed leaves
a run that another process takes up. Tasks carry the turn that they are to take, and
so of two that were queued for the same one only the first does anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from issues.models import Regrouping
from issues.regrouping import facts, reading, summary
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

# The first of the two numbers of PostgreSQL's advisory locks; the second is the run.
_RUN_CLASS = 7413


class AlreadyRunning(Exception):
    """Another run of the project is not over yet."""


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
        if "regrouping_one_at_a_time" in str(error):
            raise AlreadyRunning from None
        raise


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
    rows = Regrouping.objects.filter(pk=run.pk, state__in=running)
    return bool(
        rows.update(state=Regrouping.State.CANCELED, finished_at=timezone.now())
    )


def unfinished() -> list[tuple[int, int]]:
    """The ids of the runs that somebody has to go on with, and whose turn it is."""
    rows = Regrouping.objects.filter(state__in=Regrouping.RUNNING).order_by("pk")
    return list(rows.values_list("pk", "turn"))


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
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_RUN_CLASS, run_id])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)", [_RUN_CLASS, run_id]
                )


def _take_turn(run_id: int, turn: int) -> bool:
    rows = Regrouping.objects.filter(pk=run_id, turn=turn)
    return bool(rows.update(turn=F("turn") + 1))


def _running(run_id: int) -> Regrouping | None:
    rows = Regrouping.objects.filter(pk=run_id, state__in=Regrouping.RUNNING)
    return rows.select_related("project").first()


def _is_settled(run: Regrouping) -> bool:
    is_preview = run.kind == Regrouping.Kind.PREVIEW
    return is_preview or run.created_at <= timezone.now() - SETTLED_AFTER


def _step(run: Regrouping) -> None:
    started = time.monotonic()
    if run.kind == Regrouping.Kind.REGROUP and _is_outdated(run):
        cancel(run)
    elif not run.place:
        _begin(run)
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


def _begin(run: Regrouping) -> None:
    run.place = reading.first_place(run)
    run.save(update_fields=["place", "total"])


def _read(run: Regrouping) -> None:
    read = reading.read_some(run)
    with transaction.atomic():
        if not _still(run, Regrouping.State.READING):
            return
        reading.keep(run, read.findings)
        run.done += read.passed
        is_late = run.kind == Regrouping.Kind.PREVIEW and run.spent_ms > PREVIEW_MAX_MS
        if read.place is not None and not is_late:
            run.place = read.place
            run.save(update_fields=["place", "done"])
            return
        is_cut_short = bool(run.place.get("is_cut_short")) or read.place is not None
        run.save(update_fields=["done"])
        _plan(run, is_cut_short=is_cut_short)


def _still(run: Regrouping, state: Regrouping.State) -> bool:
    """Locks the run's row, and gives whether it is in that state yet."""
    rows = Regrouping.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=run.pk, state=state).exists()


def _plan(run: Regrouping, *, is_cut_short: bool) -> None:
    known = facts.facts_of(run)
    plan = make_plan(known)
    run.result = summary.summary_json(known, plan, is_cut_short=is_cut_short)
    run.state = Regrouping.State.DONE
    run.finished_at = timezone.now()
    run.save(update_fields=["result", "state", "finished_at"])
    run.findings.all().delete()
    previews = Regrouping.objects.filter(project=run.project_id, kind=run.kind)
    kept = previews.order_by("-created_at").values_list("pk", flat=True)
    previews.exclude(pk__in=list(kept[:PREVIEWS_KEPT])).delete()
