"""The pages of releases: what they tell, whom, and of how much."""

from __future__ import annotations

import doctest
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.models import Issue, IssueState, Resolution, Status
from projects.models import Project, Role
from releases.models import (
    Deploy,
    Release,
    ReleaseCommit,
    ReleaseProject,
    ReleaseStatus,
)
from releases.templatetags import releases as tags
from tests.factories import make_event, make_organization, make_payload
from tests.factories import store as store_events
from tests.people import client_of
from tests.sessions import make_update, store
from tests.web.releases.conftest import NOW

LIST = "/o/acme/p/shop/releases/"
DETAIL = f"{LIST}shop@1.0.0/"


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def versions(client: Client, path: str) -> list[str]:
    rows = client.get(path).context["rows"]
    return [row.release.version for row in rows]


def make_release(project: Project, version: str, *, days_ago: int = 0) -> Release:
    at = NOW - timedelta(days=days_ago)
    release = Release.objects.create(
        organization=project.organization, version=version, created_at=at
    )
    ReleaseProject.objects.create(project=project, release=release, created_at=at)
    return release


def make_seen(project: Project, version: str, **fields: Any) -> None:
    """An event of the release."""
    store_events(make_event(project, make_payload(release=version, **fields)))


def test_a_release_is_told_with_its_figures(member: Client, release: Release) -> None:
    (row,) = member.get(LIST).context["rows"]
    assert (row.figures.events, row.figures.new_issues) == (3, 1)
    assert row.figures.environments == ["production"]
    assert row.figures.sessions[:2] == (4, 0)
    assert row.figures.sessions.crash_free == 0.75
    assert (row.figures.users.total, row.figures.users.crashed) == (3, 1)
    assert row.figures.adoption == 1.0
    assert row.is_latest
    page = text(member, LIST)
    assert "75 %" in page
    assert "66.66 %" in page
    assert 'href="/o/acme/p/shop/?q=firstRelease%3Ashop%401.0.0"' in page


@pytest.mark.parametrize(
    ("status", "is_after", "shown"),
    [
        (Status.RESOLVED, False, "1"),
        (Status.RESOLVED, True, "0"),
        (Status.UNRESOLVED, False, "0"),
    ],
)
def test_a_release_tells_how_many_issues_are_resolved_in_it(
    member: Client,
    project: Project,
    release: Release,
    status: Status,
    is_after: bool,
    shown: str,
) -> None:
    issue = Issue.objects.get(project=project)
    Resolution.objects.create(
        issue=issue, project=project, version=release.version, is_after=is_after
    )
    IssueState.objects.filter(issue=issue).update(status=status)
    cells = re.findall(r'<td class="r h( dim)?">(\d+)</td>', text(member, LIST))
    assert [n for _, n in cells] == [shown]


def test_no_release_says_how_to_get_one(member: Client) -> None:
    assert "sentry-cli releases new" in text(member, LIST)


def test_adoption_is_the_share_of_a_days_sessions(
    member: Client, project: Project, release: Release
) -> None:
    at = (NOW - timedelta(hours=1)).isoformat()
    others = [make_update(release="shop@0.9", started=at) for _ in range(12)]
    store(project, *others, received_at=NOW)
    adoption = {
        row.release.version: row.figures.adoption
        for row in member.get(LIST).context["rows"]
    }
    assert adoption == {"shop@1.0.0": 0.25, "shop@0.9": 0.75}


def test_the_latest_is_the_highest_version(member: Client, project: Project) -> None:
    for version in ("shop@1.10.0", "shop@1.9.0"):
        make_release(project, version)
    rows = member.get(LIST).context["rows"]
    assert [row.release.version for row in rows if row.is_latest] == ["shop@1.10.0"]


def test_releases_are_found_by_a_part_of_their_name(
    member: Client, project: Project
) -> None:
    for version in ("shop@1.0", "shop@2.0", "api@1.0"):
        make_release(project, version)
    assert versions(member, f"{LIST}?q=SHOP") == ["shop@2.0", "shop@1.0"]
    assert "No releases match" in text(member, f"{LIST}?q=nothing%00")


def test_the_environment_narrows_releases_and_figures(
    member: Client, project: Project, release: Release
) -> None:
    make_seen(project, "shop@1.0.0", environment="staging")
    make_seen(project, "shop@1.1.0")
    assert versions(member, f"{LIST}?environment=staging") == ["shop@1.0.0"]
    (row,) = member.get(f"{LIST}?environment=staging").context["rows"]
    assert (row.figures.events, row.figures.sessions.total) == (1, 0)


