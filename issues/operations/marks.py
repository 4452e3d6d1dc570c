"""Bookmarks and sightings as operations: whoever sets them, they are his own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues import triage
from issues.models import Operation, Sighting
from issues.operations.kinds import Data, Item, Kind, register
from issues.operations.selection import Action
from projects.models import User


def bookmark(is_on: bool) -> Action:
    return Action(kind="bookmark" if is_on else "unbookmark")


def seen(is_on: bool) -> Action:
    return Action(kind="seen" if is_on else "unseen")


def _set_bookmarks(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    if operation.user is None:
        return []
    is_on = operation.kind == "bookmark"
    return [[i] for i in triage.set_bookmark(issue_ids, operation.user, is_on)]


def _restore_bookmarks(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    if operation.user is None:
        return []
    is_on = operation.kind != "bookmark"
    return triage.set_bookmark([item[0] for item in items], operation.user, is_on)


def _set_seen(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    """Items: issue id, when it was seen last, when it was now."""
    if operation.user is None:
        return []
    before = _sightings(operation.user, issue_ids)
    triage.set_seen(issue_ids, operation.user, operation.kind == "seen")
    after = _sightings(operation.user, issue_ids)
    return [
        [issue, before.get(issue), after.get(issue)]
        for issue in issue_ids
        if before.get(issue) != after.get(issue)
    ]


def _restore_seen(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    """Leaves alone what has been looked at since."""
    if operation.user is None:
        return []
    now = _sightings(operation.user, [item[0] for item in items])
    same = [item for item in items if now.get(item[0]) == item[2]]
    ids = [item[0] for item in same]
    Sighting.objects.filter(user=operation.user, issue__in=ids).delete()
    Sighting.objects.bulk_create(
        Sighting(
            user=operation.user,
            issue_id=issue,
            seen_at=datetime.fromisoformat(seen_at),
        )
        for issue, seen_at, _then in same
        if seen_at
    )
    return ids


def _sightings(user: User, issue_ids: Sequence[int]) -> dict[int, str]:
    rows = Sighting.objects.filter(user=user, issue__in=list(issue_ids))
    return {row.issue_id: row.seen_at.isoformat() for row in rows}


def _bookmarked_many(data: Data, n: int) -> str:
    return ngettext("%d issue bookmarked", "%d issues bookmarked", n) % n


def _unbookmarked_many(data: Data, n: int) -> str:
    return ngettext("%d bookmark removed", "%d bookmarks removed", n) % n


def _seen_many(data: Data, n: int) -> str:
    return ngettext("%d issue marked as seen", "%d issues marked as seen", n) % n


def _unseen_many(data: Data, n: int) -> str:
    return ngettext("%d issue marked as unseen", "%d issues marked as unseen", n) % n


register(
    Kind(
        name="bookmark",
        label=gettext_lazy("Bookmarked"),
        of_one=lambda data: _("Bookmarked %s"),
        of_many=_bookmarked_many,
        change=_set_bookmarks,
        restore=_restore_bookmarks,
        is_personal=True,
    )
)
register(
    Kind(
        name="unbookmark",
        label=gettext_lazy("Bookmark removed"),
        of_one=lambda data: _("Bookmark of %s removed"),
        of_many=_unbookmarked_many,
        change=_set_bookmarks,
        restore=_restore_bookmarks,
        is_personal=True,
    )
)
register(
    Kind(
        name="seen",
        label=gettext_lazy("Marked as seen"),
        of_one=lambda data: _("Marked %s as seen"),
        of_many=_seen_many,
        change=_set_seen,
        restore=_restore_seen,
        is_personal=True,
    )
)
register(
    Kind(
        name="unseen",
        label=gettext_lazy("Marked as unseen"),
        of_one=lambda data: _("Marked %s as unseen"),
        of_many=_unseen_many,
        change=_set_seen,
        restore=_restore_seen,
        is_personal=True,
    )
)
