"""Changes to organizations and their teams."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from projects.departures import say_farewell
from projects.models import Membership, Organization, Project, Role, Team, User
from projects.services.slugs import with_free_slug


def create_organization(*, name: str, owner: User) -> Organization:
    """A new organization with its owner."""
    with transaction.atomic():
        organization = with_free_slug(
            name,
            otherwise="organization",
            taken="projects_organization_slug_key",
            make=lambda slug: Organization.objects.create(name=name, slug=slug),
        )
        Membership.objects.create(
            organization=organization, user=owner, role=Role.OWNER
        )
    return organization


def rename_organization(organization: Organization, *, name: str) -> None:
    organization.name = name
    organization.save(update_fields=["name"])


def create_team(organization: Organization, *, name: str) -> Team:
    """A new team without members."""
    return with_free_slug(
        name,
        otherwise="team",
        taken="team_slug_once",
        make=lambda slug: Team.objects.create(
            organization=organization, name=name, slug=slug
        ),
    )


def delete_team(team: Team, *, user: User | None) -> None:
    """`user`: who does it."""
    say_farewell(team, user)
    team.delete()


def change_team(
    team: Team,
    *,
    name: str,
    members: Iterable[Membership],
    projects: Iterable[Project],
) -> None:
    """Gives the team exactly this name, these members and these projects."""
    with transaction.atomic():
        team.name = name
        team.save(update_fields=["name"])
        team.members.set(members)
        team.projects.set(projects)
