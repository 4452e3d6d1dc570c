"""Regrouping as a kind of operation: told in the activity, and undone there."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues.models import Operation, Regrouping
from issues.operations.kinds import CannotUndo, Data, Item, Kind, register
from issues.regrouping import runs
from issues.regrouping.operation import KIND
from projects.access import Permission
from projects.models import User


def _restore(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    """Begins to undo the run in the background. Raises CannotUndo."""
    run = Regrouping.objects.filter(pk=operation.data["run"]).first()
    if run is None:
        raise CannotUndo
    try:
        runs.undo(run, user=user)
    except (runs.CannotUndo, runs.AlreadyRunning):
        raise CannotUndo from None
    return [item[0] for item in items]


def _of_one(data: Data) -> str:
    return _("%s regrouped")


def _of_many(data: Data, number: int) -> str:
    return ngettext("%d issue regrouped", "%d issues regrouped", number) % number


register(
    Kind(
        name=KIND,
        label=gettext_lazy("Regrouping"),
        of_one=_of_one,
        of_many=_of_many,
        restore=_restore,
        is_whole=True,
        needs=Permission.MANAGE,
    )
)
