"""Resolving, reopening and ignoring as operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues import triage
from issues.models import Operation, Status
from issues.operations.kinds import Data, Item, Kind, register
from issues.operations.selection import Action, Selection
from issues.resolutions import LATEST, Fix, FixedIn, fixes_in
from issues.snoozes import Terms, Until
from issues.triage import Change
from issues.untils import until_said
from projects.models import User
from projects.ui import visible

_STATUS = {
    "resolve": Status.RESOLVED,
    "unresolve": Status.UNRESOLVED,
    "ignore": Status.IGNORED,
}


def resolve(selection: Selection, where: FixedIn | None = None) -> Action:
    """Resolving, in the release that `where` names, as it is known now.

    Raises NoSuchRelease.
    """
    if where is None:
        return Action(kind="resolve")
    fixes = fixes_in(selection.project_ids, where)
    return Action(
        kind="resolve",
        data={
            "in": _place(where),
            "version": where.release or where.future or where.commit,
            "fixes": {str(project): asdict(fix) for project, fix in fixes.items()},
        },
    )


def resolve_quiet(hours: int) -> Action:
    """Resolving what nothing was heard of for so many hours."""
    return Action(kind="resolve", data={"age": hours})


def unresolve() -> Action:
    return Action(kind="unresolve")


def ignore(until: Until | None = None) -> Action:
    """Ignoring forever, or until what comes first of `until`."""
    data = {"until": asdict(until)} if until else {}
    return Action(kind="ignore", data=data)


def _place(where: FixedIn) -> str:
    if where.is_next:
        return "next"
    if where.commit:
        return "commit"
    return "latest" if where.release == LATEST else "release"


def _change(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    data = operation.data
    fixes = {int(p): Fix(**fix) for p, fix in data.get("fixes", {}).items()}
    changes = triage.set_status(
        issue_ids,
        _STATUS[operation.kind],
        user=operation.user,
        because=_reason(data),
        fixes=fixes or None,
        until=Until(**data["until"]) if "until" in data else None,
        operation_id=operation.pk,
        is_by_age="age" in data,
    )
    return [item_of(change) for change in changes]


def _restore(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    return triage.undo(
        [change_of(item) for item in items],
        _STATUS[operation.kind],
        user=user,
        operation_id=operation.pk,
    )


def _reason(data: Data) -> Mapping[str, int]:
    return {"age": data["age"]} if "age" in data else {}


def item_of(change: Change) -> Item:
    """The change as JSON."""
    fix = asdict(change.fix) if change.fix else None
    terms = asdict(change.terms) if change.terms else None
    at = change.at.isoformat()
    return [change.issue_id, change.status, change.substatus, at, fix, terms]


def change_of(item: Item) -> Change:
    issue_id, status, substatus, at, fix, terms = item
    return Change(
        issue_id,
        status,
        substatus,
        datetime.fromisoformat(at),
        Fix(**fix) if fix else None,
        Terms(**terms) if terms else None,
    )


def _resolved_one(data: Data) -> str:
    place = data.get("in")
    # Names are somebody else's choice and may hold percent signs.
    name = visible(str(data.get("version", ""))).replace("%", "%%")
    if place == "next":
        return _("Resolved %s in the next release")
    if place == "latest":
        return _("Resolved %s in the latest release")
    if place == "commit":
        text = _("Resolved %(issue)s in commit %(commit)s")
        return text % {"issue": "%s", "commit": name}
    if "age" in data:
        return _("Resolved %s, which had been quiet")
    if place:
        text = _("Resolved %(issue)s in %(version)s")
        return text % {"issue": "%s", "version": name}
    return _("Resolved %s")


def _resolved_many(data: Data, n: int) -> str:
    if "age" in data:
        quiet = ngettext("%d quiet issue resolved", "%d quiet issues resolved", n)
        return quiet % n
    return ngettext("%d issue resolved", "%d issues resolved", n) % n


def _reopened_many(data: Data, n: int) -> str:
    return ngettext("%d issue reopened", "%d issues reopened", n) % n


def _ignored_one(data: Data) -> str:
    until = _until(data)
    if not until:
        return _("Ignored %s")
    return _("Ignored %(issue)s until %(until)s") % {"issue": "%s", "until": until}


def _ignored_many(data: Data, n: int) -> str:
    until = _until(data)
    if not until:
        return ngettext("%d issue ignored", "%d issues ignored", n) % n
    text = ngettext(
        "%(n)d issue ignored until %(until)s", "%(n)d issues ignored until %(until)s", n
    )
    return text % {"n": n, "until": until}


def _until(data: Data) -> str:
    return until_said(Until(**data["until"]).told) if "until" in data else ""


register(
    Kind(
        name="resolve",
        label=gettext_lazy("Resolved"),
        of_one=_resolved_one,
        of_many=_resolved_many,
        change=_change,
        restore=_restore,
    )
)
register(
    Kind(
        name="unresolve",
        label=gettext_lazy("Reopened"),
        of_one=lambda data: _("Reopened %s"),
        of_many=_reopened_many,
        change=_change,
        restore=_restore,
    )
)
register(
    Kind(
        name="ignore",
        label=gettext_lazy("Ignored"),
        of_one=_ignored_one,
        of_many=_ignored_many,
        change=_change,
        restore=_restore,
    )
)
