"""The links that Sentry's clients print lead to our pages."""

from __future__ import annotations

import pytest
from django.test import Client

from issues.events import latest_event
from issues.models import Issue
from projects.models import Project
from tests.factories import make_issue

PAGE = "/o/acme/p/shop/issues/1/"


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def led_to(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 302, path
    return str(answer["Location"])


def test_an_issue_is_found_by_id_and_by_short_id(issue: Issue, member: Client) -> None:
    for name in (issue.pk, "SHOP-1", "shop-1"):
        assert led_to(member, f"/organizations/acme/issues/{name}/") == PAGE
        assert led_to(member, f"/acme/shop/issues/{name}/") == PAGE


def test_the_project_of_the_query_is_left_behind(issue: Issue, member: Client) -> None:
    link = f"/organizations/acme/issues/{issue.pk}/?project=1&graph=14d"
    assert led_to(member, link) == f"{PAGE}?graph=14d"


def test_a_link_without_its_last_slash_arrives(issue: Issue, member: Client) -> None:
    answer = member.get("/organizations/acme/issues/SHOP-1", follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == PAGE


def test_an_event_is_found_below_its_issue(issue: Issue, member: Client) -> None:
    event = latest_event(issue.pk)
    assert event is not None
    for prefix in ("/organizations/acme/issues", "/acme/shop/issues"):
        link = f"{prefix}/{issue.pk}/events/"
        for name, ours in (
            (event.event_id.hex, event.event_id.hex),
            ("recommended", "latest"),
            ("oldest", "oldest"),
        ):
            assert led_to(member, f"{link}{name}/") == f"{PAGE}events/{ours}/"


def test_lists_keep_their_search(project: Project, member: Client) -> None:
    link = "/organizations/acme/issues/"
    assert led_to(member, f"{link}?query=is%3Aresolved&project=-1") == (
        "/o/acme/issues/?query=is%3Aresolved"
    )
    for named in ("shop", project.pk):
        assert led_to(member, f"{link}?project={named}") == "/o/acme/p/shop/"
    both = f"{link}?project=1&project=2"
    assert led_to(member, both) == "/o/acme/issues/"


@pytest.mark.parametrize("name", ["0", "999999999", "9" * 40, "SHOP-9", "x", "%00"])
def test_what_is_no_issue_is_not_found(issue: Issue, member: Client, name: str) -> None:
    assert member.get(f"/organizations/acme/issues/{name}/").status_code == 404
    assert member.get(f"/acme/shop/issues/{name}/").status_code == 404


def test_strangers_are_not_told_where_it_is(issue: Issue, stranger: Client) -> None:
    link = f"issues/{issue.pk}/"
    assert stranger.get(f"/organizations/acme/{link}").status_code == 404
    assert stranger.get(f"/organizations/other/{link}").status_code == 404
    assert stranger.get(f"/acme/shop/{link}").status_code == 404


def test_who_is_not_signed_in_comes_back_after_it(issue: Issue, client: Client) -> None:
    where = led_to(client, "/organizations/acme/issues/SHOP-1/")
    assert where == "/accounts/login/?next=/organizations/acme/issues/SHOP-1/"


def test_sentry_cli_login_arrives_at_the_tokens(member: Client) -> None:
    link = "/orgredirect/organizations/:orgslug/settings/auth-tokens/"
    assert led_to(member, link) == "/o/acme/tokens/"
