"""Ingest health says what became of all that was sent."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ingest.outcomes import Outcome
from projects.models import Organization, Project, ProjectKey, Role
from projects.windows import Graph
from tests.factories import make_project
from tests.people import client_of
from tests.web.ingest.conftest import Count

PROJECT = "/o/acme/p/shop/ingest/"
ORGANIZATION = "/o/acme/ingest/"


def text(client: Client, path: str) -> str:
    """The page's words without its markup."""
    response = client.get(path)
    assert response.status_code == 200
    main = response.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_every_outcome_is_told_with_its_meaning(viewer: Client, count: Count) -> None:
    count(Outcome.ACCEPTED, 1234)
    count(Outcome.RATE_LIMITED, 77, reason="key")
    count(Outcome.TOO_LARGE, 5, reason="event")
    told = text(viewer, PROJECT)
    assert "1,234" in told
    assert re.search(r"Rate limited key .*Raise the limit.* 77 ", told)
    assert "It was larger than this service allows." in told


def test_what_sdks_dropped_is_told_by_their_reason(
    viewer: Client, count: Count
) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    count(Outcome.CLIENT_DISCARD, 41, reason="before_send")
    count(Outcome.CLIENT_DISCARD, 42, reason=hostile, category=hostile[:20])
    body = viewer.get(PROJECT).content.decode()
    assert "before_send hook dropped it" in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;U+202E" in body
    assert hostile not in body


def test_what_is_not_kept_is_named_in_words(viewer: Client, count: Count) -> None:
    count(Outcome.UNSUPPORTED, 3, category="transaction", reason="item_type")
    count(Outcome.UNSUPPORTED, 3, category="log_item", reason="item_type")
    told = text(viewer, PROJECT)
    assert "Taken, counted and not kept: Transactions, Logs." in told


@pytest.mark.parametrize(
    ("graph", "days"), [(Graph.FORTNIGHT, 14), (Graph.MONTH, 30), (Graph.QUARTER, 90)]
)
@pytest.mark.parametrize("path", [PROJECT, ORGANIZATION])
def test_each_period_has_its_bars(
    viewer: Client, count: Count, path: str, graph: Graph, days: int
) -> None:
    count(Outcome.ACCEPTED, 5, hours_ago=3 * 24)
    assert "Nothing was sent in this time" in text(viewer, path)
    body = viewer.get(f"{path}?graph={graph}").content.decode()
    counts = re.search(r'data-counts="([\d,]+)"', body)
    assert counts is not None
    bars = counts[1].split(",")
    assert len(bars) == days
    assert bars.count("5") == 1


def test_one_key_is_told_apart(viewer: Client, project: Project, count: Count) -> None:
    other = ProjectKey.objects.create(project=project, label="Mobile")
    count(Outcome.ACCEPTED, 3)
    count(Outcome.ACCEPTED, 400, key_id=other.pk)
    count(Outcome.ACCEPTED, 70, key_id=9999)
    assert re.search(r"By key .*Mobile 400 .*Deleted key 70 ", text(viewer, PROJECT))
    one = text(viewer, f"{PROJECT}?key={other.pk}")
    assert "400" in one
    assert "473" not in one
    assert "473" in text(viewer, f"{PROJECT}?key=nonsense")


def test_the_organization_sees_the_sum_and_each_project(
    viewer: Client, organization: Organization, count: Count
) -> None:
    web = make_project("web", organization=organization)
    count(Outcome.ACCEPTED, 3)
    count(Outcome.ACCEPTED, 40, project_id=web.pk)
    count(Outcome.ACCEPTED, 500, project_id=make_project("theirs").pk)
    told = text(viewer, ORGANIZATION)
    assert re.search(r"Accepted 43 ", told)
    assert re.search(r"By project .*Web 40 .*Shop 3 ", told)
    assert "Theirs" not in told


def test_a_page_costs_a_few_queries_however_much_was_sent(
    viewer: Client, count: Count, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for hours_ago in range(20):
        count(Outcome.ACCEPTED, 3, hours_ago=hours_ago)
        count(Outcome.INVALID, 3, hours_ago=hours_ago, reason=f"r{hours_ago}")
    with django_assert_max_num_queries(10):
        viewer.get(PROJECT)


def test_every_member_may_look_and_no_stranger(project: Project) -> None:
    for role in (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER):
        member = client_of(project.organization, role)
        assert member.get(PROJECT).status_code == 200
        assert member.get(ORGANIZATION).status_code == 200
    stranger = client_of(make_project("theirs").organization)
    assert stranger.get(PROJECT).status_code == 404
    assert stranger.get(ORGANIZATION).status_code == 404
