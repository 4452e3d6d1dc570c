"""Changes to projects."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from projects.models import Organization, Project, Team
from projects.services.keys import create_key, delete_key
from projects.services.slugs import with_free_slug

# About ten years.
RESOLVE_AGE_MAX_H = 3660 * 24


def create_project(
    organization: Organization, *, name: str, platform: str, team: Team | None = None
) -> Project:
    """A new project with one key, and with its team when one is given."""
    with transaction.atomic():
        project = with_free_slug(
            name,
            otherwise="project",
            taken="project_slug_once",
            make=lambda slug: Project.objects.create(
                organization=organization, name=name, slug=slug, platform=platform
            ),
        )
        if team is not None:
            project.teams.add(team)
        create_key(project)
    return project


def change_project(project: Project, *, name: str, platform: str) -> None:
    """Gives the project another name or platform; addresses stay as they are."""
    project.name = name
    project.platform = platform
    project.save(update_fields=["name", "platform"])


def resolve_quiet_issues(project: Project, *, after_hours: int) -> None:
    """Has issues resolved of which nothing was heard for so long; 0: no more."""
    project.resolve_age_h = after_hours
    project.save(update_fields=["resolve_age_h"])


def hide_project(project: Project) -> None:
    """Takes the project out of sight and its keys away; its rows remain for now.

    The slug becomes free for another project at once.
    """
    with transaction.atomic():
        for key in project.keys.all():
            delete_key(key)
        project.deleted_at = timezone.now()
        # No slug of a living project holds a tilde.
        project.slug = f"~{project.pk}"
        project.save(update_fields=["deleted_at", "slug"])
