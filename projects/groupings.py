"""The version of grouping that a project is on, and its upgrades."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from projects import rules
from projects.models import GroupingUpgrade, Project, User

# How long after an upgrade issues are also found by the version before: an error that
# does not come again in this time may begin a new issue.
GRACE = timedelta(days=30)


def newer_versions(project: Project) -> list[str]:
    """Those that the project can be upgraded to, the oldest first."""
    place = rules.GROUPING_VERSIONS.index(project.grouping_version)
    return rules.GROUPING_VERSIONS[place + 1 :]


def upgrade(project: Project, version: str, *, by: User | None) -> bool:
    """Has the digest group the project's events by a newer version, within seconds.

    Gives whether this changed anything: not where the version is not newer.
    """
    now = timezone.now()
    with transaction.atomic():
        # Of two who upgrade at once the second finds it done.
        rows = Project.objects.select_for_update(of=("self",), no_key=True)
        found = rows.get(pk=project.pk)
        if version not in newer_versions(found):
            return False
        before = found.grouping_version
        changed = {
            "grouping_version": version,
            "former_grouping_version": before,
            "former_grouping_until": now + GRACE,
        }
        Project.objects.filter(pk=project.pk).update(**changed)
        GroupingUpgrade.objects.create(
            project=project,
            before=before,
            after=version,
            changed_by=by,
            changed_at=now,
        )
    for name, value in changed.items():
        setattr(project, name, value)
    return True
