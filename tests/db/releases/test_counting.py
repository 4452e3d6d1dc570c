"""Events make releases and count for them, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from issues.models import Issue
from issues.newevent import NewEvent
from projects.models import Project
from releases import sql
from releases.models import Release, ReleaseEnvironment, ReleaseHour, ReleaseProject
from tests.factories import make_event, make_exception, make_payload, make_project
from tests.factories import store as store_events
from tests.statements import recorded

MOMENT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HOUR = int(MOMENT.timestamp()) // 3600


def event(
    project: Project, release: str | None = "shop@1.0.0", **fields: Any
) -> NewEvent:
    at = fields.pop("at", MOMENT)
    payload = make_payload(release=release, timestamp=at.timestamp(), **fields)
    return make_event(project, payload, received_at=max(at, MOMENT))


def hours_of(release: str) -> dict[tuple[str, int], int]:
    """Events by environment and by hours since HOUR."""
    rows = ReleaseHour.objects.filter(release_environment__release__version=release)
    return {
        (row.release_environment.environment, row.hour - HOUR): row.events
        for row in rows
    }


def test_an_event_makes_its_release(project: Project) -> None:
    store_events(event(project, "shop@1.10.0-rc.1+7", environment="staging"))
    release = Release.objects.get()
    assert release.organization_id == project.organization_id
    assert (release.version, release.package) == ("shop@1.10.0-rc.1+7", "shop")
    assert release.sort_key
    assert ReleaseProject.objects.get().project_id == project.pk
    place = ReleaseEnvironment.objects.get()
    assert (place.environment, place.event_count) == ("staging", 1)
    assert (place.first_seen, place.last_seen) == (MOMENT, MOMENT)


def test_an_event_without_release_makes_none(project: Project) -> None:
    store_events(event(project, None))
    assert not Release.objects.exists()


def test_events_count_by_environment_and_hour(project: Project) -> None:
    before = MOMENT - timedelta(hours=1)
    store_events(
        event(project),
        event(project, environment="staging"),
        event(project, environment="staging", at=before),
    )
    store_events(event(project, environment="staging"))
    assert hours_of("shop@1.0.0") == {("", 0): 1, ("staging", 0): 2, ("staging", -1): 1}
    place = ReleaseEnvironment.objects.get(environment="staging")
    assert (place.event_count, place.first_seen, place.last_seen) == (3, before, MOMENT)


def test_a_second_delivery_counts_nothing(project: Project) -> None:
    once = event(project)
    store_events(once)
    store_events(once, event(project))
    assert hours_of("shop@1.0.0") == {("", 0): 2}
    assert ReleaseEnvironment.objects.get().event_count == 2


def test_projects_share_a_release_and_count_apart(project: Project) -> None:
    sibling = make_project("api", organization=project.organization)
    stranger = make_project("other")
    store_events(event(project), event(sibling), event(sibling), event(stranger))
    assert Release.objects.count() == 2
    counts = {
        place.project.slug: place.event_count
        for place in ReleaseEnvironment.objects.all()
    }
    assert counts == {"shop": 1, "api": 2, "other": 1}


def test_an_issue_knows_the_release_that_began_it(project: Project) -> None:
    key_error = {"values": [make_exception("KeyError")]}
    os_error = {"values": [make_exception("OSError")]}
    store_events(event(project, "1.0"), event(project, "1.1"))
    store_events(event(project, "1.2"), event(project, "1.1", exception=key_error))
    store_events(event(project, None, exception=os_error))
    first = dict(Issue.objects.values_list("type", "first_release__version"))
    assert first == {"ValueError": "1.0", "KeyError": "1.1", "OSError": None}


@pytest.mark.parametrize("size", [1, 200])
def test_a_batch_costs_one_statement_more(
    project: Project, size: int, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        store_events(event(project, "1.0"), event(project, "1.1"))
    batch = [event(project, f"1.{number % 2}") for number in range(size)]
    with recorded() as statements:
        store_events(*batch)
    assert [one for one in statements if "releases_" in one] == [sql.COUNT_EVENTS]


def test_what_was_rolled_back_is_not_remembered(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    class Failed(Exception):
        pass

    def fail() -> None:
        with transaction.atomic():
            store_events(event(project))
            raise Failed

    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(Failed):
            fail()
        store_events(event(project))
    assert hours_of("shop@1.0.0") == {("", 0): 1}
