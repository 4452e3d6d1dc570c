"""Merging and unmerging as operations, which can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues.locks import hold_shards
from issues.merging import changes
from issues.merging.changes import CannotMerge, CannotUnmerge
from issues.models import VISIBLE_STATUSES, FamilyMember, IssueState, Operation
from issues.operations.kinds import Data, Item, Kind, register
from issues.operations.selection import Action, Selection
from projects.models import Organization, Project, User


def merge(into: int | None = None) -> Action:
    """Merges the selected issues, into the one that is named or has most events.

    `issues.operations.apply` raises CannotMerge where they are of several projects or
    fewer than two, and then has done nothing. The operation's data names the
    "survivor" and the "children".
    """
    return Action(kind="merge", data={"into": into})


def unmerge(
    organization: Organization,
    project: Project,
    survivor_id: int,
    source_ids: Collection[int],
) -> tuple[Selection, Action]:
    """What to apply to make issues of their own of merged ones; or CannotUnmerge."""
    if not source_ids:
        raise CannotUnmerge
    selection = Selection(
        organization=organization,
        issue_ids=tuple(sorted(set(source_ids))),
        project_ids=(project.pk,),
    )
    return selection, Action(kind="unmerge", data={"survivor": survivor_id})


def _merge(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    """Items: the id of an issue that was merged, and when."""
    if operation.project is None:
        raise CannotMerge
    merged = changes.merge(
        operation.project,
        issue_ids,
        user=operation.user,
        into=operation.data["into"],
        operation_id=operation.pk,
    )
    operation.data |= {
        "survivor": merged.survivor_id,
        "children": merged.children,
        # What the issues brought of their own families.
        "brought": [[m.source_id, m.before] for m in merged.moved if m.before],
    }
    operation.save(update_fields=["data"])
    return [[child, merged.at.isoformat()] for child in merged.children]


def _undo_merge(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    """Leaves alone what has been merged elsewhere or taken out since."""
    if operation.project is None:
        return []
    project, survivor = operation.project, operation.data["survivor"]
    hold_shards([project.pk])
    still = dict(
        FamilyMember.objects.filter(survivor=survivor).values_list(
            "source", "merged_at"
        )
    )
    children = [i for i, at in items if i in still and still[i].isoformat() == at]
    families: dict[int, list[int]] = defaultdict(list)
    for source, before in operation.data["brought"]:
        if source in still and before in children:
            families[before].append(source)
    leaving = [*children, *(one for family in families.values() for one in family)]
    seen = IssueState.objects.filter(issue=survivor, status__in=VISIBLE_STATUSES)
    if not children or not seen.exists():
        return []
    changes.unmerge(project, survivor, leaving, user=user, operation_id=operation.pk)
    for root, sources in families.items():
        changes.merge(project, sources, user=user, into=root, operation_id=operation.pk)
    return children


def _unmerge(operation: Operation, issue_ids: Sequence[int]) -> list[Item]:
    """Items: the id of an issue that stands for itself again."""
    if operation.project is None:
        raise CannotUnmerge
    survivor = operation.data["survivor"]
    parted = changes.unmerge(
        operation.project,
        survivor,
        issue_ids,
        user=operation.user,
        operation_id=operation.pk,
    )
    return [[source] for source in parted]


def _undo_unmerge(
    operation: Operation, items: Sequence[Item], user: User | None
) -> Sequence[int]:
    """Leaves alone what has been merged or deleted since, or has its own family."""
    if operation.project is None:
        return []
    hold_shards([operation.project.pk])
    survivor = operation.data["survivor"]
    wanted = [survivor, *(item[0] for item in items)]
    seen = set(
        IssueState.objects.filter(issue__in=wanted, status__in=VISIBLE_STATUSES)
        .exclude(
            issue__in=FamilyMember.objects.values("source").exclude(survivor=survivor)
        )
        .values_list("issue", flat=True)
    )
    alone = sorted(seen - {survivor})
    if survivor not in seen or not alone:
        return []
    changes.merge(
        operation.project, alone, user=user, into=survivor, operation_id=operation.pk
    )
    return alone


def _merge_of_one(data: Data) -> str:
    return _("%s merged into another issue")


def _merge_of_many(data: Data, number: int) -> str:
    # The one that they were merged into was among those chosen.
    return _("%d issues merged into one") % (number + 1)


def _unmerge_of_one(data: Data) -> str:
    return _("%s unmerged")


def _unmerge_of_many(data: Data, number: int) -> str:
    return ngettext("%d issue unmerged", "%d issues unmerged", number) % number


register(
    Kind(
        name="merge",
        label=gettext_lazy("Merge"),
        of_one=_merge_of_one,
        of_many=_merge_of_many,
        change=_merge,
        restore=_undo_merge,
        is_whole=True,
    )
)
register(
    Kind(
        name="unmerge",
        label=gettext_lazy("Unmerge"),
        of_one=_unmerge_of_one,
        of_many=_unmerge_of_many,
        change=_unmerge,
        restore=_undo_unmerge,
        is_whole=True,
    )
)
