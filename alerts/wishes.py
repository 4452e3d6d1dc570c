"""What users want to be mailed: asked for and changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from alerts.models import Kind, MutedProject, Wishes
from projects.models import Project, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one user wants."""

    unwanted: frozenset[str] = frozenset()
    wants_own: bool = False
    muted_project_ids: frozenset[int] = frozenset()

    def allows(self, kind: Kind, *, project_id: int, is_own: bool) -> bool:
        """Whether he is to be mailed of it."""
        if kind in self.unwanted or project_id in self.muted_project_ids:
            return False
        return self.wants_own or not is_own


def wishes_of(user_ids: Collection[int]) -> dict[int, Wish]:
    """By user, of each of them."""
    rows = Wishes.objects.in_bulk(user_ids)
    muted: dict[int, set[int]] = {}
    for user_id, project_id in MutedProject.objects.filter(
        user__in=user_ids
    ).values_list("user", "project"):
        muted.setdefault(user_id, set()).add(project_id)
    return {
        user_id: Wish(
            unwanted=frozenset(row.unwanted) if row else frozenset(),
            wants_own=row.wants_own if row else False,
            muted_project_ids=frozenset(muted.get(user_id, ())),
        )
        for user_id in user_ids
        for row in [rows.get(user_id)]
    }


def wish_of(user: User) -> Wish:
    return wishes_of([user.pk])[user.pk]


def change(user: User, *, unwanted: Iterable[Kind], wants_own: bool) -> None:
    """From now on the user is mailed of all but these kinds."""
    Wishes.objects.update_or_create(
        user=user,
        defaults={
            "unwanted": sorted(kind.value for kind in set(unwanted)),
            "wants_own": wants_own,
        },
    )


def stop_everything(user: User) -> None:
    """From now on the user is mailed of nothing; which projects he muted stays."""
    change(user, unwanted=Kind, wants_own=wish_of(user).wants_own)


def mute(user: User, among: Iterable[Project], muted: Iterable[Project]) -> None:
    """Of the projects `among`, the user wants no mail of exactly `muted`."""
    with transaction.atomic():
        MutedProject.objects.filter(user=user, project__in=list(among)).delete()
        MutedProject.objects.bulk_create(
            [MutedProject(user=user, project=project) for project in muted],
            ignore_conflicts=True,
        )
