"""What is merged is shown as one issue, wherever its parts were shown."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.merging.changes import merge, unmerge
from issues.models import Activity, Event, FamilyMember, Fingerprint, Issue, UserReport
from projects.models import Project
from tests import settling
from tests.factories import make_exception, make_issue, make_project

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


def test_a_form_that_comes_too_late_reaches_the_survivor(
    member: Client, survivor: Issue, child: Issue
) -> None:
    sent = member.post(path(child, "comments/"), {"text": "Look"}, follow=True)
    assert sent.status_code == 200
    assert Activity.objects.get(kind="note").issue == survivor


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
    told = member.get(path(survivor, "feedback/")).content.decode()
    assert "it broke" in told
    assert 'User feedback <span class="count">1</span>' in told
    assert path(survivor) in member.get(ACME + "/feedback/").content.decode()
    settling.resolve([survivor.pk], user=None)
    assert "it broke" not in member.get(ACME + "/feedback/").content.decode()


def test_page_is_back_after_an_unmerge(
    member: Client, project: Project, survivor: Issue, child: Issue
) -> None:
    unmerge(project, survivor.pk, [child.pk], user=None)
    answer = member.get(path(child))
    assert answer.status_code == 200


MERGE = "/o/acme/issues/merge/"


def test_the_preview_tells_what_would_be_without_merging(
    member: Client, project: Project, survivor: Issue
) -> None:
    other = make_named(project, "OtherError")
    body = member.get(MERGE, {"issue": [survivor.pk, other.pk]}).content.decode()
    assert "SHOP-1" in body
    assert f'name="into" id="into-{survivor.pk}" value="{survivor.pk}" checked' in body
    assert not FamilyMember.objects.exists()


def test_a_form_merges_into_the_one_that_is_kept(
    member: Client, project: Project, survivor: Issue
) -> None:
    other = make_named(project, "OtherError")
    form = {"issue": [survivor.pk, other.pk], "into": other.pk}
    answer = member.post(MERGE, form)
    assert answer.headers["Location"] == path(other)
    assert FamilyMember.objects.get(source=survivor).survivor == other
    assert "/undo/" in member.get(path(other)).content.decode()


@pytest.mark.parametrize("next", ["https://evil.example/", "javascript:alert(1)"])
def test_a_link_to_the_preview_leads_to_no_other_site(
    member: Client, project: Project, survivor: Issue, next: str
) -> None:
    other = make_named(project, "OtherError")
    asked = {"issue": [str(survivor.pk), str(other.pk)], "next": next}
    assert next not in member.get(MERGE, asked).content.decode()


def test_one_issue_is_not_merged(
    member: Client, project: Project, survivor: Issue
) -> None:
    answer = member.post(MERGE, {"issue": survivor.pk, "next": ACME + "/"}, follow=True)
    assert "Select two issues or more" in answer.content.decode()


def test_where_the_one_to_keep_is_gone_they_are_to_be_chosen_again(
    member: Client, project: Project, survivor: Issue
) -> None:
    other = make_named(project, "OtherError")
    form = {"issue": [survivor.pk, other.pk], "into": 10**6, "next": ACME + "/"}
    answer = member.post(MERGE, form, follow=True)
    assert "choose them again" in answer.content.decode()


def test_issues_of_two_projects_are_not_merged(
    member: Client, project: Project, survivor: Issue
) -> None:
    elsewhere = make_project("blog", organization=project.organization)
    other = make_issue(elsewhere)
    form = {"issue": [survivor.pk, other.pk], "into": other.pk, "next": ACME + "/"}
    answer = member.post(MERGE, form, follow=True)
    assert "Only issues of one project" in answer.content.decode()
    assert not FamilyMember.objects.exists()


def test_viewers_and_strangers_merge_nothing(
    viewer: Client, stranger: Client, project: Project, survivor: Issue
) -> None:
    other = make_named(project, "OtherError")
    form = {"issue": [survivor.pk, other.pk], "into": other.pk}
    assert viewer.post(MERGE, form).status_code == 403
    assert stranger.post(MERGE, form).status_code == 404
    assert not FamilyMember.objects.exists()


def test_the_tab_tells_what_is_merged_and_by_which_fingerprints(
    member: Client, survivor: Issue, child: Issue
) -> None:
    body = member.get(path(survivor, "merged/")).content.decode()
    assert f'name="source" value="{child.pk}"' in body
    for issue in (survivor, child):
        assert Fingerprint.objects.filter(issue=issue)[0].hash.hex[:12] in body


def test_a_form_unmerges(member: Client, survivor: Issue, child: Issue) -> None:
    answer = member.post(path(survivor, "unmerge/"), {"source": child.pk})
    assert answer.headers["Location"] == path(survivor, "merged/")
    assert not FamilyMember.objects.exists()


def test_unmerging_nothing_is_refused(
    member: Client, survivor: Issue, child: Issue
) -> None:
    answer = member.post(path(survivor, "unmerge/"), follow=True)
    assert "Select what is to be unmerged first." in answer.content.decode()


def test_the_survivor_itself_is_no_part_to_unmerge(
    member: Client, survivor: Issue, child: Issue
) -> None:
    form = {"source": survivor.pk}
    answer = member.post(path(survivor, "unmerge/"), form, follow=True)
    assert "Select what is to be unmerged" in answer.content.decode()
    assert FamilyMember.objects.filter(source=child).exists()


def test_a_page_of_a_family_takes_few_queries(
    member: Client, survivor: Issue, child: Issue
) -> None:
    with CaptureQueriesContext(connection) as alone:
        member.get(path(survivor, "merged/"))
    assert len(alone) <= 18
