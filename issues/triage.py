"""The only writer of an issue's status, bookmarks and sightings.

A status changes only from another one, so that of two people who press the same
button one changes the issue and the other changes nothing. Each change is an
Activity in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from issues import logbook, resolutions, snoozes, sql
from issues.merging.families import with_families
from issues.models import (
    VISIBLE_STATUSES,
    Activity,
    Bookmark,
    IssueState,
    Sighting,
    Snooze,
    Status,
    Substatus,
)
from issues.resolutions import Fix
from issues.snoozes import Terms, Until, terms_for
from issues.subscriptions import Reason, subscribe
from projects import arrays
from projects.models import User

_KINDS = {
    Status.UNRESOLVED: Activity.Kind.UNRESOLVED,
    Status.RESOLVED: Activity.Kind.RESOLVED,
    Status.IGNORED: Activity.Kind.IGNORED,
    Status.DELETED: Activity.Kind.DELETED,
}
# What an undo's activities tell.
_UNDONE = {"reason": "undo"}

# Of unresolved issues, for some days.
FRESH = (Substatus.NEW, Substatus.REGRESSED, Substatus.ESCALATING)
# These say that a row tells what the state waits for.
_WAITING = (
    Substatus.IN_RELEASE,
    Substatus.UNTIL_CONDITION,
    Substatus.UNTIL_ESCALATING,
)
# What an issue is then, unless it waits for something.
_SUBSTATUS = {
    Status.UNRESOLVED: Substatus.ONGOING,
    Status.RESOLVED: Substatus.NONE,
    Status.IGNORED: Substatus.NONE,
    Status.DELETED: Substatus.NONE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What one issue was before its status changed."""

    issue_id: int
    status: int
    substatus: int
    # When it changed.
    at: datetime
    # Where it was resolved in a release.
    fix: Fix | None = None
    # Where it was ignored until a condition.
    terms: Terms | None = None


# As many issues wake at once.
_WAKE_AT_ONCE = 1000


def wake_due(now: datetime) -> int:
    """Reopens ignored issues whose time has come; how many, up to _WAKE_AT_ONCE."""
    due = Snooze.objects.filter(until__lte=now).order_by("until")
    ids = list(due.values_list("issue_id", flat=True)[:_WAKE_AT_ONCE])
    if not ids:
        return 0
    with transaction.atomic():
        locked = [state.issue_id for state in _locked(ids)]
        # Somebody may have ignored it anew before it was locked.
        ended = due.filter(issue__in=locked).values_list("issue_id", flat=True)
        because = {"reason": "ignoreUntil"}
        set_status(list(ended), Status.UNRESOLVED, user=None, because=because)
    return len(ids)


def make_ongoing(issue_ids: Iterable[int], *, before: datetime) -> None:
    """What was new or back before that time is nothing special any more."""
    now = timezone.now()
    with transaction.atomic():
        fresh = _locked(issue_ids).filter(
            status=Status.UNRESOLVED,
            substatus__in=FRESH,
            status_at__lt=before,
        )
        states = list(fresh)
        # When it was opened stays: what was done then can still be undone.
        IssueState.objects.filter(issue__in=[s.issue_id for s in states]).update(
            substatus=Substatus.ONGOING
        )
        _note(states, Activity.Kind.ONGOING, None, now, None, {}, {})


