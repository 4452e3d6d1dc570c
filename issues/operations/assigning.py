"""Assigning issues as an operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues import assignment
from issues.assignment import NOBODY, Assignee, Reassigned
from issues.models import Operation
from issues.operations.kinds import Data, Item, Kind, register
from issues.operations.selection import Action
from projects.models import User


def assign(to: Assignee) -> Action:
    """Giving the issues to a member or a team; NOBODY: taking them from everybody."""
    if to == NOBODY:
        return Action(kind="unassign")
    data = {"to": asdict(to), "name": assignment.name_of(to)}
    return Action(kind="assign", data=data)


def _to(operation: Operation) -> Assignee:
    return Assignee(**operation.data.get("to", {}))


def _change(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    """Items: issue id, member and team before, time of the change."""
    to = _to(operation)
    changes = assignment.assign(
        issue_ids, to, user=operation.user, operation_id=operation.pk
    )
    return [
        [one.issue_id, one.before.member_id, one.before.team_id, one.at.isoformat()]
        for one in changes
    ]


def _restore(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    changes = [
        Reassigned(
            issue,
            Assignee(member_id=member, team_id=team),
            datetime.fromisoformat(at),
        )
        for issue, member, team, at in items
    ]
    return assignment.give_back(
        changes, became=_to(operation), user=user, operation_id=operation.pk
    )


def _assigned_one(data: Data) -> str:
    # The name is somebody's own choice and may hold a percent sign.
    name = str(data["name"]).replace("%", "%%")
    return _("Assigned %(issue)s to %(name)s") % {"issue": "%s", "name": name}


def _assigned_many(data: Data, n: int) -> str:
    text = ngettext(
        "%(n)d issue assigned to %(name)s", "%(n)d issues assigned to %(name)s", n
    )
    return text % {"n": n, "name": data["name"]}


def _unassigned_many(data: Data, n: int) -> str:
    return ngettext("%d issue unassigned", "%d issues unassigned", n) % n


register(
    Kind(
        name="assign",
        label=gettext_lazy("Assigned"),
        of_one=_assigned_one,
        of_many=_assigned_many,
        change=_change,
        restore=_restore,
    )
)
register(
    Kind(
        name="unassign",
        label=gettext_lazy("Unassigned"),
        of_one=lambda data: _("Unassigned %s"),
        of_many=_unassigned_many,
        change=_change,
        restore=_restore,
    )
)
