"""What is counted of releases follows from the stored events, and is mended so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from issues.repair import repair
from projects.models import Project
from projects.services import hide_project
from releases.models import Release, ReleaseEnvironment, ReleaseHour
from tests.factories import make_event, make_payload, store
from tests.sessions import make_update
from tests.sessions import store as store_sessions

NOW = datetime.now(UTC)


@pytest.fixture
def counted(project: Project) -> Project:
    """Events of two releases in two hours and environments, and a session."""
    for number, release in enumerate(["1.0", "1.1", "1.1", None]):
        at = NOW - timedelta(hours=number)
        payload = make_payload(
            release=release,
            environment="staging" if number == 2 else None,
            timestamp=at.timestamp(),
        )
        store(make_event(project, payload))
    store_sessions(project, make_update(release="1.1"), received_at=NOW)
    return project


def figures() -> list[dict[str, Any]]:
    places = ReleaseEnvironment.objects.order_by("release__version", "environment")
    hours = ReleaseHour.objects.order_by("release_environment", "hour")
    columns = ("environment", "first_seen", "last_seen", "event_count")
    found: list[Any] = [*places.values("release__version", *columns)]
    found += hours.values("hour", "events", "expired_events", "sessions")
    return found


def test_repair_finds_nothing_where_nothing_is_wrong(counted: Project) -> None:
    assert repair().differences == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda: ReleaseHour.objects.update(events=F("events") + 1),
        lambda: ReleaseEnvironment.objects.update(event_count=F("event_count") - 1),
        lambda: ReleaseEnvironment.objects.update(first_seen=NOW, last_seen=None),
        lambda: ReleaseHour.objects.filter(sessions=0).delete(),
    ],
)
def test_repair_mends_what_is_wrong(counted: Project, change: Any) -> None:
    before = figures()
    change()
    report = repair(dry_run=True)
    assert report.differences > 0
    assert all(one.figure.startswith("release_") for one in report.details)
    assert repair().mended == report.differences
    assert figures() == before
    assert repair().differences == 0


def test_repair_makes_releases_anew_that_events_name(counted: Project) -> None:
    before = [row["event_count"] for row in figures() if "event_count" in row]
    ReleaseHour.objects.all().delete()
    Release.objects.all().delete()
    repair()
    names = Release.objects.order_by("version").values_list("version", flat=True)
    assert list(names) == ["1.0", "1.1"]
    after = [row["event_count"] for row in figures() if "event_count" in row]
    # What only a session named is not in the events.
    assert [n for n in after if n] == [n for n in before if n]


def test_a_project_under_deletion_is_no_difference(counted: Project) -> None:
    hide_project(counted)
    ReleaseHour.objects.update(events=0)
    assert repair(dry_run=True).differences == 0
