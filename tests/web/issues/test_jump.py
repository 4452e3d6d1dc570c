"""The jump box: what a few words lead to, and for whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues import triage
from issues.events import latest_event
from issues.models import Issue, Status
from issues.shortid import encode
from projects.models import Project, Role
from tests.factories import make_exception, make_issue, make_organization, make_project
from tests.people import client_of, make_member, make_user, signed_in

JUMP = "/jump/"
MAX_QUERIES = 12


@pytest.fixture
def issue(project: Project) -> Issue:
    exceptions = [make_exception("OddError", "the cart is odd")]
    return make_issue(project, exception={"values": exceptions})


def found(client: Client, query: str, **more: str) -> str:
    answer = client.get(JUMP, {"q": query, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def path_of(issue: Issue) -> str:
    return f"/o/acme/p/shop/issues/{issue.number}/"


def test_a_short_id_leads_to_its_issue(issue: Issue, member: Client) -> None:
    text = found(member, encode("shop", issue.number).lower())
    assert path_of(issue) in text


def test_an_event_id_leads_to_the_event(issue: Issue, member: Client) -> None:
    event = latest_event(issue.pk)
    assert event is not None
    text = found(member, str(event.event_id))
    assert f"{path_of(issue)}events/{event.event_id.hex}/" in text


def test_words_of_a_message_lead_to_the_issue(issue: Issue, member: Client) -> None:
    assert path_of(issue) in found(member, "cart odd")
    assert path_of(issue) not in found(member, "basket")


def test_a_name_leads_to_the_project(project: Project, member: Client) -> None:
    make_project("api", organization=project.organization)
    text = found(member, "sho")
    assert ">Shop</span>" in text
    assert ">Api</span>" not in text


def test_words_lead_to_pages_of_what_is_at_hand(
    project: Project, member: Client
) -> None:
    text = found(member, "releases", org="acme", project="shop")
    assert "/o/acme/p/shop/releases/" in text


def test_only_those_who_may_open_a_page_are_led_to_it(project: Project) -> None:
    near = {"org": "acme", "project": "shop"}
    admin = client_of(project.organization, Role.ADMIN)
    viewer = client_of(project.organization, Role.VIEWER)
    assert "settings/keys/" in found(admin, "keys", **near)
    assert "settings/keys/" not in found(viewer, "keys", **near)


def test_a_stranger_finds_nothing(issue: Issue, stranger: Client) -> None:
    event = latest_event(issue.pk)
    assert event is not None
    for query in ("odd", "shop", encode("shop", issue.number), event.event_id.hex):
        text = found(stranger, query, org="acme", project="shop")
        assert "/o/acme/" not in text


def test_a_deleted_issue_is_not_found(issue: Issue, member: Client) -> None:
    event = latest_event(issue.pk)
    assert event is not None
    triage.set_status([issue.pk], Status.DELETED, user=None)
    for query in ("odd", encode("shop", issue.number), event.event_id.hex):
        assert "OddError" not in found(member, query)


def test_what_cannot_be_searched_for_is_no_error(
    project: Project, member: Client
) -> None:
    assert "Nothing has this name." in found(member, "is:wrong")


def test_without_words_it_offers_what_is_at_hand(
    project: Project, member: Client
) -> None:
    text = found(member, "", org="acme", project="shop")
    assert "/o/acme/p/shop/overview/" in text


def test_it_is_a_page_too(issue: Issue, member: Client) -> None:
    page = member.get(JUMP, {"q": "odd"}).content.decode()
    assert "<!doctype html>" in page
    assert path_of(issue) in page


def test_who_is_in_two_organizations_finds_both(issue: Issue) -> None:
    user = make_user()
    other = make_organization("other")
    make_member(issue.project.organization, Role.VIEWER, user=user)
    make_member(other, Role.VIEWER, user=user)
    make_project("shop", organization=other)
    text = found(signed_in(user), "shop")
    assert "/o/acme/p/shop/" in text
    assert "/o/other/p/shop/" in text


def test_it_costs_few_statements(issue: Issue, member: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        found(member, "odd", org="acme", project="shop")
    assert len(queries) <= MAX_QUERIES
