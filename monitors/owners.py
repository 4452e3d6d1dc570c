"""Who answers for a monitor: a member or a team of its organization."""

from __future__ import annotations

import re

from monitors.models import Monitor
from projects.models import Membership, Project, Team

_NAMED = re.compile(r"(user|team):(\d{1,9})")


class UnknownOwner(ValueError):
    """Nobody in the organization is called so."""


def owner_name(monitor: Monitor) -> str:
    """The owner as `find_owner` reads it; empty for none."""
    if monitor.owner_user_id is not None:
        return f"user:{monitor.owner_user_id}"
    if monitor.owner_team_id is not None:
        return f"team:{monitor.owner_team_id}"
    return ""


def set_owner(monitor: Monitor, name: str) -> None:
    """Gives the monitor the owner of that name, if there is one. Not saved."""
    if name == owner_name(monitor):
        return
    try:
        user_id, team_id = find_owner(monitor.project_id, name)
    except UnknownOwner:
        return
    monitor.owner_user_id, monitor.owner_team_id = user_id, team_id


def find_owner(project_id: int, name: str) -> tuple[int | None, int | None]:
    """The ids of the user and the team, at most one of them not None.

    `name` is "user:5", "team:3", "#slug" of a team, a member's email address, or
    empty for nobody. Raises UnknownOwner.
    """
    if not name:
        return None, None
    organization = Project.objects.values("organization").filter(pk=project_id)
    members = Membership.objects.filter(organization__in=organization)
    teams = Team.objects.filter(organization__in=organization)
    if named := _NAMED.fullmatch(name):
        members = (
            members.filter(user=int(named[2])) if named[1] == "user" else members.none()
        )
        teams = teams.filter(pk=int(named[2])) if named[1] == "team" else teams.none()
    elif name.startswith("#"):
        members, teams = members.none(), teams.filter(slug=name[1:])
    else:
        members, teams = members.filter(user__email=name.lower()), teams.none()
    user_id = members.values_list("user_id", flat=True).first()
    team_id = teams.values_list("pk", flat=True).first()
    if user_id is None and team_id is None:
        raise UnknownOwner(f"no member or team is called {name[:80]!r}")
    return user_id, team_id
