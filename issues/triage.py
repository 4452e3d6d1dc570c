"""The only writer of an issue's status, bookmarks and sightings.

A status changes only from another one, so that of two people who press the same
button one changes the issue and the other changes nothing. Each change is an
Activity in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from issues import resolutions
from issues.models import (
    Activity,
    Bookmark,
    IssueState,
    Sighting,
    Status,
    Substatus,
)
from issues.resolutions import Fix, FixedIn, fixes_for
from projects.models import User

_KINDS = {
    Status.UNRESOLVED: Activity.Kind.UNRESOLVED,
    Status.RESOLVED: Activity.Kind.RESOLVED,
    Status.IGNORED: Activity.Kind.IGNORED,
}


# What an issue is then, unless it waits for something.
_SUBSTATUS = {
    Status.UNRESOLVED: Substatus.ONGOING,
    Status.RESOLVED: Substatus.NONE,
    Status.IGNORED: Substatus.NONE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What one issue was before its status changed."""

    issue_id: int
    status: int
    substatus: int
    # Where it was resolved in a release.
    fix: Fix | None = None


def resolve(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this resolved."""
    return _ids(set_status(issue_ids, Status.RESOLVED, user=user))


def resolve_in(
    issue_ids: Iterable[int], where: FixedIn, *, user: User | None
) -> list[Change]:
    """Resolves the issues until a release that should have the fix brings them back.

    Raises NoSuchRelease, and then changes none.
    """
    ids = sorted(set(issue_ids))
    fixes = fixes_for(ids, where)
    return set_status(ids, Status.RESOLVED, user=user, fixes=fixes)


def unresolve(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this reopened."""
    return _ids(set_status(issue_ids, Status.UNRESOLVED, user=user))


def ignore(issue_ids: Iterable[int], *, user: User | None) -> list[int]:
    """The ids of the issues that this set aside."""
    return _ids(set_status(issue_ids, Status.IGNORED, user=user))


def set_status(
    issue_ids: Iterable[int],
    status: Status,
    *,
    user: User | None,
    because: Mapping[str, str] | None = None,
    fixes: Mapping[int, Fix] | None = None,
) -> list[Change]:
    """Gives the issues another status; what those were that really changed.

    `because` is what the activity tells of the reason, where the service itself acts;
    `fixes` says by project in which release resolved issues are fixed.
    """
    substatus = _SUBSTATUS[status] if fixes is None else Substatus.IN_RELEASE
    now = timezone.now()
    with transaction.atomic():
        states = list(_differing(_locked(issue_ids), status, substatus))
        changes = _changes(states)
        IssueState.objects.filter(issue__in=_ids(changes)).update(
            status=status, substatus=substatus, status_at=now
        )
        new = {s.issue_id: fixes[s.project_id] for s in states} if fixes else {}
        resolutions.replace({s.issue_id: s.project_id for s in states}, _by(user, new))
        told = {issue: fix.told for issue, fix in new.items()}
        _note(states, status, user, now, because or {}, told)
    return changes


def undo(changes: Sequence[Change], became: Status, *, user: User | None) -> list[int]:
    """Puts issues back to what they were; the ids of those that this changed.

    An issue that is no longer what the change made of it is left alone.
    """
    before = {change.issue_id: change for change in changes}
    now = timezone.now()
    with transaction.atomic():
        states = list(_locked(before).filter(status=became))
        for state in states:
            old = before[state.issue_id]
            state.status, state.substatus = old.status, old.substatus
            state.status_at = now
        IssueState.objects.bulk_update(states, ["status", "substatus", "status_at"])
        fixes = {s.issue_id: fix for s in states if (fix := before[s.issue_id].fix)}
        resolutions.replace({s.issue_id: s.project_id for s in states}, fixes)
        told = {issue: fix.told for issue, fix in fixes.items()}
        for status in Status:
            those = [state for state in states if state.status == status]
            _note(those, status, user, now, {}, told)
    return [state.issue_id for state in states]


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


def _note(
    states: Iterable[IssueState],
    status: Status,
    user: User | None,
    at: datetime,
    because: Mapping[str, str],
    told: Mapping[int, Mapping[str, Any]],
) -> None:
    """An activity for each; `told` is what it tells of some of the issues."""
    Activity.objects.bulk_create(
        Activity(
            project_id=state.project_id,
            issue_id=state.issue_id,
            kind=_KINDS[status],
            user=user,
            data={**because, **told.get(state.issue_id, {})},
            created_at=at,
        )
        for state in states
    )


def _differing(
    states: QuerySet[IssueState], status: Status, substatus: Substatus
) -> QuerySet[IssueState]:
    """Those that are not so yet; a release is always heeded anew."""
    if substatus == Substatus.IN_RELEASE:
        return states
    if status == Status.UNRESOLVED:
        return states.exclude(status=status)
    return states.exclude(status=status, substatus=substatus)


def _changes(states: Sequence[IssueState]) -> list[Change]:
    """What the issues are now."""
    waiting = [s.issue_id for s in states if s.substatus == Substatus.IN_RELEASE]
    fixes = resolutions.kept(waiting) if waiting else {}
    return [
        Change(s.issue_id, s.status, s.substatus, fixes.get(s.issue_id)) for s in states
    ]


def _by(user: User | None, fixes: Mapping[int, Fix]) -> dict[int, Fix]:
    """The fixes, with whose word they are."""
    user_id = user.pk if user else None
    return {issue: replace(fix, user_id=user_id) for issue, fix in fixes.items()}


def _ids(changes: Iterable[Change]) -> list[int]:
    return [change.issue_id for change in changes]
