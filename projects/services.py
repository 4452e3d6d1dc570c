"""Every change to organizations, teams, members, projects and their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from projects.access import permission_of
from projects.departures import say_farewell
from projects.errors import AlreadyMember, LastOwner, RoleTooHigh
from projects.keys import publish_key, publish_keys
from projects.models import (
    Membership,
    Organization,
    Project,
    ProjectKey,
    ProjectStar,
    Role,
    Team,
    User,
)

SLUG_MAX_LENGTH = 50
_SLUG_TRIES = 100

_Made = TypeVar("_Made")


def create_organization(*, name: str, owner: User) -> Organization:
    """A new organization with its owner."""
    with transaction.atomic():
        organization = _with_free_slug(
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
    return _with_free_slug(
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


def create_project(
    organization: Organization, *, name: str, platform: str, team: Team | None = None
) -> Project:
    """A new project with one key, and with its team when one is given."""
    with transaction.atomic():
        project = _with_free_slug(
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


# About ten years.
RESOLVE_AGE_MAX_H = 3660 * 24


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


def create_key(project: Project, *, label: str = "Default") -> ProjectKey:
    with transaction.atomic():
        key = ProjectKey.objects.create(project=project, label=label)
        _publish(key)
    return key


def enable_key(key: ProjectKey) -> None:
    _set_active(key, is_active=True)


def disable_key(key: ProjectKey) -> None:
    """The edge refuses the key's events from now on."""
    _set_active(key, is_active=False)


def rename_key(key: ProjectKey, *, label: str) -> None:
    key.label = label
    key.save(update_fields=["label"])


def limit_key(key: ProjectKey, *, count: int, window_s: int) -> None:
    """At most `count` events each `window_s` seconds; 0 events means no limit."""
    with transaction.atomic():
        key.rate_limit_count = count
        key.rate_limit_window_s = window_s
        key.save(update_fields=["rate_limit_count", "rate_limit_window_s"])
        _publish(key)


def limit_project(project: Project, *, count: int, window_s: int) -> None:
    """At most `count` events each `window_s` seconds; 0 events means no limit."""
    with transaction.atomic():
        project.rate_limit_count = count
        project.rate_limit_window_s = window_s
        project.save(update_fields=["rate_limit_count", "rate_limit_window_s"])
        _publish_all(ProjectKey.objects.filter(project=project))


def limit_organization(
    organization: Organization, *, count: int, window_s: int
) -> None:
    """The same for the events of all its projects together."""
    with transaction.atomic():
        organization.rate_limit_count = count
        organization.rate_limit_window_s = window_s
        organization.save(update_fields=["rate_limit_count", "rate_limit_window_s"])
        keys = ProjectKey.objects.filter(project__organization=organization)
        _publish_all(keys)


def protect_from_spikes(project: Project, *, is_on: bool, factor: int) -> None:
    """Whether more than `factor` times the usual is limited."""
    with transaction.atomic():
        project.is_spike_protected = is_on
        project.spike_factor = factor
        project.save(update_fields=["is_spike_protected", "spike_factor"])
        _publish_all(ProjectKey.objects.filter(project=project))


def learn_busiest_hours(events: Mapping[int, int | None]) -> None:
    """How many events a usual day's busiest hour has, by project."""
    known = Project.objects.filter(pk__in=events).values_list("pk", "busiest_hour")
    changed = [pk for pk, busiest_hour in known if busiest_hour != events[pk]]
    # One by one: several rows locked at once could wait for a digest that waits
    # for them.
    for pk in changed:
        Project.objects.filter(pk=pk).update(busiest_hour=events[pk])
    publish_keys(ProjectKey.objects.filter(project__in=changed))


def rotate_key(key: ProjectKey) -> ProjectKey:
    """A new key with the old one's label and limit; the old one is disabled.

    It is not deleted: should a forgotten client still use it, enabling it again
    brings that client back.
    """
    with transaction.atomic():
        disable_key(key)
        new = ProjectKey.objects.create(
            project=key.project,
            label=key.label,
            rate_limit_count=key.rate_limit_count,
            rate_limit_window_s=key.rate_limit_window_s,
        )
        _publish(new)
    return new


def delete_key(key: ProjectKey) -> None:
    with transaction.atomic():
        _publish(key)
        key.delete()


def dsn_of(key: ProjectKey) -> str:
    """What an SDK is configured with: where to send, and signed by which key."""
    base = urlsplit(settings.PUBLIC_URL)
    path = f"{base.path.rstrip('/')}/{key.project_id}"
    return f"{base.scheme}://{key.public_key}@{base.netloc}{path}"


