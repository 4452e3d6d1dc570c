"""Sessions over time through the API, in Sentry's shape."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from projects.models import Organization, Project
from tests.factories import make_organization, make_project
from tests.sessions import make_groups, make_update, store
from tests.web.api.client import API, Answer

PATH = "/organizations/acme/sessions/"
# A test that began later might see the next hour before its end.
HOUR_ENDS = (59, 50)


def now_within_the_hour() -> datetime:
    """The time, once the hour is not about to end."""
    now = datetime.now(UTC)
    while (now.minute, now.second) >= HOUR_ENDS:
        time.sleep(0.1)
        now = datetime.now(UTC)
    return now


def tell(project: Project, now: datetime, *, hours_ago: int = 0, **fields: Any) -> None:
    """A session that began so long ago."""
    at = (now - timedelta(hours=hours_ago)).isoformat()
    store(project, make_update(started=at, **fields), received_at=now)


@pytest.fixture
def told(project: Project) -> Project:
    """Sessions of two releases; those of the second told no user."""
    now = now_within_the_hour()
    for did, status, hours in [
        ("jane", "exited", 0),
        ("jane", "crashed", 1),
        ("joe", "errored", 1),
        ("jim", "exited", 30),
    ]:
        tell(project, now, did=did, status=status, hours_ago=hours, release="shop@1.0")
    groups = make_groups(
        {"exited": 8, "crashed": 2, "started": now.isoformat()}, release="shop@1.1"
    )
    store(project, groups, received_at=now)
    return project


def totals(answer: Answer) -> list[Any]:
    assert answer.status == 200
    return [
        [*group["by"].values(), *group["totals"].values()]
        for group in answer.body["groups"]
    ]


def test_sessions_are_summed_up(api: API, told: Project) -> None:
    answer = api.get(PATH, field="sum(session)")
    assert totals(answer) == [[13]]
    assert len(answer.body["intervals"]) == 24
    series = answer.body["groups"][0]["series"]["sum(session)"]
    assert (sum(series), series[-2:]) == (13, [2, 11])
    assert answer.body["start"] == answer.body["intervals"][0]
    assert answer.body["end"] > answer.body["intervals"][-1]


def test_rates_and_users(api: API, told: Project) -> None:
    fields = ["crash_free_rate(session)", "count_unique(user)", "crash_rate(user)"]
    answer = api.get(
        PATH, field=fields, groupBy="release", statsPeriod="7d", interval="1d"
    )
    assert totals(answer) == [
        ["shop@1.1", 0.8, 0, None],
        ["shop@1.0", 0.75, 3, pytest.approx(1 / 3)],
    ]
    series = answer.body["groups"][1]["series"]["count_unique(user)"]
    assert len(series) == 7
    assert sum(series) >= 3


def test_users_of_each_hour(api: API, told: Project) -> None:
    answer = api.get(PATH, field="count_unique(user)", statsPeriod="2h")
    assert answer.body["groups"][0]["series"]["count_unique(user)"] == [2, 1]
    assert totals(answer) == [[2]]


def test_sessions_by_how_they_went(api: API, told: Project) -> None:
    answer = api.get(
        PATH,
        field=["sum(session)", "crash_rate(session)", "count_unique(user)"],
        groupBy="session.status",
        query="release:shop@1.0",
    )
    by_status = {status: numbers for status, *numbers in totals(answer)}
    assert by_status == {
        "healthy": [1, None, 0],
        "errored": [1, None, 1],
        "unhandled": [0, None, 0],
        "abnormal": [0, None, 0],
        "crashed": [1, None, 1],
    }


def test_sessions_by_project_and_environment(
    api: API, organization: Organization, told: Project
) -> None:
    other = make_project("api", organization=organization)
    tell(other, now_within_the_hour(), environment="")
    answer = api.get(PATH, field="sum(session)", groupBy=["project", "environment"])
    assert totals(answer) == [[told.pk, "production", 13], [other.pk, "", 1]]
    assert totals(api.get(PATH, project="api")) == [[1]]
    assert totals(api.get(PATH, environment="production")) == [[13]]
    assert totals(api.get(PATH, environment="")) == [[1]]


def test_the_latest_release(api: API, told: Project) -> None:
    assert totals(api.get(PATH, query="release:latest")) == [[10]]
    assert totals(api.get(PATH, query="!release:latest")) == [[3]]


def test_groups_are_ordered_and_cut(api: API, told: Project) -> None:
    parameters: dict[str, Any] = {
        "field": ["sum(session)", "crash_free_rate(session)"],
        "groupBy": "release",
    }
    by_rate = api.get(PATH, orderBy="-crash_free_rate(session)", **parameters)
    assert [row[0] for row in totals(by_rate)] == ["shop@1.1", "shop@1.0"]
    up = api.get(PATH, orderBy="sum(session)", **parameters)
    assert [row[0] for row in totals(up)] == ["shop@1.0", "shop@1.1"]
    assert len(totals(api.get(PATH, per_page=1, **parameters))) == 1


def test_totals_and_series_may_be_left_out(api: API, told: Project) -> None:
    (group,) = api.get(PATH, includeSeries=0).body["groups"]
    assert (group["series"], group["totals"]) == ({}, {"sum(session)": 13})
    (group,) = api.get(PATH, includeTotals=0).body["groups"]
    assert (group["totals"], len(group["series"])) == ({}, 1)


def test_a_span_of_time_is_rounded_to_its_interval(api: API, told: Project) -> None:
    answer = api.get(
        PATH,
        start="2026-11-20T10:20:00",
        end="2026-11-20T15:20:00Z",
        interval="2h",
    )
    assert answer.body["intervals"] == [
        f"2026-11-20T{hour}:00:00Z" for hour in (10, 12, 14)
    ]
    assert answer.body["end"] == "2026-11-20T16:00:00Z"
    assert len(api.get(PATH, interval="5m").body["intervals"]) == 24
    assert len(api.get(PATH, statsPeriod="1m").body["intervals"]) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"field": "p95(session.duration)"},
        {"groupBy": "user"},
        {"interval": "7h"},
        {"interval": "2d"},
        {"interval": "90m"},
        {"statsPeriod": "soon"},
        {"statsPeriod": "9999w"},
        {"start": "2026-11-20", "end": "2026-11-19"},
        {"query": "level:error"},
        {"orderBy": "count_unique(user)"},
        {"project": "nothing"},
    ],
)
def test_what_makes_no_sense_is_refused(
    api: API, told: Project, parameters: dict[str, str]
) -> None:
    assert api.get(PATH, **parameters).status == 400


def test_no_sessions_are_none(api: API, project: Project) -> None:
    fields = ["sum(session)", "crash_free_rate(session)", "count_unique(user)"]
    assert totals(api.get(PATH, field=fields)) == [[0, None, 0]]
    assert totals(api.get(PATH, field=fields, groupBy="release")) == []


def test_sessions_of_others_are_not_counted(api: API, project: Project) -> None:
    strangers = make_organization("strangers")
    tell(make_project("foreign", organization=strangers), now_within_the_hour())
    assert totals(api.get(PATH)) == [[0]]
