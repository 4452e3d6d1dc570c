"""What the query box offers: keys, tags, values with counts, people and teams."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Project, Team
from tests.factories import make_event, make_issue, make_payload, store
from tests.people import make_member, signed_in

PATH = "/o/acme/p/shop/suggest/"
ALL = "/o/acme/issues/suggest/"


@pytest.fixture
def seen(project: Project) -> Project:
    for _ in range(3):
        store(make_event(project, make_payload(tags={"plan": "pro"})))
    make_issue(
        project,
        tags={"plan": "Pro Plus", "player.id": "7"},
        release="shop@1.0",
        user={"email": "ann@example.com"},
        fingerprint=["another"],
    )
    return project


def offered(client: Client, query: str, path: str = PATH) -> list[str]:
    answer = client.get(path, {"q": query, "at": str(len(query))})
    assert answer.status_code == 200
    return re.findall(r'data-insert="([^"]*)"', answer.content.decode())


@pytest.mark.parametrize("path", [PATH, ALL])
def test_keys_and_tags_begin_as_typed(seen: Project, member: Client, path: str) -> None:
    assert offered(member, "pl", path) == ["platform:", "plan:", "player.id:"]
    assert offered(member, "!firstS", path) == ["firstSeen:"]
    assert len(offered(member, "", path)) == 10


def test_values_come_by_how_often_they_do(seen: Project, member: Client) -> None:
    assert offered(member, "plan:") == ["pro ", "&quot;Pro Plus&quot; "]
    assert offered(member, "plan:pro") == ["pro ", "&quot;Pro Plus&quot; "]
    body = member.get(PATH, {"q": "plan:"}).content.decode()
    assert re.search(r"pro</bdi></code><span class=\"n\"[^>]*>3</span>", body)


def test_values_of_other_keys(seen: Project, member: Client) -> None:
    assert offered(member, "release:") == ["latest ", "shop@1.0 "]
    assert offered(member, "firstRelease:shop") == ["shop@1.0 "]
    assert offered(member, "user.email:a") == ["ann@example.com "]
    assert offered(member, "has:pla") == ["plan ", "player.id "]
    assert offered(member, "project:s", ALL) == ["shop "]
    assert offered(member, "level:w") == ["warning "]


def test_people_and_teams(seen: Project) -> None:
    someone = make_member(seen.organization)
    Team.objects.create(organization=seen.organization, slug="core", name="Core")
    client = signed_in(someone.user)
    assert offered(client, "assigned:m") == ["me ", "my_teams "]
    assert offered(client, "assigned:#") == ["#core "]
    assert offered(client, "assigned:user") == [f"{someone.user.email} "]


def test_nothing_of_other_organizations_is_offered(
    seen: Project, stranger: Client
) -> None:
    assert stranger.get(PATH).status_code == 404
    assert stranger.get(ALL).status_code == 404


@pytest.mark.parametrize(
    ("query", "at"), [("plan:\0%_\\", "9"), ("x" * 5000, "99999"), ('a:"<b>', "-1")]
)
def test_hostile_text_is_only_looked_for(
    seen: Project, member: Client, query: str, at: str
) -> None:
    answer = member.get(PATH, {"q": query, "at": at})
    assert answer.status_code == 200
    assert b"<b>" not in answer.content


def test_an_answer_takes_few_queries(seen: Project, member: Client) -> None:
    for query in ("", "pl", "plan:", "release:", "assigned:"):
        with CaptureQueriesContext(connection) as queries:
            offered(member, query)
        assert len(queries) <= 7
