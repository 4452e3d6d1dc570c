"""Which settled issues the events of a batch open again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues import resolutions, snoozes
from issues.models import Activity, Status, Substatus
from issues.newevent import NewEvent

# A Snooze tells until when.
_SNOOZED = (Substatus.UNTIL_CONDITION, Substatus.UNTIL_ESCALATING)


@dataclass(slots=True)
class Locked:
    """An issue that the batch changes, as it was before."""

    status: int
    substatus: int
    status_at: datetime
    last_seen: datetime
    title: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Reopening:
    """What reopens an issue, and what it is then."""

    event: NewEvent
    kind: Activity.Kind
    substatus: Substatus
    # What the activity tells besides the event.
    told: Mapping[str, Any]


def reopenings(
    events: Sequence[NewEvent],
    issue_of: Sequence[int],
    locked: Mapping[int, Locked],
    new_users: Mapping[int, int],
) -> dict[int, Reopening]:
    """How each settled issue of the batch is reopened that is to be.

    To be asked once the events are written, before their sums are added. Only issues
    that wait for a release or a condition cost statements.
    """
    events_of: dict[int, list[NewEvent]] = {
        issue: []
        for issue, before in locked.items()
        if before.status != Status.UNRESOLVED
    }
    if not events_of:
        return {}
    for event, issue in zip(events, issue_of, strict=True):
        if issue in events_of:
            events_of[issue].append(event)
    return _came_back(events_of, locked) | _wake(events_of, locked, new_users)


def _came_back(
    events_of: Mapping[int, list[NewEvent]], locked: Mapping[int, Locked]
) -> dict[int, Reopening]:
    """Resolved issues: what was received before the resolving proves nothing."""
    back: dict[int, NewEvent] = {}
    waiting: dict[int, list[NewEvent]] = {}
    for issue, events in events_of.items():
        before = locked[issue]
        later = [event for event in events if event.received_at > before.status_at]
        if before.status != Status.RESOLVED or not later:
            continue
        if before.substatus == Substatus.IN_RELEASE:
            waiting[issue] = later
        else:
            back[issue] = max(later, key=lambda event: event.timestamp)
    if waiting:
        back |= resolutions.came_back(waiting)
    kind, substatus = Activity.Kind.REGRESSION, Substatus.REGRESSED
    return {i: Reopening(event, kind, substatus, {}) for i, event in back.items()}


def _wake(
    events_of: Mapping[int, list[NewEvent]],
    locked: Mapping[int, Locked],
    new_users: Mapping[int, int],
) -> dict[int, Reopening]:
    """Ignored issues whose condition is met."""
    batches = {
        issue: snoozes.Batch(events, new_users.get(issue, 0))
        for issue, events in events_of.items()
        if locked[issue].substatus in _SNOOZED
    }
    if not batches:
        return {}
    return {
        issue: Reopening(event, *_woken_as(told), told)
        for issue, (event, told) in snoozes.woken(batches).items()
    }


def _woken_as(told: Mapping[str, Any]) -> tuple[Activity.Kind, Substatus]:
    if "forecast" in told:
        return Activity.Kind.ESCALATING, Substatus.ESCALATING
    return Activity.Kind.UNRESOLVED, Substatus.ONGOING
