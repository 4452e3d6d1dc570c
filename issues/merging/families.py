"""Which issues have been merged with which: whose events and notes are read together.

A family is what has been merged: the survivor, which people see, and its members,
which are hidden. For most issues the answer is the issue alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet

from issues.models import FamilyMember, Issue, Status


def family_of(issue_id: int) -> list[int]:
    """The ids that the events of the issue's family carry; of no family, its own.

    It is the same for each issue of a family, the survivor first. What hangs on an
    issue (events, activity, reports, fingerprints) is read by these ids.
    """
    survivor = FamilyMember.objects.filter(source=issue_id).values("survivor")
    rows = FamilyMember.objects.filter(survivor__in=survivor)
    members = dict(rows.order_by("source").values_list("source", "survivor"))
    if not members:
        return [issue_id]
    first = next(iter(members.values()))
    return [first, *(source for source in members if source != first)]


def with_sources(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """The issues, each with its family as `sources`: empty where nothing is merged."""
    members = FamilyMember.objects.filter(survivor=OuterRef("pk"))
    return issues.annotate(sources=ArraySubquery(members.values("source")))


def sources_of(issue: Issue) -> list[int]:
    """The ids that the events of such an issue carry; of no family, its own."""
    sources: list[int] = getattr(issue, "sources", [])
    return sources or [issue.pk]


def families_of(issue_ids: Collection[int]) -> dict[int, int]:
    """The survivor by the id of each of its sources, for all of these families."""
    if not issue_ids:
        return {}
    rows = FamilyMember.objects.filter(survivor__in=issue_ids)
    return dict(rows.values_list("source", "survivor"))


def survivors_of(issue_ids: Iterable[int]) -> dict[int, int]:
    """The survivor by the id of each of these issues that is hidden in a family."""
    rows = FamilyMember.objects.filter(counter__in=set(issue_ids))
    return dict(rows.values_list("counter", "survivor"))


def survivor_of(issue_id: int) -> Issue | None:
    """The issue that people see instead of this one; None where it is seen itself."""
    return (
        Issue.objects.select_related("project", "state")
        .filter(family__counter=issue_id)
        .first()
    )


def seen_instead(issue_ids: Iterable[int]) -> dict[int, Issue]:
    """The issue that people see, by the id of each issue that events carry.

    Of what has been deleted nothing is seen.
    """
    wide = ("search", "grouping_parts")
    rows = (
        Issue.objects.filter(pk__in=set(issue_ids))
        .exclude(state__status=Status.DELETED)
        .exclude(membership__survivor__state__status=Status.DELETED)
        .select_related("membership__survivor")
        .defer(*wide, *(f"membership__survivor__{name}" for name in wide))
    )
    return {row.pk: _seen(row) for row in rows}


def _seen(issue: Issue) -> Issue:
    # Loaded already, also where there is none.
    member: FamilyMember | None = getattr(issue, "membership", None)
    return member.survivor if member else issue


def with_families(issue_ids: Collection[int]) -> list[int]:
    """These issues and all that is hidden in their families: what goes with them.

    Whoever deletes an issue for good deletes all of these at once, with the events of
    all, under the shard's lock; else the sums of the others would be wrong.
    """
    touched = Q(source__in=issue_ids) | Q(counter__in=issue_ids)
    survivors = FamilyMember.objects.filter(touched).values("survivor")
    rows = FamilyMember.objects.filter(survivor__in=survivors)
    hidden = rows.values_list("source", "counter")
    return sorted({*issue_ids, *(one for pair in hidden for one in pair)})


def members_of(survivor_id: int) -> list[FamilyMember]:
    """The merged issues of a survivor with their counts, those seen last first."""
    rows = FamilyMember.objects.filter(survivor=survivor_id).exclude(
        source=F("survivor")
    )
    return list(
        rows.select_related("source__state", "source__project").order_by(
            "-source__state__last_seen", "source"
        )
    )
