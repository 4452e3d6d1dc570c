"""Whom issues are assigned to, as the API tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from issues.assignment import Assignee, assignees_of
from issues.models import Assignment
from projects.models import Membership, Team, User


class ActorShape(TypedDict):
    # "user" or "team"
    type: str
    id: str
    name: str
    # Of users.
    email: NotRequired[str]


def actor_json(to: Assignee) -> ActorShape | None:
    """The member or team; None for nobody."""
    if to.team_id is not None:
        return _team(Team.objects.get(pk=to.team_id))
    if to.member_id is None:
        return None
    return _user(Membership.objects.select_related("user").get(pk=to.member_id).user)


def actors_of(issue_ids: Iterable[int]) -> dict[int, ActorShape]:
    """Whom each of the issues is assigned to, without those of nobody."""
    return {issue: _of_row(row) for issue, row in assignees_of(issue_ids).items()}


def _of_row(row: Assignment) -> ActorShape:
    if row.team is not None:
        return _team(row.team)
    assert row.member is not None
    return _user(row.member.user)


def _team(team: Team) -> ActorShape:
    return {"type": "team", "id": str(team.pk), "name": team.name}


def _user(user: User) -> ActorShape:
    return {
        "type": "user",
        "id": str(user.pk),
        "name": str(user),
        "email": user.email,
    }
