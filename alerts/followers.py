"""Who is to be mailed of which activities: followers who want it and may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.models import Kind
from alerts.wishes import wishes_of
from issues.comments import Mention
from issues.models import Activity
from projects import arrays, postgres
from projects.models import Team

_KINDS = {
    Activity.Kind.NOTE: Kind.COMMENTED,
    Activity.Kind.REGRESSION: Kind.REGRESSED,
    Activity.Kind.ESCALATING: Kind.ESCALATING,
    Activity.Kind.RESOLVED: Kind.STATUS,
    Activity.Kind.RESOLVED_BY_AGE: Kind.STATUS,
    Activity.Kind.IGNORED: Kind.STATUS,
    Activity.Kind.UNRESOLVED: Kind.STATUS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """That a user is to hear of an activity, and as what."""

    activity: Activity
    user_id: int
    kind: Kind


# Of a merged issue the word about itself counts before those about its sources.
# Whoever was barred, has left the organization or lost the project hears nothing.
# Parameters: activity ids, user id or null for all.
_FOLLOWERS = """
SELECT id, user_id FROM (
    SELECT DISTINCT ON (a.id, s.user_id) a.id, s.user_id, s.is_active
    FROM issues_activity a
    CROSS JOIN LATERAL (
        SELECT a.issue_id
        UNION SELECT source_id FROM issues_familymember WHERE survivor_id = a.issue_id
    ) AS f(issue_id)
    JOIN issues_subscription s ON s.issue_id = f.issue_id
    JOIN projects_project p ON p.id = a.project_id AND p.deleted_at IS NULL
    JOIN projects_membership m
        ON m.organization_id = p.organization_id AND m.user_id = s.user_id
    JOIN projects_user u ON u.id = s.user_id AND u.is_active
    WHERE a.id = ANY(%s::int4[]) AND s.user_id = coalesce(%s::int4, s.user_id)
    ORDER BY a.id, s.user_id, s.issue_id = a.issue_id DESC, s.id
) AS word WHERE is_active
ORDER BY id, user_id
"""


def wanted(
    activities: Sequence[Activity], *, user_id: int | None = None
) -> list[Wanted]:
    """Who is to hear of them, or which of them the one user is to hear of.

    Of a comment that names somebody since it was edited, nobody else hears again.
    """
    by_id = {activity.pk: activity for activity in activities}
    pairs = postgres.run(_FOLLOWERS, arrays.of_numbers(by_id), user_id)
    wishes = wishes_of({user for _, user in pairs})
    members = _members_of(_teams_named(activities))
    found = []
    for activity_id, user in pairs:
        activity = by_id[activity_id]
        if user_id is None and not _is_news(activity, user, members):
            continue
        kind = _kind_for(activity, user, members)
        if kind is not None and wishes[user].allows(
            kind, project_id=activity.project_id, is_own=activity.user_id == user
        ):
            found.append(Wanted(activity=activity, user_id=user, kind=kind))
    return found


def _is_news(
    activity: Activity, user_id: int, members: Mapping[int, Collection[int]]
) -> bool:
    """Whether it calls on the user, and not only on those added to it later."""
    added = activity.data.get("added")
    return added is None or _means(_named(added), user_id, members)


def _kind_for(
    activity: Activity, user_id: int, members: Mapping[int, Collection[int]]
) -> Kind | None:
    """What it is to the user; None where it is not for him though he follows."""
    is_meant = _means(_meant(activity), user_id, members)
    if activity.kind == Activity.Kind.ASSIGNED:
        return Kind.ASSIGNED if is_meant else None
    if is_meant:
        return Kind.MENTIONED
    return _KINDS[Activity.Kind(activity.kind)]


def _means(
    named: Iterable[tuple[str, int]],
    user_id: int,
    members: Mapping[int, Collection[int]],
) -> bool:
    """Whether the user is named, or a team of his."""
    return any(
        user_id in (members.get(pk, ()) if type_ == "team" else (pk,))
        for type_, pk in named
    )


def _meant(activity: Activity) -> Iterator[tuple[str, int]]:
    """Type and id of each user and team that it names."""
    if "assignee" in activity.data:
        yield activity.data["assigneeType"], int(activity.data["assignee"])
    yield from _named(activity.data.get("mentions", ()))


def _named(mentions: Iterable[Mention]) -> Iterator[tuple[str, int]]:
    return ((mention["type"], int(mention["id"])) for mention in mentions)


def _teams_named(activities: Sequence[Activity]) -> set[int]:
    named = (one for activity in activities for one in _meant(activity))
    return {pk for type_, pk in named if type_ == "team"}


def _members_of(team_ids: Collection[int]) -> dict[int, set[int]]:
    """The users of each team."""
    members: dict[int, set[int]] = {}
    if team_ids:
        rows = Team.objects.filter(pk__in=team_ids, members__isnull=False)
        for team, user in rows.values_list("pk", "members__user"):
            members.setdefault(team, set()).add(user)
    return members
