"""Merges issues and takes them apart again: exact, told in the activity, undoable."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from issues import shortid
from issues.locks import hold_shards, lock_states
from issues.merging.families import families_of, survivors_of, with_families
from issues.merging.joining import join, part
from issues.models import (
    VISIBLE_STATUSES,
    Activity,
    FamilyMember,
    Fingerprint,
    Issue,
)
from projects.models import Project, User
from projects.news import announce


class CannotMerge(Exception):
    """Fewer than two issues of the project that people see, or another survivor."""


class CannotUnmerge(Exception):
    """None of the sources is merged into the issue, or it is not seen itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A source of events that now counts for another survivor."""

    source_id: int
    # The survivor that it counted for before; None: it stood for itself.
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    survivor_id: int
    # The issues that were seen before and are hidden now, in the order of ids.
    children: list[int]
    # Those and the members that they brought.
    moved: list[Moved]
    at: datetime


def merge(
    project: Project,
    issue_ids: Iterable[int],
    *,
    user: User | None,
    into: int | None = None,
    operation_id: int | None = None,
) -> Merged:
    """Merges the issues into the one with most events, or into the one that is named.

    Their events, also those to come, count for the survivor from now on. An issue that
    is merged already stands for its survivor. `operation_id`: what it is part of. The
    caller must hold no lock of a state yet. Raises CannotMerge.
    """
    with transaction.atomic():
        hold_shards([project.pk])
        now = timezone.now()
        issues = _lock_seen(project, {*issue_ids, *([into] if into else [])})
        survivor = choose_survivor(issues, into)
        roots = [issue for issue in issues if issue.pk != survivor.pk]
        families = families_of([root.pk for root in roots])
        join(survivor, roots, now)
        teller = _Teller(project, user, operation_id, now)
        told = {"issues": [teller.name(root) for root in roots]}
        teller.tell(Activity.Kind.MERGE, survivor, told)
        transaction.on_commit(partial(announce, [project.pk]))
    children = [root.pk for root in roots]
    return Merged(
        survivor_id=survivor.pk,
        children=children,
        moved=_moves(children, families),
        at=now,
    )


def unmerge(
    project: Project,
    survivor_id: int,
    source_ids: Collection[int],
    *,
    user: User | None,
    operation_id: int | None = None,
) -> list[int]:
    """Makes issues of their own of what was merged; the ids of those that it was.

    Each has its number and what its events count, with those that came since. The
    caller must hold no lock of a state yet. Raises CannotUnmerge.
    """
    with transaction.atomic():
        hold_shards([project.pk])
        now = timezone.now()
        members = FamilyMember.objects.filter(
            survivor=survivor_id,
            survivor__state__status__in=VISIBLE_STATUSES,
            project=project,
            source__in=source_ids,
        ).exclude(source=survivor_id)
        leaving = list(members.select_related("source").order_by("source"))
        if not leaving:
            raise CannotUnmerge
        lock_states(with_families([survivor_id]))
        survivor = Issue.objects.get(pk=survivor_id)
        hashes = _hashes_of(member.source_id for member in leaving)
        part(survivor, [member.source_id for member in leaving], now)
        teller = _Teller(project, user, operation_id, now)
        for member in leaving:
            teller.tell_apart(survivor, member.source, hashes[member.source_id])
        transaction.on_commit(partial(announce, [project.pk]))
    return [member.source_id for member in leaving]


def _lock_seen(project: Project, issue_ids: Collection[int]) -> list[Issue]:
    """The issues that people see for these, with their states locked."""
    survivors = survivors_of(issue_ids)
    seen = {survivors.get(issue, issue) for issue in issue_ids}
    lock_states(with_families(seen))
    return list(
        Issue.objects.select_related("state")
        .filter(project=project, pk__in=seen, state__status__in=VISIBLE_STATUSES)
        .order_by("pk")
    )


def choose_survivor(issues: Sequence[Issue], into: int | None) -> Issue:
    """The survivor: the one named, else that with most events, of those the oldest."""
    if len(issues) < 2:
        raise CannotMerge
    if into is None:
        return max(issues, key=lambda one: (one.state.event_count, -one.number))
    named = survivors_of([into]).get(into, into)
    found = next((issue for issue in issues if issue.pk == named), None)
    if found is None:
        raise CannotMerge
    return found


def _moves(children: Sequence[int], families: Mapping[int, int]) -> list[Moved]:
    alone = [Moved(source_id=child, before=None) for child in children]
    brought = [
        Moved(source_id=source, before=survivor)
        for source, survivor in sorted(families.items())
        if source != survivor
    ]
    return alone + brought


def _hashes_of(source_ids: Iterable[int]) -> dict[int, list[str]]:
    """The fingerprints of each source, as people see them."""
    found: dict[int, list[str]] = {source: [] for source in source_ids}
    rows = Fingerprint.objects.filter(issue__in=found).order_by("pk")
    for fingerprint in rows:
        found[fingerprint.issue_id].append(fingerprint.hash.hex)
    return found


@dataclass(frozen=True, slots=True)
class _Teller:
    """Writes what happened into the activity, in the shapes of Sentry's."""

    project: Project
    user: User | None
    operation_id: int | None
    at: datetime

    def tell_apart(self, survivor: Issue, source: Issue, hashes: list[str]) -> None:
        """Both issues tell of the other."""
        named = {"fingerprints": hashes}
        left = named | {"destination": self.name(source)}
        came = named | {"source": self.name(survivor)}
        self.tell(Activity.Kind.UNMERGE_SOURCE, survivor, left)
        self.tell(Activity.Kind.UNMERGE_DESTINATION, source, came)

    def tell(self, kind: Activity.Kind, issue: Issue, data: Mapping[str, Any]) -> None:
        Activity.objects.create(
            project=self.project,
            issue=issue,
            kind=kind,
            user=self.user,
            data=data,
            operation_id=self.operation_id,
            created_at=self.at,
        )

    def name(self, issue: Issue) -> dict[str, str]:
        return {
            "id": str(issue.pk),
            "shortId": shortid.encode(self.project.slug, issue.number),
            "title": issue.title,
        }
