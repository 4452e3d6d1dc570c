"""Until when issues are ignored, and whether a batch of events ends that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from issues import escalation, sql
from issues.merging.families import family_of
from issues.models import IssueState, Snooze
from issues.newevent import NewEvent

# Of a week: longer windows would outlive the rows that they are counted from.
WINDOW_MAX_MIN = 7 * 24 * 60
# In a window events are counted row by row: these bound what that can cost.
WINDOW_COUNT_MAX = 10_000

# Parameters: ids of sources, received after. The digest's own rows are among them.
_ROWS_SINCE = """
SELECT received_at, user_id FROM issues_event
WHERE issue_id = ANY(%s::int4[]) AND received_at > %s ORDER BY received_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """What ends the ignoring, whichever comes first; counts are of what is to come."""

    minutes: int | None = None
    events: int | None = None
    # Minutes within which they must come.
    event_window: int | None = None
    users: int | None = None
    user_window: int | None = None
    # More in an hour than foretold; see issues.escalation.
    escalates: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """By the names that the API takes it by."""
        return _told(
            ignoreDuration=self.minutes,
            ignoreCount=self.events,
            ignoreWindow=self.event_window,
            ignoreUserCount=self.users,
            ignoreUserWindow=self.user_window,
            ignoreUntilEscalating=self.escalates or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is kept of it for an issue; see Snooze."""

    # ISO 8601.
    until: str | None
    events: int | None
    event_window: int | None
    users: int | None
    user_window: int | None
    event_base: int
    user_base: int
    user_id: int | None
    hour_limit: int | None = None

    @property
    def told(self) -> dict[str, Any]:
        """As activities and the API's statusDetails tell it."""
        named = {
            "ignoreUntil": self.until,
            "ignoreCount": self.events,
            "ignoreWindow": self.event_window,
            "ignoreUserCount": self.users,
            "ignoreUserWindow": self.user_window,
            "ignoreUntilEscalating": None if self.hour_limit is None else True,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch brings to an ignored issue, whose rows are written already."""

    events: Sequence[NewEvent]
    new_users: int


def terms_for(
    states: Sequence[IssueState], until: Until, now: datetime, user_id: int | None
) -> dict[int, Terms]:
    """The terms from now on, by issue; the states are locked."""
    ids = [state.issue_id for state in states]
    limits = escalation.limits_of(ids, now) if until.escalates else {}
    return {
        state.issue_id: _terms(state, until, now, user_id, limits.get(state.issue_id))
        for state in states
    }


def _terms(
    state: IssueState,
    until: Until,
    now: datetime,
    user_id: int | None,
    hour_limit: int | None,
) -> Terms:
    ends_at = now + timedelta(minutes=until.minutes) if until.minutes else None
    return Terms(
        until=_iso(ends_at),
        events=until.events,
        event_window=until.event_window,
        users=until.users,
        user_window=until.user_window,
        event_base=state.event_count,
        user_base=state.user_count,
        user_id=user_id,
        hour_limit=hour_limit,
    )


def kept(issue_ids: Iterable[int]) -> dict[int, Terms]:
    """The terms that hold, by issue."""
    rows = Snooze.objects.filter(issue__in=list(issue_ids))
    return {
        row.issue_id: Terms(
            until=_iso(row.until),
            events=row.events,
            event_window=row.event_window,
            users=row.users,
            user_window=row.user_window,
            event_base=row.event_base,
            user_base=row.user_base,
            user_id=row.user_id,
            hour_limit=row.hour_limit,
        )
        for row in rows
    }


def replace(project_of: Mapping[int, int], terms: Mapping[int, Terms]) -> None:
    """Keeps these terms for issues, and no others for any of `project_of`.

    The caller holds the locks of the issues' states.
    """
    Snooze.objects.filter(issue__in=list(project_of)).delete()
    Snooze.objects.bulk_create(
        Snooze(issue_id=issue, project_id=project_of[issue], **asdict(one))
        for issue, one in terms.items()
    )


def woken(batches: Mapping[int, Batch]) -> dict[int, tuple[NewEvent, dict[str, Any]]]:
    """The event that ends the ignoring of each issue whose terms are met, and them.

    To be asked once of each batch, in its transaction, before its sums are added to
    the states.
    """
    found = Snooze.objects.filter(issue__in=list(batches)).select_related(
        "issue__state"
    )
    ended: dict[int, tuple[NewEvent, dict[str, Any]]] = {}
    for snooze in found:
        told = _met(snooze, batches[snooze.issue_id])
        if told:
            events = batches[snooze.issue_id].events
            ended[snooze.issue_id] = events[-1], told
    Snooze.objects.filter(issue__in=list(ended)).delete()
    return ended


def _met(snooze: Snooze, batch: Batch) -> dict[str, Any]:
    """What of the terms is met, as it is told; empty: nothing."""
    state = snooze.issue.state
    newest = max(event.received_at for event in batch.events)
    if snooze.until is not None and newest >= snooze.until:
        return {"ignoreUntil": _iso(snooze.until)}
    if snooze.events is not None:
        count = state.event_count + len(batch.events) - snooze.event_base
        if count >= snooze.events and (
            snooze.event_window is None
            or snooze.events <= _most(snooze.event_window, state, batch, users=False)
        ):
            return _told(ignoreCount=snooze.events, ignoreWindow=snooze.event_window)
    if snooze.hour_limit is not None:
        moments = (event.timestamp for event in batch.events)
        most = escalation.most_in(state.issue_id, moments, state.status_at)
        if most > snooze.hour_limit:
            return {"forecast": snooze.hour_limit, "count": most}
    if snooze.users is None:
        return {}
    if snooze.user_window is None:
        seen = state.user_count + batch.new_users - snooze.user_base
    else:
        seen = _most(snooze.user_window, state, batch, users=True)
    if seen < snooze.users:
        return {}
    return _told(ignoreUserCount=snooze.users, ignoreUserWindow=snooze.user_window)


def _most(window: int, state: IssueState, batch: Batch, *, users: bool) -> int:
    """The most events, or users, within any window that ends in the batch.

    Only what was received since the ignoring began counts.
    """
    length = timedelta(minutes=window)
    first = min(event.received_at for event in batch.events)
    since = max(state.status_at, first - length)
    rows = sql.run(_ROWS_SINCE, family_of(state.issue_id), since)
    return max(_counts(rows, length, users=users), default=0)


def _counts(
    rows: Sequence[tuple[datetime, int | None]], length: timedelta, *, users: bool
) -> Iterator[int]:
    """How many stand in the window that ends with each row."""
    start, within = 0, dict[int | None, int]()
    for number, (received_at, user_id) in enumerate(rows):
        within[user_id] = within.get(user_id, 0) + 1
        while rows[start][0] <= received_at - length:
            left = rows[start][1]
            within[left] -= 1
            if not within[left]:
                del within[left]
            start += 1
        yield len(within) - (None in within) if users else number - start + 1


def _told(**named: int | None) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
