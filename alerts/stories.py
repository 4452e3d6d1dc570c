"""What a mail tells of each issue, as it is when the mail leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from alerts.followers import Wanted, wanted
from alerts.models import Notice
from issues import shortid
from issues.merging.families import seen_instead
from issues.models import Activity, Issue
from projects.models import Project, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An issue that a reader may see, and what happened to it, the oldest first."""

    issue: Issue
    project: Project
    happenings: Sequence[Wanted]

    @property
    def short_id(self) -> str:
        return shortid.encode(self.project.slug, self.issue.number)

    @property
    def link(self) -> str:
        where = [self.project.organization.slug, self.project.slug, self.issue.number]
        return settings.PUBLIC_URL + reverse("issues:detail", args=where)


def stories_of(notices: Iterable[Notice], reader: User) -> list[Story]:
    """What the notices tell their reader, in their order.

    Left out is what is not his business any more: he has unsubscribed, left, or wants
    no mail of it; the issue or comment is gone; it was undone within the same mail.
    """
    ids = [pk for notice in notices for pk in notice.activity_ids]
    rows = Activity.objects.select_related("user").in_bulk(ids)
    activities = [rows[pk] for pk in sorted(rows)]
    found = wanted(_without_undone(activities), user_id=reader.pk)
    seen = seen_instead({one.activity.issue_id for one in found})
    happenings: dict[Issue, list[Wanted]] = {}
    for one in found:
        if issue := seen.get(one.activity.issue_id):
            happenings.setdefault(issue, []).append(one)
    projects = Project.objects.select_related("organization").in_bulk(
        {issue.project_id for issue in happenings}
    )
    return [
        Story(issue=issue, project=projects[issue.project_id], happenings=those)
        for issue, those in happenings.items()
    ]


def _without_undone(activities: Sequence[Activity]) -> list[Activity]:
    """All but those of operations that are told both as done and as undone."""
    done = {_place(one) for one in activities if not _is_undo(one)}
    undone = {_place(one) for one in activities if _is_undo(one)}
    void = {place for place in done & undone if place[1] is not None}
    return [one for one in activities if _place(one) not in void]


def _place(activity: Activity) -> tuple[int, int | None]:
    return activity.issue_id, activity.operation_id


def _is_undo(activity: Activity) -> bool:
    return bool(activity.data.get("reason") == "undo")
