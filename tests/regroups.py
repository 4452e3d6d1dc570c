"""Takes runs of regrouping to their ends, as a worker does."""

from __future__ import annotations

from datetime import timedelta

from issues.models import Regrouping
from issues.regrouping import runs
from projects import rulesets
from projects.models import Project
from projects.rules import GroupingTexts


def chosen(text: str) -> GroupingTexts:
    return GroupingTexts(fingerprinting=text)


def finish(run: Regrouping) -> Regrouping:
    """Advances the run until nothing is left to do."""
    settle(run)
    turn: int | None = Regrouping.objects.get(pk=run.pk).turn
    while turn is not None:
        turn = runs.advance(run.pk, turn)
    run.refresh_from_db()
    return run


def settle(run: Regrouping) -> None:
    """Has every digest know the rules that hold."""
    begun = run.created_at - runs.SETTLED_AFTER - timedelta(seconds=1)
    Regrouping.objects.filter(pk=run.pk).update(created_at=begun)


def previewed(project: Project, texts: GroupingTexts | None = None) -> Regrouping:
    """A preview of these rules, or of those that hold."""
    kind, reason = Regrouping.Kind.PREVIEW, Regrouping.Reason.RULES
    return finish(runs.start(project, kind, reason, user=None, texts=texts))


def begun(project: Project) -> Regrouping:
    """A run for good, by what holds, that nobody has gone on with."""
    kind, reason = Regrouping.Kind.REGROUP, Regrouping.Reason.RULES
    run = runs.start(project, kind, reason, user=None)
    settle(run)
    return run


def regrouped(project: Project, text: str = "") -> Regrouping:
    """A finished run for good, after the rules were changed to the text."""
    rulesets.change_grouping(project, chosen(text), by=None)
    return finish(begun(project))


def undone(run: Regrouping) -> Regrouping:
    runs.undo(run, user=None)
    return finish(run)
