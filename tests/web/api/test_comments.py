"""Comments through the web API, under both of their names."""

from __future__ import annotations

import pytest

from issues.comments import TEXT_MAX
from issues.models import Issue
from projects.models import Organization, Project, Role
from tests.factories import make_issue
from tests.people import make_user
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


@pytest.mark.parametrize("name", ["comments", "notes"])
@pytest.mark.parametrize("prefix", ["", "/organizations/acme"])
def test_a_comment_is_listed(api: API, issue: Issue, prefix: str, name: str) -> None:
    at = f"{prefix}/issues/{issue.pk}/{name}/"
    made = api.post(at, {"text": "Looking"})
    assert made.status == 201
    assert made.body["type"] == "note"
    assert made.body["data"] == {"text": "Looking"}
    assert api.get(at).body == [made.body]


def test_a_comment_is_part_of_the_activity(api: API, issue: Issue) -> None:
    made = api.post(f"/issues/{issue.pk}/comments/", {"text": "Looking"})
    assert made.body in api.get(f"/issues/{issue.pk}/").body["activity"]


def test_a_comment_is_changed_and_deleted(api: API, issue: Issue) -> None:
    at = f"/issues/{issue.pk}/comments/"
    one = f"{at}{api.post(at, {'text': 'Looking'}).body['id']}/"
    assert api.put(one, {"text": "Found"}).body["data"]["text"] == "Found"
    assert api.call("DELETE", one).status == 204
    assert api.get(at).body == []
    assert api.call("DELETE", one).status == 404


@pytest.mark.parametrize("text", ["", "  ", "x" * (TEXT_MAX + 1), None, "a\0b"])
def test_what_is_no_comment_is_refused(api: API, issue: Issue, text: object) -> None:
    answer = api.post(f"/issues/{issue.pk}/comments/", {"text": text})
    assert answer.status == 400
    assert answer.body["detail"].startswith("text: ")


def test_others_comments_are_theirs(
    api: API, issue: Issue, organization: Organization
) -> None:
    at = f"/issues/{issue.pk}/comments/"
    one = f"{at}{api.post(at, {'text': 'Looking'}).body['id']}/"
    member = api_of(organization, Role.MEMBER)
    assert member.put(one, {"text": "No"}).status == 403
    assert member.call("DELETE", one).status == 403
    assert api_of(organization, Role.ADMIN).put(one, {"text": "No"}).status == 403
    assert api_of(organization, Role.ADMIN).call("DELETE", one).status == 204


def test_reading_tokens_only_read(issue: Issue, organization: Organization) -> None:
    reader = api_of(organization, scopes=["event:read"])
    assert reader.post(f"/issues/{issue.pk}/comments/", {"text": "x"}).status == 403


def test_comments_outlive_who_wrote_them(
    api: API, issue: Issue, organization: Organization
) -> None:
    user = make_user()
    organization.memberships.create(user=user, role=Role.MEMBER)
    at = f"/issues/{issue.pk}/comments/"
    api_of(organization, user=user).post(at, {"text": "Looking"})
    user.delete()
    assert api.get(at).body[0]["user"] is None


def test_comments_are_counted(api: API, issue: Issue) -> None:
    for text in ("Looking", "Found"):
        api.post(f"/issues/{issue.pk}/comments/", {"text": text})
    assert api.get(f"/issues/{issue.pk}/").body["numComments"] == 2
    (row,) = api.get("/organizations/acme/issues/").body
    assert row["numComments"] == 2


def test_a_subscription_tells_its_reason(api: API, issue: Issue) -> None:
    at = f"/issues/{issue.pk}/"
    before = api.get(at).body
    assert (before["isSubscribed"], before["subscriptionDetails"]) == (False, None)
    api.post(f"{at}comments/", {"text": "Looking"})
    after = api.get(at).body
    assert after["isSubscribed"] is True
    assert after["subscriptionDetails"] == {"reason": "commented"}
    assert [one["id"] for one in after["participants"]] == [
        str(issue.activity.get(kind="note").user_id)
    ]


def test_one_subscribes_and_unsubscribes(api: API, issue: Issue) -> None:
    at = f"/issues/{issue.pk}/"
    assert api.put(at, {"isSubscribed": True}).body["isSubscribed"] is True
    assert api.put(at, {"isSubscribed": False}).body["isSubscribed"] is False
    assert api.get(at).body["participants"] == []


def test_many_are_subscribed_to_at_once(api: API, issue: Issue) -> None:
    answer = api.put("/organizations/acme/issues/", {"isSubscribed": True}, id=issue.pk)
    assert answer.body == {"isSubscribed": True}
    (row,) = api.get("/organizations/acme/issues/").body
    assert row["isSubscribed"] is True


def test_it_tells_who_has_seen_the_issue(api: API, issue: Issue) -> None:
    at = f"/issues/{issue.pk}/"
    assert api.get(at).body["seenBy"] == []
    api.put(at, {"hasSeen": True})
    assert len(api.get(at).body["seenBy"]) == 1