def set_status(
    issue_ids: Iterable[int],
    status: Status,
    *,
    user: User | None,
    because: Mapping[str, Any] | None = None,
    fixes: Mapping[int, Fix] | None = None,
    until: Until | None = None,
    operation_id: int | None = None,
    is_by_age: bool = False,
) -> list[Change]:
    """Gives the issues another status; what those were that really changed.

    `because` is what the activity tells of the reason, where the service itself acts;
    `fixes` says by project in which release resolved issues are fixed, `until` what
    ends the ignoring; `operation_id` what all of it is part of; `is_by_age` that they
    are resolved because nothing was heard of them.
    """
    substatus = _SUBSTATUS[status] if fixes is None else Substatus.IN_RELEASE
    if until is not None:
        is_escalating = until == Until(escalates=True)
        substatus = (
            Substatus.UNTIL_ESCALATING if is_escalating else Substatus.UNTIL_CONDITION
        )
    if is_by_age:
        substatus = Substatus.BY_AGE
    now = timezone.now()
    with transaction.atomic():
        states = list(_differing(_locked(issue_ids), status, substatus))
        changes = _changes(states, now)
        IssueState.objects.filter(issue__in=_ids(changes)).update(
            status=status, substatus=substatus, status_at=now
        )
        user_id = user.pk if user else None
        new = _by(user_id, states, fixes) if fixes else {}
        terms = terms_for(states, until, now, user_id) if until else {}
        told = _wait_for(states, new, terms)
        kind = Activity.Kind.RESOLVED_BY_AGE if is_by_age else _KINDS[status]
        _note(states, kind, user, now, operation_id, because or {}, told)
        if user and status in VISIBLE_STATUSES:
            subscribe(_ids(changes), [user.pk], Reason.CHANGED_STATUS)
    return changes


# Parameters: time, issue ids, statuses, substatuses.
_WRITE_STATES = """
UPDATE issues_issuestate s
SET status = n.status, substatus = n.substatus, status_at = %s::timestamptz
FROM unnest(%s::int4[], %s::int2[], %s::int2[]) AS n(issue_id, status, substatus)
WHERE s.issue_id = n.issue_id
"""


def undo(
    changes: Sequence[Change],
    became: Status,
    *,
    user: User | None,
    operation_id: int | None = None,
) -> list[int]:
    """Puts issues back to what they were; the ids of those that this changed.

    An issue whose status has changed since, if only to the same one, is left alone.
    """
    before = {change.issue_id: change for change in changes}
    now = timezone.now()
    with transaction.atomic():
        states = [
            state
            for state in _locked(before).filter(status=became)
            if state.status_at == before[state.issue_id].at
        ]
        for state in states:
            old = before[state.issue_id]
            state.status, state.substatus = old.status, old.substatus
        sql.run(
            _WRITE_STATES,
            now,
            arrays.of_numbers(state.issue_id for state in states),
            arrays.of_numbers(state.status for state in states),
            arrays.of_numbers(state.substatus for state in states),
        )
        fixes = {s.issue_id: fix for s in states if (fix := before[s.issue_id].fix)}
        terms = {s.issue_id: one for s in states if (one := before[s.issue_id].terms)}
        told = _wait_for(states, fixes, terms)
        restored = dict.fromkeys(_KINDS, Activity.Kind.RESTORED)
        for status, kind in (restored if became == Status.DELETED else _KINDS).items():
            those = [state for state in states if state.status == status]
            _note(those, kind, user, now, operation_id, _UNDONE, told)
    return [state.issue_id for state in states]


def hide_members(issue_ids: Collection[int]) -> None:
    """Hides what was merged into deleted issues as deeply as those."""
    _merged(issue_ids).update(status=Status.DELETED)


def show_members(issue_ids: Collection[int]) -> None:
    """Undoes `hide_members`: they are merged and no more than that."""
    _merged(issue_ids).update(status=Status.MERGED)


def set_bookmark(issue_ids: Iterable[int], user: User, on: bool) -> list[int]:
    """Bookmarks the issues for the user, or no longer; the ids that changed."""
    wanted = sorted(set(issue_ids))
    with transaction.atomic():
        has = set(
            Bookmark.objects.filter(user=user, issue__in=wanted).values_list(
                "issue_id", flat=True
            )
        )
        changed = [issue for issue in wanted if (issue in has) != on]
        if on:
            Bookmark.objects.bulk_create(
                [Bookmark(user=user, issue_id=issue) for issue in changed],
                ignore_conflicts=True,
            )
            subscribe(changed, [user.pk], Reason.BOOKMARKED)
        else:
            Bookmark.objects.filter(user=user, issue__in=changed).delete()
    return changed