def _set_active(key: ProjectKey, *, is_active: bool) -> None:
    with transaction.atomic():
        key.is_active = is_active
        key.save(update_fields=["is_active"])
        _publish(key)


def _publish(key: ProjectKey) -> None:
    transaction.on_commit(partial(publish_key, key.public_key))


def _publish_all(keys: QuerySet[ProjectKey]) -> None:
    transaction.on_commit(partial(publish_keys, keys))


def change_profile(
    user: User,
    *,
    name: str,
    language: str,
    time_zone: str,
    theme: str,
    shortcuts: bool,
    oldest_frame_first: bool,
) -> None:
    user.first_name, user.last_name = name, ""
    user.language = language
    user.time_zone = time_zone
    user.theme = theme
    user.shortcuts = shortcuts
    user.oldest_frame_first = oldest_frame_first
    user.save(
        update_fields=[
            "first_name",
            "last_name",
            "language",
            "time_zone",
            "theme",
            "shortcuts",
            "oldest_frame_first",
        ]
    )


def change_language(user: User, language: str) -> None:
    user.language = language
    user.save(update_fields=["language"])


def toggle_star(user: User, project: Project) -> bool:
    """Stars the project for the user, or takes the star away; gives which."""
    star, is_new = ProjectStar.objects.get_or_create(user=user, project=project)
    if not is_new:
        star.delete()
    return is_new


def add_member(
    organization: Organization, *, email: str, role: Role, by: Role
) -> tuple[Membership, bool]:
    """The new membership, and whether a new user was made for it.

    Raises AlreadyMember; RoleTooHigh when `by`, the adder's role, is below `role`.
    """
    _require_rank(by, role)
    address = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email__iexact=address).first()
        is_new = user is None
        if user is None:
            user = User.objects.create_user(address)
        membership, is_added = Membership.objects.get_or_create(
            organization=organization, user=user, defaults={"role": role}
        )
    if not is_added:
        raise AlreadyMember
    return membership, is_new


def change_role(membership: Membership, role: Role, *, by: Role) -> None:
    """Raises RoleTooHigh and LastOwner."""
    _require_rank(by, Role(membership.role))
    _require_rank(by, role)
    with transaction.atomic():
        if role != Role.OWNER:
            _require_another_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(
    membership: Membership, *, by: Role, user: User | None = None
) -> None:
    """Ends the membership; the user's tokens for the organization go with it.

    `user`: who does it. Raises RoleTooHigh and LastOwner.
    """
    _require_rank(by, Role(membership.role))
    with transaction.atomic():
        _require_another_owner(membership)
    say_farewell(membership, user)
    with transaction.atomic():
        _require_another_owner(membership)
        membership.user.api_tokens.filter(organization=membership.organization).delete()
        membership.delete()


def _require_rank(by: Role, role: Role) -> None:
    if permission_of(by) < permission_of(role):
        raise RoleTooHigh


def _require_another_owner(membership: Membership) -> None:
    """Raises LastOwner; locks the owners, so that two can't leave at once."""
    owners = Membership.objects.select_for_update().filter(
        organization_id=membership.organization_id, role=Role.OWNER
    )
    if {owner.pk for owner in owners.order_by("pk")} == {membership.pk}:
        raise LastOwner


def _with_free_slug(
    name: str, *, otherwise: str, taken: str, make: Callable[[str], _Made]
) -> _Made:
    """What `make` gives for the first slug of the name that is free.

    `taken` names the constraint that a slug in use violates.
    """
    for slug in _slugs(name, otherwise):
        try:
            with transaction.atomic():
                return make(slug)
        except IntegrityError as error:
            if _violated_constraint(error) != taken:
                raise
    raise RuntimeError(f"no free slug for {name!r} in {_SLUG_TRIES} tries")


def _violated_constraint(error: IntegrityError) -> str | None:
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None


def _slugs(name: str, otherwise: str) -> list[str]:
    """Candidates for a slug: `name`, `name-2`, `name-3`, …"""
    base = slugify(name)[: SLUG_MAX_LENGTH - 4].strip("-_") or otherwise
    if base.isdigit():
        # Digits alone would be taken for an id by the web API.
        base = f"{otherwise}-{base}"
    return [base, *(f"{base}-{n}" for n in range(2, _SLUG_TRIES + 1))]
