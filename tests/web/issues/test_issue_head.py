"""Above the tabs of an issue: what changed, and its chart with marks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from issues.models import Issue
from issues.resolutions import FixedIn
from issues.snoozes import Until
from projects.models import Project
from releases.models import ReleaseProject
from tests import settling
from tests.factories import make_event, make_payload, store
from tests.people import make_user


def happen(project: Project, release: str, *, ago: timedelta = timedelta(0)) -> None:
    moment = datetime.now(UTC) - ago
    payload = make_payload(timestamp=moment.timestamp(), release=release)
    store(make_event(project, payload, received_at=moment))


@pytest.fixture
def issue(project: Project) -> Issue:
    """Events of two releases, three days and two hours ago."""
    happen(project, "shop@1.0", ago=timedelta(days=3))
    happen(project, "shop@1.1", ago=timedelta(hours=2))
    return Issue.objects.get()


def page(client: Client, rest: str = "") -> str:
    answer = client.get(f"/o/acme/p/shop/issues/1/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def bar(html: str) -> str:
    """What the bar says, as text."""
    found = re.search(r'<ul class="changed".*?</ul>', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", found[0])) if found else ""


def test_the_first_and_the_last_release_are_named(issue: Issue, member: Client) -> None:
    html = page(member)
    assert "First seen in 1.0, last in 1.1" in bar(html)
    assert 'href="/o/acme/p/shop/releases/shop@1.0/"' in html


def test_without_a_release_or_a_change_there_is_no_bar(
    project: Project, member: Client
) -> None:
    store(make_event(project))
    assert bar(page(member)) == ""


def test_who_resolved_it_and_what_would_reopen_it(issue: Issue, member: Client) -> None:
    ann = make_user("ann@example.com")
    settling.resolve([issue.pk], user=ann)
    said = bar(page(member))
    assert "Resolved by ann@example.com just now" in said
    assert "the next event reopens it" in said


def test_in_which_release_it_was_resolved(issue: Issue, member: Client) -> None:
    settling.resolve_in([issue.pk], FixedIn(release="shop@1.1"), user=None)
    said = bar(page(member))
    assert "Resolved in 1.1 just now" in said
    assert "an event of 1.1 or a later release reopens it" in said


def test_how_often_it_came_back_and_with_which_event(
    issue: Issue, project: Project, member: Client
) -> None:
    for release in ("shop@1.2", "shop@1.3"):
        settling.resolve([issue.pk], user=None)
        happen(project, release, ago=-timedelta(seconds=30))
    html = page(member)
    assert "Came back 2 times, last in 1.3" in bar(html)
    assert re.search(r'events/[0-9a-f]{32}/">with this event', html)


def test_what_an_ignored_issue_waits_for(issue: Issue, member: Client) -> None:
    settling.ignore_until([issue.pk], Until(events=10), user=None)
    assert "Ignored until the first of these: 10 more events" in bar(page(member))


@pytest.mark.parametrize(
    ("graph", "bars"), [("24h", 24), ("14d", 14), ("30d", 30), ("90d", 90)]
)
def test_the_chart_has_four_periods(
    issue: Issue, member: Client, graph: str, bars: int
) -> None:
    html = page(member, f"?graph={graph}")
    (counts,) = re.findall(r'data-counts="([^"]+)"', html)
    assert len(counts.split(",")) == bars
    assert sum(map(int, counts.split(","))) == (1 if graph == "24h" else 2)


@pytest.mark.parametrize("graph", ["24h", "90d"])
def test_a_bar_leads_to_its_events(issue: Issue, member: Client, graph: str) -> None:
    html = page(member, f"?graph={graph}")
    links = re.findall(r'<a href="([^"]+from=[^"]+)" tabindex="-1"', html)
    table = re.findall(r'<td class="r"><a href="([^"]+from=[^"]+)"', html)
    assert links == table[::-1]
    at = links[-1].replace("&amp;", "&")
    answer = member.get(at).content.decode()
    assert len(re.findall(r'class="mono" href', answer)) == 1


def test_releases_and_changes_are_marked(issue: Issue, member: Client) -> None:
    settling.resolve([issue.pk], user=None)
    happen(issue.project, "shop@1.2", ago=-timedelta(seconds=30))
    html = page(member, "?graph=14d")
    for kind in ("release", "resolved", "regressed"):
        assert f'class="k-{kind}"' in html
    assert "What happened meanwhile" in html
    assert len(re.findall(r"> *Release <a", html)) == 3


def test_a_long_name_of_a_release_does_not_cross_the_chart(
    project: Project, member: Client
) -> None:
    happen(project, "r" * 200, ago=timedelta(hours=2))
    (name,) = re.findall(r'<text [^>]*text-anchor="[a-z]+">(r+…)<', page(member))
    assert len(name) == 20


def test_marks_outside_of_the_window_are_left_out(issue: Issue, member: Client) -> None:

    ReleaseProject.objects.update(created_at=datetime.now(UTC) - timedelta(days=40))
    assert "What happened meanwhile" not in page(member, "?graph=30d")
    assert "What happened meanwhile" in page(member, "?graph=90d")