_MARK_SEEN = """
INSERT INTO issues_sighting (user_id, issue_id, seen_at)
SELECT %s, issue_id, %s FROM unnest(%s::int4[]) AS issue_id
ON CONFLICT (user_id, issue_id) DO UPDATE SET seen_at = EXCLUDED.seen_at
"""


def mark_seen(issue_id: int, user: User) -> None:
    """Notes that the user has looked at the issue now."""
    set_seen([issue_id], user, True)


def set_seen(issue_ids: Iterable[int], user: User, on: bool) -> None:
    """Notes that the user has looked at the issues now, or never has."""
    ids = sorted(set(issue_ids))
    if not on:
        Sighting.objects.filter(user=user, issue__in=ids).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(_MARK_SEEN, [user.pk, timezone.now(), ids])


def _locked(issue_ids: Iterable[int]) -> QuerySet[IssueState]:
    """The issues' states, locked in the order in which the digest locks them."""
    return (
        IssueState.objects.filter(issue__in=sorted(set(issue_ids)))
        .order_by("issue_id")
        .select_for_update()
    )


def _merged(issue_ids: Collection[int]) -> QuerySet[IssueState]:
    """The states of what is hidden in the families of the issues."""
    hidden = set(with_families(issue_ids)).difference(issue_ids)
    return IssueState.objects.filter(issue__in=hidden)


def _note(
    states: Iterable[IssueState],
    kind: Activity.Kind,
    user: User | None,
    at: datetime,
    operation_id: int | None,
    because: Mapping[str, Any],
    told: Mapping[int, Mapping[str, Any]],
) -> None:
    """An activity for each; `told` is what it tells of some of the issues."""
    projects = {state.issue_id: state.project_id for state in states}
    logbook.write(
        kind,
        {issue: {**because, **told.get(issue, {})} for issue in projects},
        projects,
        user=user,
        at=at,
        operation_id=operation_id,
    )


def _differing(
    states: QuerySet[IssueState], status: Status, substatus: Substatus
) -> QuerySet[IssueState]:
    """Those that are not so yet; a release or condition is always heeded anew.

    What nobody sees keeps its status: who deletes or merges has had the last word.
    """
    states = states.filter(status__in=VISIBLE_STATUSES)
    if substatus in _WAITING:
        return states
    if status == Status.UNRESOLVED:
        return states.exclude(status=status)
    return states.exclude(status=status, substatus=substatus)


def _changes(states: Sequence[IssueState], at: datetime) -> list[Change]:
    """What the issues are before they change at that time."""
    waiting = [s.issue_id for s in states if s.substatus in _WAITING]
    fixes = resolutions.kept(waiting) if waiting else {}
    terms = snoozes.kept(waiting) if waiting else {}
    return [
        Change(
            s.issue_id,
            s.status,
            s.substatus,
            at,
            fixes.get(s.issue_id),
            terms.get(s.issue_id),
        )
        for s in states
    ]


def _by(
    user_id: int | None, states: Iterable[IssueState], fixes: Mapping[int, Fix]
) -> dict[int, Fix]:
    """The fix of each issue, with whose word it is."""
    return {s.issue_id: replace(fixes[s.project_id], user_id=user_id) for s in states}


def _wait_for(
    states: Iterable[IssueState], fixes: Mapping[int, Fix], terms: Mapping[int, Terms]
) -> dict[int, dict[str, Any]]:
    """Has the issues wait for this and nothing else; what is to be told of it."""
    project_of = {state.issue_id: state.project_id for state in states}
    resolutions.replace(project_of, fixes)
    snoozes.replace(project_of, terms)
    return {issue: fix.told for issue, fix in fixes.items()} | {
        issue: one.told for issue, one in terms.items()
    }


def _ids(changes: Iterable[Change]) -> list[int]:
    return [change.issue_id for change in changes]
