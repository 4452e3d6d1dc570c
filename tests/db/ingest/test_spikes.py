"""A project far above what is usual for it is limited, and its neighbours are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
from pytest_django import Settings

from ingest.models import OutcomeCount
from ingest.spikes import learn_usual_hours, usual_peak
from projects.hours import hour_of
from projects.keys import load_key
from projects.limits import LimitReason
from projects.models import Project
from tests.db.ingest.client import Call, Client, call
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def make_sender(days: int = 30) -> Project:
    """A project that has been sending for so many days."""
    project = make_project(first_event_at=NOW - timedelta(days=days))
    return Project.objects.get(pk=project.pk)


def had(project: Project, count: int, hours_ago: int, **fields: str) -> None:
    OutcomeCount.objects.create(
        project=project,
        key_id=len(fields),
        hour=hour_of(NOW) - hours_ago,
        count=count,
        **{"category": "error", "outcome": "accepted", **fields},
    )


def learned(project: Project) -> int | None:
    learn_usual_hours(NOW)
    project.refresh_from_db()
    return project.busiest_hour


@pytest.mark.parametrize(
    ("peaks", "days", "usual"),
    [
        ([], 7, 0),
        ([5] * 3, 7, 0),
        ([5] * 4, 7, 5),
        ([100] * 6 + [1_000_000], 7, 100),
        ([1, 2, 3], 3, 2),
        ([12_345] * 7, 7, 12_000),
        ([9_000_000] * 2, 2, None),
    ],
)
def test_usual_is_the_median_of_the_days(
    peaks: list[int], days: int, usual: int | None
) -> None:
    assert usual_peak(peaks, days) == usual


def test_usual_is_reckoned_from_whole_hours_of_accepted_events() -> None:
    project = make_sender()
    for day in range(7):
        had(project, 40, 1 + 24 * day)
        had(project, 10, 5 + 24 * day)
        had(project, 2, 1 + 24 * day, category="security")
        had(project, 1000, 1 + 24 * day, category="session")
        had(project, 1000, 1 + 24 * day, outcome="rate_limited")
    had(project, 1000, 0)
    had(project, 1000, 7 * 24 + 1)
    assert learned(project) == 42


def test_of_a_new_project_nothing_is_usual() -> None:
    project = make_sender(days=2)
    had(project, 50, 1)
    assert learned(project) is None


def test_neighbours_are_reckoned_apart() -> None:
    busy, quiet = make_sender(), make_sender()
    for day in range(7):
        had(busy, 900, 3 + 24 * day)
    assert (learned(busy), learned(quiet)) == (900, 0)


def test_a_spike_is_limited_and_the_neighbour_is_not(
    client: Client, store: redis.Redis, settings: Settings
) -> None:
    settings.SPIKE_FLOOR = 60
    spiking, neighbour = make_sender(), make_sender()
    learn_usual_hours(NOW)
    answers = client.send_all([event_of(spiking)] * 30)
    taken = sum(answer.status == 200 for answer in answers)
    assert taken == 10
    refused = answers[-1]
    assert refused.status == 429
    told = f"{refused.headers['retry-after']}:default;error;security;attachment"
    limits = refused.headers["x-sentry-rate-limits"]
    assert limits == f"{told}:project:spike_protection"
    assert client.send(event_of(neighbour)).status == 200


def event_of(project: Project) -> Call:
    key = project.keys.get().public_key
    target = f"/api/{project.pk}/store/?sentry_key={key}"
    return call(target, b'{"message":"x"}')


def test_what_is_usual_reaches_the_edge(store: redis.Redis) -> None:
    project = make_sender()
    public_key = project.keys.get().public_key
    for day in range(7):
        had(project, 60_000, 3 + 24 * day)
    learn_usual_hours(NOW)
    info = load_key(public_key)
    assert info is not None
    (spike,) = info.limits
    assert (spike.reason, spike.count) == (LimitReason.SPIKE, 100_000)
