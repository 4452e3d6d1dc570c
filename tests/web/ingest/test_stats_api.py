"""Counts over time in the shapes of Sentry's API."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ingest.outcomes import Outcome
from projects.models import Organization, Project
from tests.factories import make_project
from tests.web.api.client import API, Answer, api_of
from tests.web.ingest.conftest import Count

STATS = "/organizations/acme/stats_v2/"
QUANTITY = "sum(quantity)"


@pytest.fixture
def api(organization: Organization) -> API:
    return api_of(organization)


def totals(answer: Answer, *names: str) -> dict[Any, int]:
    assert answer.status == 200, answer.body
    return {
        tuple(group["by"][name] for name in names): group["totals"][QUANTITY]
        for group in answer.body["groups"]
    }


def test_counts_are_summed_by_what_they_are_grouped_by(api: API, count: Count) -> None:
    count(Outcome.ACCEPTED, 5)
    count(Outcome.ACCEPTED, 2, category="default")
    count(Outcome.RATE_LIMITED, 3, reason="key")
    count(Outcome.UNSUPPORTED, 7, category="transaction", reason="item_type")
    answer = api.get(STATS, groupBy=["outcome", "category"], field=QUANTITY)
    assert totals(answer, "outcome", "category") == {
        ("accepted", "error"): 7,
        ("rate_limited", "error"): 3,
        ("filtered", "transaction"): 7,
    }


def test_a_series_has_a_number_for_each_interval(api: API, count: Count) -> None:
    count(Outcome.ACCEPTED, 5)
    count(Outcome.ACCEPTED, 4, hours_ago=2)
    body = api.get(STATS, statsPeriod="6h", interval="1h", field=QUANTITY).body
    (group,) = body["groups"]
    assert len(body["intervals"]) == len(group["series"][QUANTITY]) == 7
    assert group["series"][QUANTITY][-3:] == [4, 0, 5]
    assert body["start"] == body["intervals"][0]


def test_without_counts_there_are_intervals_and_no_groups(api: API) -> None:
    body = api.get(STATS, statsPeriod="14d", interval="1d").body
    assert len(body["intervals"]) == 15
    assert body["groups"] == []


@pytest.mark.parametrize(
    ("parameters", "total"),
    [
        ({"outcome": "invalid"}, 7),
        ({"outcome": "too_large"}, 3),
        ({"reason": "too_large:event"}, 3),
        ({"category": "session"}, 1),
        ({"category": "error"}, 7),
        ({"project": "shop"}, 8),
        ({"project": "-1"}, 8),
        ({"statsPeriod": "1h"}, 8),
        ({"key": "0"}, 0),
    ],
)
def test_counts_are_filtered(
    api: API, count: Count, parameters: dict[str, str], total: int
) -> None:
    count(Outcome.INVALID, 4, reason="json")
    count(Outcome.TOO_LARGE, 3, reason="event")
    count(Outcome.ACCEPTED, 1, category="session")
    answer = api.get(STATS, field=QUANTITY, **parameters)
    assert sum(totals(answer).values()) == total


def test_projects_and_keys_are_told_apart(
    api: API, organization: Organization, project: Project, count: Count
) -> None:
    other = make_project("web", organization=organization)
    count(Outcome.ACCEPTED, 1)
    count(Outcome.ACCEPTED, 2, project_id=other.pk, key_id=0)
    answer = api.get(STATS, groupBy=["project", "key"])
    key = project.keys.get().pk
    assert totals(answer, "project", "key") == {
        (other.pk, 0): 2,
        (project.pk, key): 1,
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"field": "avg(quantity)"},
        {"groupBy": "colour"},
        {"interval": "90m"},
        {"statsPeriod": "2 days"},
        {"project": "nothing"},
        {"start": "2026-11-23T00:00:00", "end": "2026-11-22T00:00:00"},
        {"start": "1970-01-01T00:00:00", "interval": "1h"},
        {"statsPeriod": "99999w"},
    ],
)
def test_what_cannot_be_answered_is_a_bad_request(
    api: API, project: Project, parameters: dict[str, str]
) -> None:
    assert api.get(STATS, **parameters).status == 400


def test_others_counts_are_not_told(api: API, count: Count) -> None:
    count(Outcome.ACCEPTED, 5, project_id=make_project("theirs").pk)
    assert api.get(STATS).body["groups"] == []


@pytest.mark.parametrize(
    ("stat", "total"), [("received", 15), ("rejected", 6), ("blacklisted", 4)]
)
def test_a_projects_events_come_as_pairs(
    api: API, count: Count, stat: str, total: int
) -> None:
    count(Outcome.ACCEPTED, 5)
    count(Outcome.FILTERED, 4, reason="localhost")
    count(Outcome.RATE_LIMITED, 6, reason="key")
    count(Outcome.ACCEPTED, 100, category="session")
    count(Outcome.CLIENT_DISCARD, 100, reason="before_send")
    pairs = api.get("/projects/acme/shop/stats/", stat=stat).body
    assert len(pairs) == 25
    assert pairs[-1] == [int(time.time()) // 3600 * 3600, total]
    assert sum(number for _, number in pairs) == total


def test_a_projects_events_come_by_day_and_span(api: API, count: Count) -> None:
    now = time.time()
    count(Outcome.ACCEPTED, 5)
    answer = api.get(
        "/projects/acme/shop/stats/",
        resolution="1d",
        since=now - 7 * 86_400,
        until=now + 1,
    )
    assert len(answer.body) == 8
    assert answer.body[-1][1] == 5


@pytest.mark.parametrize(
    "parameters", [{"stat": "x"}, {"since": "nan"}, {"until": "1e300"}, {"since": "-1"}]
)
def test_a_project_is_not_asked_nonsense(
    api: API, project: Project, parameters: dict[str, str]
) -> None:
    assert api.get("/projects/acme/shop/stats/", **parameters).status == 400
