"""Issues beside another: the tab of similar ones, and the comparison of two."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.models import Event, Issue
from issues.shortid import encode
from projects.models import GroupingRuleset, Project
from tests.factories import make_exception, make_issue, make_project

MAX_QUERIES = 24


def home(issue: Issue, rest: str = "") -> str:
    return f"/o/acme/p/shop/issues/{issue.number}/{rest}"


def page(client: Client, at: str) -> str:
    answer = client.get(at)
    assert answer.status_code == 200
    return answer.content.decode()


def failing(project: Project, function: str, value: str = "no such item") -> Issue:
    exception = make_exception("KeyError", value, function)
    return make_issue(project, exception={"values": [exception]})


@pytest.fixture
def one(project: Project) -> Issue:
    return failing(project, "add")


@pytest.fixture
def other(project: Project) -> Issue:
    return failing(project, "remove")


def short_id(issue: Issue) -> str:
    return encode("shop", issue.number)


def test_similar_issues_stand_first_with_what_is_alike(
    one: Issue, other: Issue, project: Project, member: Client
) -> None:
    stranger = make_issue(project, exception=None, message="disk full on host")
    text = page(member, home(one, "similar/"))
    assert short_id(other) in text
    assert "1 of 3 frames that count · the same type · words: " in re.sub(
        r"</?bdi>", "", text
    )
    assert f"?with={short_id(other)}" in text
    assert short_id(stranger) not in text


def test_an_issue_like_no_other_says_so(one: Issue, member: Client) -> None:
    assert "No similar issue" in page(member, home(one, "similar/"))


def test_issues_of_other_projects_are_not_similar(one: Issue, member: Client) -> None:
    failing(make_project("web", organization=one.project.organization), "add")
    assert "No similar issue" in page(member, home(one, "similar/"))


def test_two_that_are_compared_can_be_merged(
    one: Issue, other: Issue, member: Client, viewer: Client
) -> None:
    at = home(one, f"compare/?with={short_id(other)}")
    (link,) = re.findall(r'href="([^"]*/merge/[^"]*)"', page(member, at))
    preview = page(member, html.unescape(link))
    assert short_id(one) in preview
    assert short_id(other) in preview
    assert "/merge/" not in page(viewer, at)


def test_what_was_merged_is_compared_as_what_it_was_merged_into(
    one: Issue, other: Issue, project: Project, member: Client
) -> None:
    third = failing(project, "third")
    asked = {"issue": [other.pk, third.pk], "into": third.pk}
    assert member.post("/o/acme/issues/merge/", asked).status_code == 302
    text = page(member, home(one, f"compare/?with={short_id(other)}"))
    assert f"issues/{third.number}/" in text
    assert f"issues/{other.number}/" not in text


def test_the_first_part_that_separates_two_is_marked(
    one: Issue, other: Issue, member: Client
) -> None:
    text = page(member, home(one, f"compare/?with={short_id(other)}"))
    assert "They differ first in this part: Frame" in text
    (first,) = re.findall(r'<tr class="first".*?</tr>', text, re.DOTALL)
    assert "shop.cart · add" in first
    assert "shop.cart · remove" in first


def test_parts_that_do_not_count_are_shown_when_asked_for(
    one: Issue, other: Issue, member: Client
) -> None:
    at = home(one, f"compare/?with={short_id(other)}")
    assert "the stack trace tells more" not in page(member, at)
    assert "the stack trace tells more" in page(member, at + "&parts=all")


def test_rules_of_today_decide_what_is_compared(
    one: Issue, other: Issue, member: Client
) -> None:
    GroupingRuleset.objects.create(
        project=one.project,
        version=1,
        fingerprinting="error.type:KeyError -> one",
        enhancements="",
        is_current=True,
    )
    text = page(member, home(one, f"compare/?with={short_id(other)}"))
    assert "The same parts count in both." in text
    assert "new events of both would be one issue" in text


def test_an_issue_without_stored_events_is_compared_by_its_first(
    one: Issue, other: Issue, member: Client
) -> None:
    Event.objects.filter(issue_id=other.pk).delete()
    text = page(member, home(one, f"compare/?with={short_id(other)}"))
    assert "by its first event" in text
    assert "They differ first in this part: Frame" in text


def test_a_wrong_short_id_is_told_beside_its_field(one: Issue, member: Client) -> None:
    text = page(member, home(one, "compare/?with=%3Cb%3Ex-1"))
    assert "There is no issue of this short id." in text
    assert 'value="&lt;b&gt;x-1"' in text
    assert "This is the same issue." in page(
        member, home(one, f"compare/?with={short_id(one)}")
    )


def test_issues_of_other_organizations_cannot_be_compared(
    one: Issue, member: Client
) -> None:
    hidden = failing(make_project("hidden"), "add")
    text = page(member, home(one, f"compare/?with={encode('hidden', hidden.number)}"))
    assert "There is no issue of this short id." in text


def test_two_that_were_selected_in_the_list_are_compared(
    one: Issue, other: Issue, member: Client
) -> None:
    at = "/o/acme/issues/compare/"
    answer = member.get(at, {"issue": [one.pk, other.pk]})
    assert answer.status_code == 302
    assert answer["Location"] == home(one, f"compare/?with={short_id(other)}")
    alone = member.get(at, {"issue": [one.pk]})
    assert alone["Location"] == "/o/acme/issues/"


def test_frames_of_the_page_tell_what_they_do_for_the_grouping(
    one: Issue, member: Client
) -> None:
    GroupingRuleset.objects.create(
        project=one.project,
        version=1,
        fingerprinting="",
        enhancements="# ours\nfunction:main -app",
        is_current=True,
    )
    text = page(member, home(one))
    assert "not in app by rule line 2" in text
    assert text.count("counts for the grouping") == 1


def test_an_event_that_rules_of_today_lead_elsewhere_says_so(
    one: Issue, member: Client
) -> None:
    said = "such an event would go to another issue"
    assert said not in page(member, home(one))
    GroupingRuleset.objects.create(
        project=one.project,
        version=1,
        fingerprinting="error.type:KeyError -> one",
        enhancements="",
        is_current=True,
    )
    assert said in page(member, home(one))


def test_the_rule_that_groups_an_event_is_named(one: Issue, member: Client) -> None:
    GroupingRuleset.objects.create(
        project=one.project,
        version=1,
        fingerprinting="\nerror.type:KeyError -> one",
        enhancements="",
        is_current=True,
    )
    text = page(member, home(one))
    assert "By line 2 of the" in text
    assert "error.type:KeyError -&gt; one" in text


@pytest.mark.parametrize("rest", ["similar/", "compare/", "compare/?with={}"])
def test_queries_do_not_grow_with_the_issues(
    one: Issue, other: Issue, project: Project, member: Client, rest: str
) -> None:
    for i in range(5):
        failing(project, f"f{i}")
    with CaptureQueriesContext(connection) as queries:
        page(member, home(one, rest.format(short_id(other))))
    assert len(queries) <= MAX_QUERIES
