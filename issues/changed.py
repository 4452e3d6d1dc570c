"""What changed about an issue: where it began, was settled, and came back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from issues.issuereleases import IssueReleases
from issues.models import (
    Activity,
    Issue,
    Operation,
    Resolution,
    Snooze,
    Status,
    Substatus,
)
from projects.joins import Join
from projects.models import User
from projects.postgres import Row, run_planned

# Changes that are looked back on: of more the bar tells the latest only.
_LOOKED_BACK = 100
_OF_STATUS = (
    Activity.Kind.RESOLVED,
    Activity.Kind.UNRESOLVED,
    Activity.Kind.IGNORED,
    Activity.Kind.REGRESSION,
)


_JOIN = Join(a=Activity, u=User, o=Operation)

# Parameters: ids of issues, how many.
_CHANGES = f"""
SELECT {_JOIN.columns} FROM issues_activity a
LEFT JOIN projects_user u ON u.id = a.user_id
LEFT JOIN issues_operation o ON o.id = a.operation_id
WHERE a.issue_id = ANY((SELECT %s::int4[])::int4[])
ORDER BY a.created_at DESC, a.id DESC LIMIT %s::int8
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What the bar above an issue's figures says."""

    releases: IssueReleases
    # The last time that it was resolved, also if it is back since.
    resolved: Activity | None
    # How often it came back after that had been thought settled, and the last time.
    regressions: int
    regressed: Activity | None
    # What reopened it last, where that was no regression.
    reopened: Activity | None
    # What its state waits for.
    resolution: Resolution | None
    snooze: Snooze | None

    @property
    def says_something(self) -> bool:
        return bool(any(self.releases) or self.resolved or self.reopened or self.snooze)


def changes_of(issue_ids: Collection[int]) -> list[Activity]:
    """What happened to the issues lately, newest first."""
    rows = run_planned(_CHANGES, (list(issue_ids), _LOOKED_BACK))
    return [_change_of(row) for row in rows]


def _change_of(row: Row) -> Activity:
    change = _JOIN.surely(Activity, "a", row)
    change.user = _JOIN.made(User, "u", row)
    change.operation = _JOIN.made(Operation, "o", row)
    return change


def changed(
    issue: Issue, releases: IssueReleases, changes: Sequence[Activity]
) -> Changed:
    """The issue's story in short; its state must be loaded.

    `changes`: of it and of what was merged with it, the newest first.
    """
    changes = [change for change in changes if change.issue_id == issue.pk]
    regressions = _of(changes, Activity.Kind.REGRESSION)
    settled = [change for change in changes if change.kind in _OF_STATUS]
    reopened = _of(settled[:1], Activity.Kind.UNRESOLVED)
    is_open = issue.state.status == Status.UNRESOLVED
    return Changed(
        releases=releases,
        resolved=next(iter(_of(changes, Activity.Kind.RESOLVED)), None),
        regressions=len(regressions),
        regressed=next(iter(regressions), None),
        reopened=reopened[0] if is_open and reopened else None,
        resolution=_resolution(issue),
        snooze=_snooze(issue),
    )


def _of(changes: Sequence[Activity], kind: Activity.Kind) -> list[Activity]:
    return [change for change in changes if change.kind == kind]


def _resolution(issue: Issue) -> Resolution | None:
    """The state says whether there is one, so that most issues cost no statement."""
    if issue.state.substatus != Substatus.IN_RELEASE:
        return None
    return Resolution.objects.filter(issue=issue).first()


def _snooze(issue: Issue) -> Snooze | None:
    if issue.state.substatus != Substatus.UNTIL_CONDITION:
        return None
    return Snooze.objects.filter(issue=issue).first()