def test_archived_releases_are_apart(member: Client, project: Project) -> None:
    make_release(project, "1.0")
    Release.objects.update(status=ReleaseStatus.ARCHIVED)
    make_release(project, "1.1")
    assert versions(member, LIST) == ["1.1"]
    assert versions(member, f"{LIST}?status=archived") == ["1.0"]


def test_pages_go_forth_and_back(member: Client, project: Project) -> None:
    for number in range(60):
        make_release(project, f"1.{number}", days_ago=number // 2)
    first = member.get(LIST).context["page"]
    assert len(first.releases) == 25
    second = member.get(f"{LIST}?cursor={first.next_cursor}").context["page"]
    third = member.get(f"{LIST}?cursor={second.next_cursor}").context["page"]
    assert third.next_cursor is None
    names = [one.version for page in (first, second, third) for one in page.releases]
    assert len(set(names)) == 60
    back = member.get(f"{LIST}?cursor={third.previous_cursor}").context["page"]
    assert back.releases == second.releases
    assert member.get(f"{LIST}?cursor=nonsense").context["page"].releases == (
        first.releases
    )


def test_the_page_of_a_release_tells_its_story(
    member: Client, release: Release
) -> None:
    Deploy.objects.create(release=release, environment="eu-west", name="blue")
    ReleaseCommit.objects.create(
        release=release, place=0, sha="a" * 40, message="Sell more\n\nMuch more"
    )
    page = text(member, DETAIL)
    assert "75 %" in page
    assert "KeyError" in page
    assert "eu-west" in page
    assert "Sell more" in page
    assert "Much more" not in page
    story = member.get(DETAIL).context["story"]
    assert sum(map(sum, story.sessions.values())) == 4


@pytest.mark.parametrize("graph", ["24h", "14d", "30d", "nonsense"])
def test_health_is_told_over_time(member: Client, release: Release, graph: str) -> None:
    story = member.get(f"{DETAIL}?graph={graph}").context["story"]
    assert sum(story.figures.counts) == 3
    assert story.figures.sessions.total == 4


def test_a_release_without_sessions_shows_its_events(
    member: Client, project: Project
) -> None:
    make_seen(project, "1.0")
    page = text(member, f"{LIST}1.0/?environment=none")
    assert "Events per hour" in page


def test_what_is_no_release_of_the_project_is_not_found(
    member: Client, project: Project
) -> None:
    Release.objects.create(organization=project.organization, version="2.0")
    assert member.get(f"{LIST}2.0/").status_code == 404
    assert member.get(f"{LIST}3.0/").status_code == 404


def test_who_may_see_releases(project: Project, release: Release) -> None:
    viewer = client_of(project.organization, Role.VIEWER)
    stranger = client_of(make_organization("other"), Role.OWNER)
    for path in (LIST, DETAIL):
        assert viewer.get(path).status_code == 200
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302


def test_hostile_names_are_text(member: Client, project: Project) -> None:
    hostile = '<script>alert(1)</script>"\u202e&'
    release = make_release(project, hostile.replace("/", ""))
    Deploy.objects.create(release=release, environment=hostile, name=hostile)
    ReleaseCommit.objects.create(release=release, place=0, sha="x", message=hostile)
    Release.objects.update(url="javascript:alert(1)")
    path = f"{LIST}%3Cscript%3Ealert(1)%3Cscript%3E%22%E2%80%AE&/"
    for page in (text(member, LIST), text(member, path)):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert 'href="javascript' not in page


def test_rates_are_never_rounded_up() -> None:
    assert doctest.testmod(tags).failed == 0


def test_a_longer_list_costs_no_more_queries(member: Client, project: Project) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            member.get(LIST)
        return len(captured)

    make_seen(project, "1.0")
    few = queries()
    for number in range(20):
        make_seen(project, f"1.{number}")
    assert queries() == few <= 18


def test_an_issue_names_its_first_and_last_release(
    member: Client, project: Project
) -> None:
    for version in ("shop@1.0", "shop@1.1", "shop@1.2"):
        make_seen(project, version)
    page = text(member, "/o/acme/p/shop/issues/1/")
    for version, is_named in [("1.0", True), ("1.1", False), ("1.2", True)]:
        link = f'<a href="{LIST}shop@{version}/"><bdi>{version}</bdi></a>'
        assert (link in page) is is_named
