"""Operations through the API: what was done, how far it is, and undone."""

from __future__ import annotations

import pytest

from issues.models import Issue, IssueState, Status
from projects.models import Organization, Project, Role
from tests.factories import make_issue, make_organization
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db
OPERATIONS = "/organizations/acme/operations/"


@pytest.fixture
def issue(api: API, project: Project) -> Issue:
    """Resolved through the API."""
    issue = make_issue(project)
    api.put(f"/issues/{issue.pk}/", {"status": "resolved"})
    return issue


def test_it_is_told_and_undone_once(api: API, issue: Issue) -> None:
    (one,) = api.get(OPERATIONS).body
    assert (one["kind"], one["changed"], one["samples"]) == (
        "resolve",
        1,
        [str(issue.pk)],
    )
    address = f"{OPERATIONS}{one['id']}/"
    assert api.get(address).body["canUndo"]
    undone = api.post(f"{address}undo/", {}).body
    assert (undone["undo"]["restored"], undone["canUndo"]) == (1, False)
    assert IssueState.objects.get(issue=issue).status == Status.UNRESOLVED
    assert api.post(f"{address}undo/", {}).status == 400


def test_activities_tell_who_and_when(api: API, issue: Issue) -> None:
    for address in (
        f"/issues/{issue.pk}/activities/",
        f"/organizations/acme/issues/{issue.pk}/activities/",
    ):
        told = api.get(address).body["activity"]
        assert [one["type"] for one in told] == ["set_resolved", "first_seen"]
        assert told[0]["user"]["email"]


def test_others_bookmarks_are_not_told(
    organization: Organization, api: API, issue: Issue
) -> None:
    api.put(f"/issues/{issue.pk}/", {"isBookmarked": True})
    assert len(api.get(OPERATIONS).body) == 2
    other = api_of(organization)
    assert len(other.get(OPERATIONS).body) == 1


def test_who_may(organization: Organization, api: API, issue: Issue) -> None:
    (one,) = api.get(OPERATIONS).body
    address = f"{OPERATIONS}{one['id']}/undo/"
    assert api_of(organization, Role.VIEWER).post(address, {}).status == 403
    assert api_of(make_organization("other")).post(address, {}).status == 404


def test_quiet_issues_are_resolved_after_hours(api: API, project: Project) -> None:
    assert api.get("/projects/acme/shop/").body["resolveAge"] == 0
    told = api.put("/projects/acme/shop/", {"resolveAge": 72}).body
    assert told["resolveAge"] == 72
    assert api.put("/projects/acme/shop/", {"resolveAge": -1}).status == 400
