"""An issue as the API tells it. Source: protocol.md, "Issue JSON"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.conf import settings
from django.urls import reverse

from issues import resolutions, snoozes
from issues.api.actors import ActorShape
from issues.listing import IssueRow
from issues.models import IssueTags, Level, Status, Substatus, Tag
from issues.resolutions import Fix
from issues.snoozes import Terms
from issues.subscriptions import Standing
from projects.api.root import UserShape, user_json
from projects.models import User
from projects.windows import Window

# [start of the bucket in whole seconds since 1970, events]
Stats = dict[str, list[list[int]]]


class IssueProjectShape(TypedDict):
    id: str
    slug: str
    name: str
    platform: str | None


class SubscriptionShape(TypedDict):
    reason: str


class LifetimeShape(TypedDict):
    count: str
    userCount: int
    firstSeen: datetime
    lastSeen: datetime


class IssueNameShape(TypedDict):
    """What the issue is, and of which project."""

    id: str
    shareId: str | None
    shortId: str
    title: str
    culprit: str
    permalink: str
    logger: str | None
    level: str
    isPublic: bool
    platform: str
    project: IssueProjectShape
    type: str
    issueType: str
    issueCategory: str
    metadata: dict[str, Any]
    annotations: list[dict[str, Any]]


class IssueStateShape(TypedDict):
    """How it stands, with everybody and with the reader."""

    status: str
    statusDetails: dict[str, Any]
    # Null for resolved ones.
    substatus: str | None
    # Follows from the level.
    priority: str
    priorityLockedAt: datetime | None
    seerFixabilityScore: float | None
    numComments: int
    assignedTo: ActorShape | None
    isBookmarked: bool
    isSubscribed: bool
    # Null where the user is not subscribed.
    subscriptionDetails: SubscriptionShape | None
    hasSeen: bool
    inbox: dict[str, Any] | None
    owners: list[dict[str, Any]] | None


class IssueShape(IssueNameShape, IssueStateShape):
    isUnhandled: NotRequired[bool]
    count: str
    userCount: int
    firstSeen: datetime
    lastSeen: datetime
    stats: NotRequired[Stats]
    lifetime: NotRequired[LifetimeShape]
    filtered: NotRequired[dict[str, Any] | None]


_STATUS = {
    Status.UNRESOLVED: "unresolved",
    Status.RESOLVED: "resolved",
    Status.IGNORED: "ignored",
}
_SUBSTATUS = {
    Substatus.NEW: "new",
    Substatus.ONGOING: "ongoing",
    Substatus.REGRESSED: "regressed",
    Substatus.ESCALATING: "escalating",
    Substatus.UNTIL_CONDITION: "archived_until_condition_met",
    Substatus.UNTIL_ESCALATING: "archived_until_escalating",
}
_WAITING = (Substatus.IN_RELEASE, Substatus.UNTIL_CONDITION)
_PRIORITY = {
    Level.FATAL: "high",
    Level.ERROR: "high",
    Level.WARNING: "medium",
    Level.INFO: "low",
    Level.DEBUG: "low",
}


def issue_json(
    row: IssueRow,
    *,
    is_unhandled: bool,
    stats: Stats,
    details: dict[str, Any],
    assignee: ActorShape | None,
    standing: Standing,
) -> IssueShape:
    """The issue; its project's organization must be loaded."""
    return {
        **_name_json(row),
        **_state_json(row, details, assignee, standing),
        "isUnhandled": is_unhandled,
        "count": str(row.event_count),
        "userCount": row.user_count,
        "firstSeen": row.first_seen,
        "lastSeen": row.last_seen,
        "stats": stats,
        "lifetime": _lifetime_json(row),
        "filtered": None,
    }


def _name_json(row: IssueRow) -> IssueNameShape:
    return {
        "id": str(row.issue_id),
        "shareId": None,
        "shortId": row.short_id,
        "title": row.title,
        "culprit": row.culprit,
        "permalink": permalink(row),
        "logger": row.logger or None,
        "level": Level(row.level).name.lower(),
        "isPublic": False,
        "platform": row.platform,
        "project": _project_json(row),
        "type": row.kind,
        "issueType": "error",
        "issueCategory": "error",
        "metadata": row.metadata,
        "annotations": [],
    }


def _state_json(
    row: IssueRow,
    details: dict[str, Any],
    assignee: ActorShape | None,
    standing: Standing,
) -> IssueStateShape:
    return {
        "status": _STATUS[row.status],
        "statusDetails": details,
        "substatus": _substatus(row),
        "priority": _PRIORITY[Level(row.level)],
        "priorityLockedAt": None,
        "seerFixabilityScore": None,
        "numComments": standing.comments,
        "assignedTo": assignee,
        "isBookmarked": row.is_bookmarked,
        "isSubscribed": standing.reason is not None,
        "subscriptionDetails": _subscription(standing),
        "hasSeen": not row.is_unseen,
        "inbox": None,
        "owners": None,
    }


def permalink(row: IssueRow) -> str:
    """The address of the issue's page."""
    project = row.project
    where = [project.organization.slug, project.slug, row.number]
    return settings.PUBLIC_URL + reverse("issues:detail", args=where)


def stats_json(window: Window, counts: Sequence[int]) -> list[list[int]]:
    """Counts with the starts of their buckets."""
    starts = window.starts()
    return [
        [int(start.timestamp()), count]
        for start, count in zip(starts, counts, strict=True)
    ]


def unhandled_among(rows: Iterable[IssueRow]) -> frozenset[int]:
    """Ids of the issues of which some event was not handled by the program."""
    projects = {row.issue_id: row.project.pk for row in rows}
    if not projects:
        return frozenset()
    unhandled = Tag.objects.filter(
        project__in=set(projects.values()), key="handled", value="no"
    )
    having = IssueTags.objects.filter(
        issue__in=list(projects),
        tag_ids__overlap=list(unhandled.values_list("pk", flat=True)),
    )
    return frozenset(having.values_list("issue_id", flat=True))


def status_details(rows: Iterable[IssueRow]) -> dict[int, dict[str, Any]]:
    """By issue what its state waits for, and who said so; nothing of most issues."""
    rows = list(rows)
    quiet: dict[int, dict[str, Any]] = {
        r.issue_id: {"autoResolved": True}
        for r in rows
        if r.substatus == Substatus.BY_AGE
    }
    waiting = [r.issue_id for r in rows if r.substatus in _WAITING]
    if not waiting:
        return quiet
    found: dict[int, Fix | Terms] = {
        **resolutions.kept(waiting),
        **snoozes.kept(waiting),
    }
    users = User.objects.in_bulk([one.user_id for one in found.values() if one.user_id])
    return quiet | {
        issue: {**one.told, "actor": _actor(users.get(one.user_id or 0))}
        for issue, one in found.items()
    }


def _actor(user: User | None) -> UserShape | None:
    return user_json(user) if user else None


def _substatus(row: IssueRow) -> str | None:
    if row.status == Status.IGNORED and row.substatus == Substatus.NONE:
        return "archived_forever"
    return _SUBSTATUS.get(row.substatus)


def _project_json(row: IssueRow) -> IssueProjectShape:
    project = row.project
    return {
        "id": str(project.pk),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
    }


def _subscription(standing: Standing) -> SubscriptionShape | None:
    return {"reason": standing.reason.value} if standing.reason else None


def _lifetime_json(row: IssueRow) -> LifetimeShape:
    return {
        "count": str(row.event_count),
        "userCount": row.user_count,
        "firstSeen": row.first_seen,
        "lastSeen": row.last_seen,
    }
