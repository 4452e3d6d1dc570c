"""Every change to organizations, teams, members, projects and their keys."""

from __future__ import annotations

from projects.services.keys import (
    create_key,
    delete_key,
    disable_key,
    dsn_of,
    enable_key,
    rename_key,
    rotate_key,
)
from projects.services.limits import (
    learn_busiest_hours,
    limit_key,
    limit_organization,
    limit_project,
    protect_from_spikes,
)
from projects.services.members import (
    add_member,
    change_role,
    remove_member,
)
from projects.services.organizations import (
    change_team,
    create_organization,
    create_team,
    delete_team,
    rename_organization,
)
from projects.services.projects import (
    RESOLVE_AGE_MAX_H,
    change_project,
    create_project,
    hide_project,
    resolve_quiet_issues,
)
from projects.services.users import (
    change_language,
    change_profile,
    toggle_star,
)

__all__ = [
    "RESOLVE_AGE_MAX_H",
    "add_member",
    "change_language",
    "change_profile",
    "change_project",
    "change_role",
    "change_team",
    "create_key",
    "create_organization",
    "create_project",
    "create_team",
    "delete_key",
    "delete_team",
    "disable_key",
    "dsn_of",
    "enable_key",
    "hide_project",
    "learn_busiest_hours",
    "limit_key",
    "limit_organization",
    "limit_project",
    "protect_from_spikes",
    "remove_member",
    "rename_key",
    "rename_organization",
    "resolve_quiet_issues",
    "rotate_key",
    "toggle_star",
]
