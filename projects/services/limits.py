"""How many events are taken: limits, and protection from spikes."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet

from projects.keys import publish_keys
from projects.models import Organization, Project, ProjectKey
from projects.services.keys import publish_later


def limit_key(key: ProjectKey, *, count: int, window_s: int) -> None:
    """At most `count` events each `window_s` seconds; 0 events means no limit."""
    _limit(key, count, window_s, ProjectKey.objects.filter(pk=key.pk))


def limit_project(project: Project, *, count: int, window_s: int) -> None:
    """The same for the events of all its keys together."""
    _limit(project, count, window_s, ProjectKey.objects.filter(project=project))


def limit_organization(
    organization: Organization, *, count: int, window_s: int
) -> None:
    """The same for the events of all its projects together."""
    keys = ProjectKey.objects.filter(project__organization=organization)
    _limit(organization, count, window_s, keys)


def protect_from_spikes(project: Project, *, is_on: bool, factor: int) -> None:
    """Whether more than `factor` times the usual is limited."""
    with transaction.atomic():
        project.is_spike_protected = is_on
        project.spike_factor = factor
        project.save(update_fields=["is_spike_protected", "spike_factor"])
        publish_later(ProjectKey.objects.filter(project=project))


def learn_busiest_hours(events: Mapping[int, int | None]) -> None:
    """How many events a usual day's busiest hour has, by project."""
    known = Project.objects.filter(pk__in=events).values_list("pk", "busiest_hour")
    changed = [pk for pk, busiest_hour in known if busiest_hour != events[pk]]
    # One by one: several rows locked at once could wait for a digest that waits
    # for them.
    for pk in changed:
        Project.objects.filter(pk=pk).update(busiest_hour=events[pk])
    publish_keys(ProjectKey.objects.filter(project__in=changed))


def _limit(
    limited: ProjectKey | Project | Organization,
    count: int,
    window_s: int,
    keys: QuerySet[ProjectKey],
) -> None:
    """`keys`: those that the edge has to learn of it by."""
    with transaction.atomic():
        limited.rate_limit_count = count
        limited.rate_limit_window_s = window_s
        limited.save(update_fields=["rate_limit_count", "rate_limit_window_s"])
        publish_later(keys)
