"""The issue list: what it shows, answers and costs."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.events import latest_event
from issues.models import Issue
from projects.models import Project, Role
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.people import client_of

LIST = "/o/acme/p/shop/"
ALL = "/o/acme/issues/"
MAX_BYTES = 80 * 1024
# One first flight of TCP.
MAX_GZIP_BYTES = 14 * 1024
MAX_PARTIAL_GZIP_BYTES = 9 * 1024
MAX_QUERIES = 10


def make_issues(project: Project, count: int) -> None:
    now = datetime.now(UTC)
    store(
        *(
            make_event(
                project,
                make_payload(
                    exception={"values": [make_exception(f"Error{i}", "bad", f"f{i}")]},
                    timestamp=(now - timedelta(minutes=i)).timestamp(),
                    environment="production",
                    tags={"region": "eu", "host": f"web-{i}"},
                ),
            )
            for i in range(count)
        )
    )


def page(client: Client, path: str = LIST, **parameters: str | list[str]) -> str:
    answer = client.get(path, parameters)
    assert answer.status_code == 200
    return answer.content.decode()


def links(html: str) -> list[str]:
    """The addresses of the rows, from top to bottom, without their place in it."""
    return re.findall(r'class="r-link" href="([^"?]+)\?walk=[^"]+"', html)


def test_a_row_leads_to_its_issue(project: Project, member: Client) -> None:
    issue = make_issue(project)
    html = page(member)
    assert links(html) == [f"{LIST}issues/{issue.number}/"]
    assert "ValueError" in html
    assert "bad value" in html
    assert "SHOP-1" in html


def test_strangers_and_the_signed_out_see_nothing(
    project: Project, stranger: Client, client: Client
) -> None:
    for path in (LIST, ALL):
        assert stranger.get(path).status_code == 404
        assert client.get(path).status_code == 302


def test_resolved_issues_are_not_in_the_default_list(
    project: Project, member: Client
) -> None:
    issue = make_issue(project)
    settling.resolve([issue.pk], user=None)
    assert "Nothing unresolved" in page(member)
    assert len(links(page(member, q="is:resolved"))) == 1
    assert len(links(page(member, q=""))) == 1


def test_a_project_without_events_leads_to_its_set_up(
    project: Project, member: Client
) -> None:
    html = page(member)
    assert "Waiting for the first event" in html
    assert f"{LIST}setup/" in html


def test_nothing_found_offers_other_statuses(project: Project, member: Client) -> None:
    make_issue(project)
    html = page(member, q="is:unresolved nowhere")
    assert "No issues match" in html
    assert "?q=nowhere" in html


def test_an_environment_narrows_the_list(project: Project, member: Client) -> None:
    make_issue(project, environment="staging")
    assert len(links(page(member, environment="staging"))) == 1
    assert links(page(member, environment="production")) == []
    assert 'value="staging" data-act="submit" checked' in page(
        member, environment="staging"
    )
    both = page(member, environment=["staging", "production"])
    assert len(links(both)) == 1


def test_pages_are_linked_by_cursor(project: Project, member: Client) -> None:
    make_issues(project, 27)
    first = page(member)
    (after,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = page(member, LIST + after.replace("&amp;", "&"))
    assert (len(links(first)), len(links(second))) == (25, 2)
    assert "26\u201327 of 27" in second
    assert 'rel="prev"' in second


def test_a_cursor_that_makes_no_sense_means_the_first_page(
    project: Project, member: Client
) -> None:
    make_issue(project)
    assert len(links(page(member, cursor="?"))) == 1


@pytest.mark.parametrize("parameter", ["sort", "graph"])
def test_unknown_choices_mean_the_default(
    project: Project, member: Client, parameter: str
) -> None:
    make_issue(project)
    assert len(links(page(member, **{parameter: "nonsense"}))) == 1


def test_a_bad_query_is_explained(project: Project, member: Client) -> None:
    make_issue(project)
    html = page(member, q="level:loud <b>")
    assert "level:loud needs one of debug" in html
    assert "&lt;b&gt;" in html


def test_htmx_gets_the_list_without_the_frame(project: Project, member: Client) -> None:
    make_issue(project)
    answer = member.get(LIST, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "<html" not in html
    assert len(links(html)) == 1
    assert "HX-Request" in answer["Vary"]


def test_htmx_keeps_the_last_rows_when_a_query_is_bad(
    project: Project, member: Client
) -> None:
    answer = member.get(LIST, {"q": "is:x"}, headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#query-note"


def test_htmx_sends_the_signed_out_to_the_sign_in(
    project: Project, client: Client
) -> None:
    answer = client.get(LIST, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


@pytest.mark.parametrize("name", ["q", "environment", "sort", "graph", "cursor"])
@pytest.mark.parametrize(
    "value", ["\0", "a\0b:c\0", "\ud800", "x" * 5000, "key:" + "9" * 40, "%", "[" * 999]
)
def test_no_parameter_breaks_the_list(
    project: Project, member: Client, name: str, value: str
) -> None:
    make_issue(project)
    encoded = value.encode("utf-8", "surrogatepass")
    assert member.get(LIST, {name: encoded}).status_code == 200


def test_ids_go_straight_there(project: Project, member: Client) -> None:
    issue = make_issue(project)
    event = latest_event(issue.pk)
    assert event is not None
    home = f"{LIST}issues/{issue.number}/"
    for path in (LIST, ALL):
        assert member.get(path, {"q": "shop-1"})["Location"] == home
        for form in (event.event_id.hex, str(event.event_id)):
            answer = member.get(path, {"q": form})
            assert answer["Location"] == f"{home}events/{event.event_id.hex}/"
        assert member.get(path, {"q": "#SHOP-1"})["Location"] == home
        htmx = member.get(path, {"q": "shop-1"}, headers={"HX-Request": "true"})
        assert htmx["HX-Redirect"] == home
    assert links(page(member, q="shop-99")) == []
    assert links(page(member, q="f" * 32)) == []


@pytest.mark.parametrize(
    ("pasted", "leads"),
    [
        ("http://testserver/o/acme/p/shop/issues/1/", "/o/acme/p/shop/issues/1/"),
        (
            " http://testserver/o/acme/p/shop/issues/1/events/latest/?graph=14d#top",
            "/o/acme/p/shop/issues/1/events/latest/?graph=14d",
        ),
        (
            "{public}/organizations/acme/issues/SHOP-1",
            "/organizations/acme/issues/SHOP-1/",
        ),
        ("http://testserver/acme/shop/issues/7/", "/acme/shop/issues/7/"),
        ("http://elsewhere.example/o/acme/p/shop/issues/1/", None),
        ("http://testserver//elsewhere.example/issues/1/", None),
        ("http://testserver/o/acme/p/shop/", None),
        ("http://testserver/api/0/issues/7/", None),
        ("http://testserver/nowhere/", None),
        ("http://[/issues/1/", None),
    ],
)
def test_an_issues_address_goes_straight_there(
    project: Project, member: Client, settings: Any, pasted: str, leads: str | None
) -> None:
    query = pasted.format(public=settings.PUBLIC_URL)
    for path in (LIST, ALL):
        answer = member.get(path, {"q": query})
        assert answer.headers.get("Location") == leads


def test_the_organizations_list_names_projects(
    project: Project, member: Client
) -> None:
    other = make_project("api", organization=project.organization)
    make_issue(project)
    make_issue(other)
    html = page(member, ALL)
    assert sorted(links(html)) == ["/o/acme/p/api/issues/1/", f"{LIST}issues/1/"]
    assert '<span class="r-proj">Api</span>' in html


def test_who_may_only_look_is_shown_no_buttons(
    project: Project, viewer: Client, member: Client
) -> None:
    make_issue(project)
    assert 'value="resolve"' in page(member)
    assert 'name="do"' not in page(viewer)
    assert 'name="issue"' not in page(viewer)


def test_a_full_page_keeps_within_its_budget(project: Project, member: Client) -> None:
    make_issues(project, 26)
    body = member.get(LIST).content
    part = member.get(LIST, headers={"HX-Request": "true"}).content
    assert len(body) <= MAX_BYTES
    assert len(gzip.compress(body, 6)) <= MAX_GZIP_BYTES
    assert len(gzip.compress(part, 6)) <= MAX_PARTIAL_GZIP_BYTES


@pytest.mark.parametrize("path", [LIST, ALL])
def test_a_list_takes_few_queries_whatever_its_length(
    project: Project, member: Client, path: str
) -> None:
    make_issues(project, 2)
    with CaptureQueriesContext(connection) as few:
        member.get(path, {"q": "is:unresolved bad", "environment": "production"})
    make_issues(project, 26)
    with CaptureQueriesContext(connection) as many:
        member.get(path, {"q": "is:unresolved bad", "environment": "production"})
    # A second page of results adds only the count of all.
    assert len(few) <= len(many) <= len(few) + 1
    # Names of tags are looked up first, and words sampled.
    assert len(many) <= MAX_QUERIES + 2
    with CaptureQueriesContext(connection) as plain:
        member.get(path)
    assert len(plain) <= MAX_QUERIES


def test_times_are_told_in_the_readers_zone(project: Project) -> None:
    client = client_of(project.organization, Role.MEMBER)
    issue = make_issue(project)
    at = Issue.objects.select_related("state").get(pk=issue.pk).state.last_seen
    client.cookies["tz"] = "Asia/Shanghai"
    local = (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S CST")
    assert local in page(client)


def test_the_list_speaks_chinese(project: Project, member: Client) -> None:
    make_issue(project)
    member.cookies["django_language"] = "zh-hans"
    html = page(member)
    assert 'lang="zh-hans"' in html
    assert "未解决的问题" in html


def located(member: Client, **parameters: str) -> str:
    answer = member.get(LIST, parameters)
    assert answer.status_code == 302
    return unquote(str(answer["Location"]))


def test_times_of_a_form_are_those_of_the_readers_zone(
    project: Project, member: Client
) -> None:
    member.cookies["tz"] = "Asia/Shanghai"
    sent = {"start": "2026-01-31T08:00", "end": "2026-02-01", "period": "", "q": "x"}
    assert located(member, **sent) == (
        f"{LIST}?start=2026-01-31T00:00:00Z&end=2026-02-01T16:00:00Z&q=x"
    )


def test_the_time_asked_for_narrows_the_list_and_is_shown(
    project: Project, member: Client
) -> None:
    make_issue(project)
    html = page(member, start="2020-01-31T00:00:00Z")
    assert links(html)
    assert "Since 2020-01-31 00:00" in html
    assert 'name="start" value="2020-01-31T00:00"' in html
    html = page(member, start="2020-01-31T00:00:00Z", end="2020-02-01T00:00:00Z")
    assert not links(html)
    assert "2020-01-31 00:00 \N{EN DASH} 2020-02-01 00:00" in html


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"start": "2026-01-02T00:00Z", "end": "2026-01-01T00:00Z"}, "ends before"),
        ({"start": "2026-01-02T00:00Z", "end": "2026-01-02T00:00Z"}, "ends before"),
        ({"start": "2999-01-01T00:00Z"}, "lies in the future"),
        ({"end": "2999-01-01T00:00Z"}, "lies in the future"),
        ({"start": "soon"}, "soon is no time"),
        ({"end": "2026-02-30T00:00Z"}, "is no time"),
    ],
)
def test_a_time_that_can_not_be_is_told(
    project: Project, member: Client, asked: dict[str, str], says: str
) -> None:
    html = page(member, **asked)
    assert "That search has an error" in html
    assert says in html


def test_a_period_that_is_chosen_wins_over_times(
    project: Project, member: Client
) -> None:
    make_issue(project)
    times = {"start": "2020-01-01T00:00Z", "end": "2020-01-02T00:00Z"}
    assert links(page(member, period="24h", **times))
    assert links(page(member, period="all", **times))
