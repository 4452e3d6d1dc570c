"""What is past its time goes; what is shown of events stays; users keep to a bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from issues import removal
from issues.repair import repair
from issues.retention import keep_partitions
from issues.store import forget_everything
from projects.models import Project
from projects.services import hide_project
from releases import partitions, retention
from releases.models import (
    Release,
    ReleaseEnvironment,
    ReleaseHour,
    ReleaseUser,
    SessionState,
    UserSample,
)
from tests.factories import make_event, make_organization, make_payload, make_project
from tests.factories import store as store_events
from tests.sessions import make_groups, make_update, store

pytestmark = pytest.mark.usefixtures("committed_db")

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _ten_days(settings: Settings, committed_db: None) -> Iterator[None]:
    """Days older than ten go; the days of a test leave no trace."""
    settings.RETENTION_DAYS = 10
    yield
    for tables in (partitions.states, partitions.users):
        for day in tables.existing():
            tables.drop(day)
    forget_everything()


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))


def store_at(project: Project, days_ago: int) -> None:
    """An event and a session of that day."""
    at = NOW - timedelta(days=days_ago)
    payload = make_payload(release="1.0", timestamp=at.timestamp())
    store_events(make_event(project, payload, received_at=at))
    update = make_update(release="1.0", environment="", started=at.isoformat())
    store(project, update, received_at=at)


def test_the_days_ahead_are_made() -> None:
    retention.keep()
    ahead = {TODAY + timedelta(days=n) for n in range(4)}
    assert ahead <= set(partitions.states.existing())
    assert ahead <= set(partitions.users.existing())


def test_dropped_events_stay_counted(project: Project) -> None:
    store_at(project, 12)
    store_at(project, 0)
    before = ReleaseEnvironment.objects.values_list(
        "event_count", "first_seen", "last_seen"
    ).get()
    keep_partitions()
    place = ReleaseEnvironment.objects.get()
    assert (place.event_count, place.first_seen, place.last_seen) == before
    assert (place.event_count, place.expired_count) == (2, 1)
    assert [hour.events for hour in ReleaseHour.objects.all()] == [1]
    assert repair(dry_run=True).details == ()


def test_states_go_before_the_users_of_their_day(project: Project) -> None:
    for days_ago in (12, 8, 0):
        store_at(project, days_ago)
    kept = retention.keep(NOW)
    assert kept.states == [TODAY - timedelta(days=12), TODAY - timedelta(days=8)]
    assert kept.users == [TODAY - timedelta(days=12)]
    assert SessionState.objects.count() == 1
    assert ReleaseUser.objects.count() == 2


def test_hours_of_sessions_are_kept_as_long_as_events(project: Project) -> None:
    for days_ago in (12, 9):
        at = NOW - timedelta(days=days_ago)
        update = make_update(started=at.isoformat())
        store(project, update, received_at=at)
    assert retention.keep(NOW).hours == 1
    assert ReleaseHour.objects.count() == 1


def test_too_many_users_of_a_day_are_thinned_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "USERS_A_DAY", 100)
    at = NOW.isoformat()
    groups = [
        {"started": at, "did": f"user {number}", "exited": 1} for number in range(900)
    ]
    store(project, make_groups(*groups), received_at=NOW)
    assert retention.keep(NOW).thinned_users > 700
    sample = UserSample.objects.get()
    assert 50 <= ReleaseUser.objects.count() <= 100
    assert 2**sample.level * ReleaseUser.objects.count() == pytest.approx(900, rel=0.4)
    # Those beyond the sample that come again go again.
    store(project, make_groups(*groups), received_at=NOW)
    left = ReleaseUser.objects.count()
    retention.keep(NOW)
    assert ReleaseUser.objects.count() < left == 900
    assert UserSample.objects.get().level == sample.level


def test_few_users_are_all_kept(project: Project) -> None:
    store_at(project, 0)
    assert retention.keep(NOW).thinned_users == 0
    assert not UserSample.objects.exists()


def test_nothing_is_left_of_a_deleted_project(project: Project) -> None:
    store_at(project, 0)
    hide_project(project)
    assert removal.remove_deleted()
    for model in (ReleaseEnvironment, ReleaseHour, ReleaseUser, SessionState):
        assert not model._default_manager.exists(), model
    assert retention.keep(NOW).releases == 1
    assert not Release.objects.exists()


def test_releases_of_living_projects_stay(project: Project) -> None:
    store_at(project, 12)
    assert retention.keep(NOW).releases == 0
    assert Release.objects.count() == 1
