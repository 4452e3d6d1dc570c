"""What every page of monitors shows, and how it finds the monitor."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from issues.views.scope import Scope
from monitors.models import Monitor
from projects.access import Permission, permission_of, require_role
from projects.models import Project
from projects.services import dsn_of as dsn_of_key


def frame(scope: Scope, project: Project) -> dict[str, Any]:
    return {
        "organization": scope.organization,
        "project": project,
        "tab": "monitors",
        "can_triage": scope.can_triage,
        "may_manage": permission_of(scope.membership.role) >= Permission.MANAGE,
    }


def find_monitor(scope: Scope, project: str, slug: str) -> Monitor:
    """The monitor with its project. Raises Http404."""
    found = scope.project(project)
    monitor = (
        Monitor.objects.select_related("owner_user", "owner_team")
        .filter(project=found, slug=slug)
        .first()
    )
    if monitor is None:
        raise Http404
    monitor.project = found
    return monitor


def require_permission(scope: Scope, permission: Permission) -> None:
    """Raises PermissionDenied for those who may not."""
    require_role(scope.membership.role, permission)


def dsn_of(project: Project) -> str:
    """The DSN of the project's first active key; empty where there is none."""
    key = project.keys.filter(is_active=True).order_by("pk").first()
    return "" if key is None else dsn_of_key(key)
