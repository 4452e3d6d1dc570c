"""The tags of an issue with exact counts, and what is different about it."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from issues.models import Issue, IssueState, IssueTags
from projects.models import Project
from tests import statements
from tests.factories import make_event, make_exception, make_payload, store


def happen(project: Project, name: str, count: int, **tags: str) -> None:
    exception = {"values": [make_exception(name, function=f"do_{name.lower()}")]}
    store(
        *(
            make_event(
                project,
                make_payload(exception=exception, tags=tags, user={"id": "1"}),
            )
            for _ in range(count)
        )
    )


@pytest.fixture
def issue(project: Project) -> Issue:
    """Mostly from the east, which the project's other issues hardly are."""
    happen(project, "Mine", 25, region="east", plan="<b>gold</b>")
    happen(project, "Mine", 5, region="west", plan="<b>gold</b>")
    for name in ("One", "Two", "Three"):
        happen(project, name, 10, region="east")
        happen(project, name, 30, region="west")
    return Issue.objects.get(type="Mine")


def page(client: Client, issue: Issue, rest: str = "") -> str:
    answer = client.get(f"/o/acme/p/shop/issues/{issue.number}/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def told(html: str) -> list[str]:
    found = re.search(r'<section class="panel diffs".*?</section>', html, re.DOTALL)
    lines = re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL) if found else []
    return [re.sub("<[^>]+>", "", line) for line in lines]


@pytest.mark.parametrize("rest", ["", "tags/"])
def test_what_is_different_is_told_in_words(
    issue: Issue, member: Client, rest: str
) -> None:
    assert told(page(member, issue, rest)) == [
        "100 % of this issue's events have plan &lt;b&gt;gold&lt;/b&gt;; "
        "0 % of the project's other events do.",
        "83 % of this issue's events have region east; "
        "25 % of the project's other events do.",
    ]


def test_other_projects_are_no_comparison(issue: Issue, member: Client) -> None:
    Issue.objects.exclude(pk=issue.pk).delete()
    assert told(page(member, issue)) == []


def test_counts_are_exact_and_lead_to_events_and_issues(
    issue: Issue, member: Client
) -> None:
    html = page(member, issue, "tags/")
    assert "<span>25</span><span>83 %</span>" in html
    assert f'issues/{issue.number}/events/?q=region%3Aeast"' in html
    assert '/o/acme/p/shop/?q=region%3Aeast"' in html


def test_all_values_of_one_key(project: Project, member: Client) -> None:
    for number in range(15):
        happen(project, "Mine", 1, number=str(number), region="east")
    issue = Issue.objects.get()
    assert 'href="?key=number"' in page(member, issue, "tags/")
    html = page(member, issue, "tags/?key=number")
    assert len(re.findall(r"events/\?q=number", html)) == 15
    assert "region" not in html


@pytest.mark.parametrize("rest", ["", "tags/"])
def test_telling_the_difference_stays_within_the_statements_of_a_page(
    issue: Issue, member: Client, rest: str
) -> None:
    page(member, issue)
    with statements.recorded() as seen:
        page(member, issue, rest)
    assert len(seen) <= 17


def test_shares_of_very_many_events_are_remembered(
    issue: Issue, member: Client
) -> None:
    IssueState.objects.filter(issue=issue).update(event_count=10_000)
    first = page(member, issue)
    IssueTags.objects.filter(issue=issue).update(tag_ids=[], counts=[])
    again = page(member, issue)
    assert first.count('class="dist"') == again.count('class="dist"') > 0
    assert 'class="panel dist' not in page(member, issue, "tags/")
    cache.clear()
    assert 'class="dist"' not in page(member, issue)
