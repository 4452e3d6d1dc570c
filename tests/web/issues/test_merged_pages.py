"""What is merged is shown as one issue, wherever its parts were shown."""

from __future__ import annotations

import pytest
from django.test import Client

from issues import triage
from issues.merging.changes import merge, unmerge
from issues.models import Event, Issue, UserReport
from projects.models import Project
from tests.factories import make_exception, make_issue

ACME = "/o/acme/p/shop"


def make_named(project: Project, name: str) -> Issue:
    exception = {"values": [make_exception(name, function=name.lower())]}
    return make_issue(project, exception=exception)


@pytest.fixture
def survivor(project: Project) -> Issue:
    return make_named(project, "KeptError")


@pytest.fixture
def child(project: Project, survivor: Issue) -> Issue:
    """An issue that is merged into the survivor."""
    child = make_named(project, "GoneError")
    merge(project, [survivor.pk, child.pk], user=None, into=survivor.pk)
    return child


def path(issue: Issue, rest: str = "") -> str:
    return f"{ACME}/issues/{issue.number}/{rest}"


def event_of(issue: Issue) -> str:
    return Event.objects.get(issue_id=issue.pk).event_id.hex


@pytest.mark.parametrize(
    "rest", ["", "events/", "tags/", "feedback/", "events/oldest/"]
)
def test_page_of_a_merged_issue_leads_to_its_survivor(
    member: Client, survivor: Issue, child: Issue, rest: str
) -> None:
    answer = member.get(path(child, rest))
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        path(survivor, rest),
    )


def test_the_query_goes_along_to_the_survivor(
    member: Client, survivor: Issue, child: Issue
) -> None:
    answer = member.get(path(child) + "?graph=14d")
    assert answer.headers["Location"] == path(survivor) + "?graph=14d"


def test_the_list_shows_the_survivor_alone(
    member: Client, survivor: Issue, child: Issue
) -> None:
    for query in ("is:unresolved", ""):
        body = member.get(ACME + "/", {"q": query}).content.decode()
        assert path(survivor) in body
        assert path(child) not in body


def test_links_by_id_and_short_id_lead_to_the_survivor(
    member: Client, survivor: Issue, child: Issue
) -> None:
    for named in (str(child.pk), "SHOP-2"):
        answer = member.get(f"/organizations/acme/issues/{named}/", follow=True)
        assert answer.redirect_chain[-1][0] == path(survivor)


def test_an_event_of_a_merged_issue_is_shown_with_the_survivor(
    member: Client, survivor: Issue, child: Issue
) -> None:
    event = event_of(child)
    answer = member.get(path(survivor, f"events/{event}/"))
    assert "GoneError" in answer.content.decode()
    found = member.get(ACME + "/", {"q": event})
    assert found.headers["Location"] == path(survivor, f"events/{event}/")


def test_the_table_has_the_events_of_all(
    member: Client, survivor: Issue, child: Issue
) -> None:
    body = member.get(path(survivor, "events/")).content.decode()
    assert all(event_of(issue)[:8] in body for issue in (survivor, child))


def test_feedback_follows_the_survivor(
    member: Client, project: Project, survivor: Issue, child: Issue
) -> None:
    UserReport.objects.create(
        project=project,
        key="a" * 32,
        issue=child,
        event_id=event_of(child),
        received_at=child.state.last_seen,
        comments="it broke",
    )
    assert "it broke" in member.get(path(survivor, "feedback/")).content.decode()
    assert path(survivor) in member.get(ACME + "/feedback/").content.decode()
    triage.resolve([survivor.pk], user=None)
    assert "it broke" not in member.get(ACME + "/feedback/").content.decode()


def test_page_is_back_after_an_unmerge(
    member: Client, project: Project, survivor: Issue, child: Issue
) -> None:
    unmerge(project, survivor.pk, [child.pk], user=None)
    answer = member.get(path(child))
    assert answer.status_code == 200
