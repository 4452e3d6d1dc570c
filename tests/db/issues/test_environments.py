"""Hours of a project are counted of all its environments, and of each of the first."""

from __future__ import annotations

import pytest

from issues.environments import KEPT, environments_of
from issues.models import ProjectHour
from issues.repair import repair
from issues.store import forget_everything
from projects.models import Project
from tests.factories import make_event, make_payload, make_project, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def report(project: Project, *environments: str | None) -> None:
    """One batch with an event of each environment."""
    payloads = [
        make_payload() if name is None else make_payload(environment=name)
        for name in environments
    ]
    store(*[make_event(project, payload) for payload in payloads])


def events_of(project: Project, environment_id: int) -> int:
    hours = ProjectHour.objects.filter(project=project, environment_id=environment_id)
    return sum(hours.values_list("count", flat=True))


def counted(project: Project) -> dict[str, int]:
    return {
        name: events_of(project, tag_id)
        for name, (tag_id,) in environments_of([project.pk]).items()
    }


def test_an_event_counts_as_a_whole_and_in_its_environment(project: Project) -> None:
    report(project, "production", "staging", "production", None)
    assert events_of(project, 0) == 4
    assert counted(project) == {"production": 2, "staging": 1}


def test_environments_that_come_later_are_counted(project: Project) -> None:
    report(project, "production")
    report(project, "production", "staging")
    forget_everything()
    report(project, "staging", "testing")
    assert counted(project) == {"production": 2, "staging": 2, "testing": 1}
    assert repair(dry_run=True).details == ()


def test_beyond_the_first_environments_events_count_as_a_whole(
    project: Project,
) -> None:
    report(project, *[f"branch-{i:02}" for i in range(KEPT + 1)])
    report(project, *[f"branch-{i:02}" for i in range(KEPT + 1)])
    assert events_of(project, 0) == 2 * (KEPT + 1)
    assert set(counted(project).values()) == {2}
    assert len(counted(project)) == KEPT
    assert repair(dry_run=True).details == ()


def test_projects_have_environments_of_their_own(project: Project) -> None:
    other = make_project("api", organization=project.organization)
    report(project, "production")
    report(other, "production", "production")
    assert counted(project) == {"production": 1}
    assert counted(other) == {"production": 2}
    shared = environments_of([project.pk, other.pk])
    assert sum(events_of(project, one) for one in shared["production"]) == 1


def test_repair_mends_the_hours_of_an_environment(project: Project) -> None:
    report(project, "production", "staging")
    before = counted(project)
    ProjectHour.objects.exclude(environment_id=0).update(count=7)
    assert repair().mended == 2
    assert counted(project) == before
