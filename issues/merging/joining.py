"""Joins issues to a survivor and parts them from it; what all others count stays true.

No event moves. Each source goes on counting its own events, and the survivor counts
the sum of its sources: the digest adds to both, and whatever changes the family makes
the survivor's counts anew from those of its members. The caller holds the shard's lock
and the locks of all states concerned, in a transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F

from issues.merging import standing
from issues.merging.recount import recount
from issues.models import (
    Bookmark,
    FamilyMember,
    Issue,
    IssueState,
    Snooze,
    Status,
    Substatus,
)


def join(survivor: Issue, roots: Iterable[Issue], now: datetime) -> None:
    """Hides the roots, which are seen yet, and counts their events for the survivor.

    A root that is a survivor itself brings its members; there are no chains.
    """
    before = IssueState.objects.get(issue=survivor)
    _give_back_bookmarks(survivor.pk)
    if not FamilyMember.objects.filter(source=survivor.pk).exists():
        _begin_family(survivor, before, now)
    counted = _counters(survivor)
    for root in roots:
        _give_back_bookmarks(root.pk)
        _dissolve(root, survivor)
        state = IssueState.objects.get(issue=root)
        FamilyMember.objects.update_or_create(
            source=root,
            defaults={
                "project_id": root.project_id,
                "survivor": survivor,
                "counter": root,
                "merged_at": now,
                "before": standing.hide(state, now),
            },
        )
    _sum_up(survivor, before, counted)


def part(survivor: Issue, source_ids: Collection[int], now: datetime) -> None:
    """Shows the sources again, with all that came since; the rest stays together."""
    before = IssueState.objects.get(issue=survivor)
    _give_back_bookmarks(survivor.pk)
    counted = _counters(survivor)
    leaving = FamilyMember.objects.filter(survivor=survivor, source__in=source_ids)
    for member in leaving.select_related("source__state"):
        standing.show(member.source.state, member.before, now)
    leaving.delete()
    _sum_up(survivor, before, counted)
    left = list(FamilyMember.objects.filter(survivor=survivor))
    if len(left) == 1:
        _end_share(left[0])


def _begin_family(survivor: Issue, state: IssueState, now: datetime) -> None:
    """Has a hidden share keep what the survivor's own events count."""
    share = Issue.objects.create(
        project_id=survivor.project_id,
        number=-survivor.pk,
        title=survivor.title,
        grouping_version=survivor.grouping_version,
    )
    IssueState.objects.create(
        issue=share,
        project_id=survivor.project_id,
        status=Status.MERGED,
        substatus=Substatus.NONE,
        status_at=now,
        first_seen=state.first_seen,
        last_seen=state.last_seen,
        last_seen_minute=state.last_seen_minute,
    )
    recount(share.pk, share.project_id, [survivor.pk])
    FamilyMember.objects.create(
        source=survivor,
        project_id=survivor.project_id,
        survivor=survivor,
        counter=share,
        merged_at=now,
    )


def _dissolve(root: Issue, survivor: Issue) -> None:
    """Gives the members of a root to the survivor, and the root its own counts."""
    own = FamilyMember.objects.filter(source=root, survivor=root).first()
    if own is None:
        return
    FamilyMember.objects.filter(survivor=root).update(survivor=survivor)
    recount(root.pk, root.project_id, [own.counter_id])
    _end_share(own)


def _end_share(own: FamilyMember) -> None:
    """Drops a share whose counts are those of its survivor again."""
    share = own.counter
    own.delete()
    share.delete()


def _counters(survivor: Issue) -> set[int]:
    """Who keeps what the members of the survivor's family count."""
    members = FamilyMember.objects.filter(survivor=survivor)
    return set(members.values_list("counter", flat=True))


def _sum_up(survivor: Issue, before: IssueState, counted: set[int]) -> None:
    """The survivor's counts anew; what it waits for counts from where it did.

    `counted`: the counters whose sum they are yet.
    """
    counters = _counters(survivor)
    recount(
        survivor.pk,
        survivor.project_id,
        sorted(counters),
        changed=sorted(counters ^ counted),
    )
    after = IssueState.objects.get(issue=survivor)
    Snooze.objects.filter(issue=survivor).update(
        event_base=F("event_base") + after.event_count - before.event_count,
        user_base=F("user_base") + after.user_count - before.user_count,
    )
    _lend_bookmarks(survivor)


def _lend_bookmarks(survivor: Issue) -> None:
    """Who keeps a member in sight keeps the survivor in sight."""
    members = FamilyMember.objects.filter(survivor=survivor).exclude(source=survivor)
    stars = Bookmark.objects.filter(issue=survivor)
    has = set(stars.values_list("user", flat=True))
    for member in members.order_by("source"):
        theirs = Bookmark.objects.filter(issue=member.source_id)
        lent = sorted(set(theirs.values_list("user", flat=True)) - has)
        if lent:
            Bookmark.objects.bulk_create(
                Bookmark(user_id=user, issue=survivor) for user in lent
            )
            member.lent_bookmarks = lent
            member.save(update_fields=["lent_bookmarks"])
            has.update(lent)


def _give_back_bookmarks(survivor_id: int) -> None:
    lenders = FamilyMember.objects.filter(
        survivor=survivor_id, lent_bookmarks__len__gt=0
    )
    lent = {user for member in lenders for user in member.lent_bookmarks}
    if lent:
        Bookmark.objects.filter(issue=survivor_id, user__in=lent).delete()
        lenders.update(lent_bookmarks=[])
