"""Changes of one issue and of many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Model

from issues.models import (
    Activity,
    Assignment,
    Bookmark,
    Issue,
    IssueState,
    Sighting,
    Status,
)
from issues.shortid import encode
from projects.models import DiscardedIssue, Organization, Project, Team
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_organization,
    make_payload,
    make_project,
    store,
)
from tests.people import make_member, make_user
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db
MANY = "/projects/acme/shop/issues/"
ALL = "/organizations/acme/issues/"


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    return [
        make_issue(project, exception={"values": [make_exception(function=name)]})
        for name in ("parse", "load", "save")
    ]


def status_of(issue: Issue) -> Status:
    return Status(IssueState.objects.get(issue=issue).status)


def address(issue: Issue) -> str:
    return f"/organizations/acme/issues/{issue.pk}/"


@pytest.mark.parametrize(
    ("asked", "status", "substatus"),
    [
        ("resolved", "resolved", None),
        ("ignored", "ignored", "archived_forever"),
        ("muted", "ignored", "archived_forever"),
        ("unresolved", "unresolved", "new"),
    ],
)
def test_a_change_answers_the_whole_issue(
    api: API, issues: list[Issue], asked: str, status: str, substatus: str | None
) -> None:
    answer = api.put(address(issues[0]), {"status": asked})
    assert answer.status == 200
    assert (answer.body["status"], answer.body["substatus"]) == (status, substatus)
    assert answer.body == api.get(address(issues[0])).body


def test_an_issue_is_addressed_by_id_or_short_id(api: API, issues: list[Issue]) -> None:
    issue = issues[0]
    short_id = encode("shop", issue.number)
    for where in (
        f"/organizations/acme/issues/{short_id}/",
        f"/organizations/acme/issues/{short_id.lower()}/",
        f"/issues/{issue.pk}/",
    ):
        assert api.get(where).body["id"] == str(issue.pk)
        assert api.put(where, {"status": "resolved"}).body["status"] == "resolved"
    for nothing in ("SHOP-999", "NOPE-1", "9999999999", "1" * 400, "no-id", "%00"):
        assert api.get(f"/organizations/acme/issues/{nothing}/").status == 404


def test_a_resolved_issue_that_comes_back_says_so(api: API, project: Project) -> None:
    issue = make_issue(project)
    api.put(address(issue), {"status": "resolved"})
    store(make_event(project, make_payload()))
    told = api.get(address(issue)).body
    assert (told["status"], told["substatus"]) == ("unresolved", "regressed")
    assert [one["type"] for one in told["activity"]] == [
        "set_regression",
        "set_resolved",
        "first_seen",
    ]
    regression, resolution, _ = told["activity"]
    assert regression["user"] is None
    assert resolution["user"]["email"].endswith("@example.com")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"inNextRelease": True}, {"inNextRelease": True}),
        ({"inRelease": "latest"}, {"inRelease": "shop@1.1"}),
        ({"inRelease": "shop@1.0"}, {"inRelease": "shop@1.0"}),
        ({"inFutureRelease": "shop@3"}, {"inRelease": "shop@3"}),
        (
            {"inCommit": {"repository": "acme/shop", "commit": "c0ffee"}},
            {"inCommit": {"repository": "acme/shop", "commit": "c0ffee"}},
        ),
    ],
)
def test_an_issue_is_resolved_in_a_release(
    api: API, project: Project, asked: dict[str, object], told: dict[str, object]
) -> None:
    for release in ("shop@1.0", "shop@1.1"):
        store(make_event(project, make_payload(release=release)))
    issue = Issue.objects.get()
    body = api.put(address(issue), {"status": "resolved", "statusDetails": asked}).body
    actor = body["statusDetails"].pop("actor")
    assert actor["email"].endswith("@example.com")
    assert (body["status"], body["substatus"]) == ("resolved", None)
    assert body["statusDetails"] == told
    (listed,) = api.get(MANY, query="").body
    assert listed["statusDetails"] == told | {"actor": actor}
    (activity,) = [one for one in body["activity"] if one["type"] == "set_resolved"]
    assert activity["data"] == told


@pytest.mark.parametrize(
    "body",
    [
        {"status": "ignored", "statusDetails": {"ignoreCount": 5, "ignoreWindow": 60}},
        {"status": "muted", "ignoreCount": 5, "ignoreWindow": 60},
        {
            "status": "ignored",
            "substatus": "archived_until_condition_met",
            "statusDetails": {"ignoreCount": 5, "ignoreWindow": 60},
        },
    ],
)
def test_an_issue_is_ignored_until_a_condition(
    api: API, issues: list[Issue], body: dict[str, object]
) -> None:
    told = api.put(address(issues[0]), body).body
    assert told["statusDetails"].pop("actor")["email"].endswith("@example.com")
    assert told["statusDetails"] == {"ignoreCount": 5, "ignoreWindow": 60}
    assert told["status"] == "ignored"
    assert told["substatus"] == "archived_until_condition_met"


def test_an_issue_is_ignored_for_a_time(api: API, issues: list[Issue]) -> None:
    for body in (
        {"status": "ignored", "statusDetails": {"ignoreDuration": 30}},
        {"status": "muted", "snoozeDuration": 30},
    ):
        answer = api.put(MANY, body, id=issues[0].pk)
        assert answer.body == {
            "status": "ignored",
            "statusDetails": {"ignoreDuration": 30},
            "substatus": "archived_until_condition_met",
        }
        told = api.get(address(issues[0])).body["statusDetails"]
        left = datetime.fromisoformat(told["ignoreUntil"]) - datetime.now(UTC)
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_sentry_clis_next_release_is_understood(api: API, issues: list[Issue]) -> None:
    answer = api.put(MANY, {"status": "resolvedInNextRelease", "snoozeDuration": None})
    assert answer.body == {
        "status": "resolved",
        "statusDetails": {"inNextRelease": True},
        "substatus": None,
    }
    assert {status_of(issue) for issue in issues} == {Status.RESOLVED}


def test_the_same_status_again_changes_nothing(api: API, issues: list[Issue]) -> None:
    for _ in range(2):
        api.put(address(issues[0]), {"status": "resolved"})
    kinds = Activity.objects.filter(issue=issues[0]).values_list("kind", flat=True)
    assert list(kinds).count(Activity.Kind.RESOLVED) == 1


def test_bookmarks_and_sightings_are_the_callers_own(
    organization: Organization, issues: list[Issue]
) -> None:
    mine, other = (api_of(organization) for _ in range(2))
    body = mine.put(address(issues[0]), {"isBookmarked": True, "hasSeen": True}).body
    assert (body["isBookmarked"], body["hasSeen"]) == (True, True)
    assert len(body["seenBy"]) == 1
    body = other.get(address(issues[0])).body
    assert (body["isBookmarked"], body["hasSeen"]) == (False, False)
    body = mine.put(address(issues[0]), {"isBookmarked": False, "hasSeen": False}).body
    assert (body["isBookmarked"], body["hasSeen"]) == (False, False)


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"status": "resolved", "statusDetails": {"inRelease": "1.0"}}, "no release"),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "latest"}},
            "no release",
        ),
        ({"status": "ignored", "statusDetails": {"inNextRelease": True}}, "resolved"),
        ({"statusDetails": {"inNextRelease": True}}, "resolved"),
        ({"status": "resolved", "statusDetails": {"inMood": True}}, "inMood"),
        (
            {
                "status": "resolved",
                "statusDetails": {"inNextRelease": True, "inRelease": "1.0"},
            },
            "one of",
        ),
        ({"status": "resolved", "statusDetails": {"inCommit": "c0ffee"}}, "inCommit"),
        ({"status": "resolved", "statusDetails": {"ignoreCount": 5}}, "ignored"),
        ({"ignoreDuration": 30}, "ignored"),
        ({"status": "ignored", "statusDetails": {"ignoreCount": -1}}, "ignoreCount"),
        ({"status": "ignored", "statusDetails": {"ignoreWindow": 5}}, "count"),
        ({"status": "ignored", "ignoreCount": 10**5, "ignoreWindow": 60}, "at most"),
        ({"status": "ignored", "ignoreDuration": 10**12}, "ignoreDuration"),
        ({"status": "purple"}, "purple"),
        ({"status": "resolved", "substatus": "escalating"}, "escalating"),
        ({"assignedTo": "nobody@example.com"}, "assignedTo"),
        ({"assignedTo": "user:99999999999"}, "assignedTo"),
        ({"assignedTo": "#nowhere"}, "assignedTo"),
        ({"merge": True}, "merge"),
        ({"hasSeen": "sometimes"}, "hasSeen"),
        ([], "list"),
        ("resolved", "str"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_changed(
    api: API, issues: list[Issue], body: object, about: str
) -> None:
    answer = api.put(address(issues[0]), body)
    assert answer.status == 400
    assert about in answer.body["detail"]
    assert status_of(issues[0]) == Status.UNRESOLVED


def test_fields_that_ask_for_nothing_are_accepted(
    api: API, issues: list[Issue]
) -> None:
    """What sentry-cli and the MCP server send along."""
    bodies: list[dict[str, object]] = [
        {"status": "ignored", "snoozeDuration": None},
        {"status": "unresolved", "statusDetails": {}, "assignedTo": None},
        {"status": "ignored", "substatus": "archived_until_escalating"},
        {},
    ]
    for body in bodies:
        assert api.put(address(issues[0]), body).status == 200


def test_many_issues_are_changed_by_their_ids(api: API, issues: list[Issue]) -> None:
    ids = [issues[0].pk, issues[1].pk]
    answer = api.put(MANY, {"status": "resolved"}, id=ids)
    assert answer.body == {"status": "resolved", "statusDetails": {}, "substatus": None}
    assert [status_of(issue) for issue in issues] == [
        Status.RESOLVED,
        Status.RESOLVED,
        Status.UNRESOLVED,
    ]


def test_many_issues_are_changed_by_a_search(api: API, issues: list[Issue]) -> None:
    answer = api.put(ALL, {"status": "ignored"}, query="title:ValueError")
    assert answer.body["status"] == "ignored"
    assert {status_of(issue) for issue in issues} == {Status.IGNORED}
    answer = api.put(MANY, {"status": "unresolved"}, status="muted")
    assert answer.status == 200
    assert {status_of(issue) for issue in issues} == {Status.UNRESOLVED}


def test_more_than_can_be_changed_at_once_are_not_changed(
    api: API, issues: list[Issue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issues.api.bulk.MAX_MATCHING", 2)
    answer = api.put(MANY, {"status": "resolved"})
    assert (answer.status, "issues match" in answer.body["detail"]) == (400, True)
    assert [status_of(issue) for issue in issues] == [Status.UNRESOLVED] * 3


def test_without_ids_and_search_all_issues_are_changed(
    api: API, issues: list[Issue]
) -> None:
    settling.ignore([issues[0].pk], user=None)
    assert api.put(MANY, {"status": "resolved"}).status == 200
    assert {status_of(issue) for issue in issues} == {Status.RESOLVED}


def test_nothing_that_matches_is_answered_without_content(
    api: API, issues: list[Issue]
) -> None:
    for parameters in ({"id": 999_999}, {"query": "is:resolved"}):
        answer = api.put(MANY, {"status": "ignored"}, **parameters)
        assert (answer.status, answer.body) == (204, None)


def test_ids_that_are_none_are_refused(api: API, issues: list[Issue]) -> None:
    for ids in ("abc", "", "-1", "0"):
        assert api.put(MANY, {"status": "resolved"}, id=ids).status == 400
    assert {status_of(issue) for issue in issues} == {Status.UNRESOLVED}


def test_a_project_changes_its_own_issues_only(
    api: API, organization: Organization, issues: list[Issue]
) -> None:
    elsewhere = make_issue(make_project("blog", organization=organization))
    api.put(MANY, {"status": "resolved"})
    api.put(MANY, {"status": "resolved"}, id=elsewhere.pk)
    assert status_of(elsewhere) == Status.UNRESOLVED
    answer = api.put(ALL, {"status": "resolved"}, project="blog")
    assert answer.status == 200
    assert status_of(elsewhere) == Status.RESOLVED


def test_many_bookmarks_and_sightings(
    organization: Organization, issues: list[Issue]
) -> None:
    user = make_member(organization).user
    api = api_of(organization, user=user)
    answer = api.put(MANY, {"isBookmarked": True, "hasSeen": True})
    assert answer.body == {"isBookmarked": True, "hasSeen": True}
    kept: tuple[type[Model], ...] = (Bookmark, Sighting)
    for model in kept:
        assert model._default_manager.filter(user=user).count() == 3
    api.put(MANY, {"isBookmarked": False, "hasSeen": False}, id=issues[0].pk)
    for model in kept:
        assert model._default_manager.filter(user=user).count() == 2


def test_assigning_takes_members_and_teams_by_any_name(
    organization: Organization, issues: list[Issue]
) -> None:
    membership = make_member(organization, user=make_user("ada@example.com"))
    user = membership.user
    api = api_of(organization, user=user)
    team = Team.objects.create(organization=organization, slug="core", name="Core")
    as_user = {
        "type": "user",
        "id": str(user.pk),
        "name": "ada@example.com",
        "email": "ada@example.com",
    }
    as_team = {"type": "team", "id": str(team.pk), "name": "Core"}
    for to, shown in (
        ("me", as_user),
        ("#core", as_team),
        (f"user:{user.pk}", as_user),
        (f"team:{team.pk}", as_team),
        (str(user.pk), as_user),
        ("", None),
        ("ADA@example.com", as_user),
        (None, None),
    ):
        answer = api.put(address(issues[0]), {"assignedTo": to})
        assert (answer.status, answer.body["assignedTo"]) == (200, shown)
    assert api.put(MANY, {"assignedTo": "#core"}).body == {"assignedTo": as_team}
    listed = api.get(MANY).body
    assert [one["assignedTo"] for one in listed] == [as_team] * 3


def test_nobody_of_another_organization_is_given_anything(
    api: API, issues: list[Issue]
) -> None:
    stranger = make_member(make_organization("other"))
    answer = api.put(address(issues[0]), {"assignedTo": f"user:{stranger.user.pk}"})
    assert answer.status == 400
    assert not Assignment.objects.exists()


def test_a_deleted_issue_is_gone_at_once(api: API, issues: list[Issue]) -> None:
    assert api.call("DELETE", address(issues[0])).status == 202
    assert api.get(address(issues[0])).status == 404
    assert {one["id"] for one in api.get(MANY).body} == {
        str(issue.pk) for issue in issues[1:]
    }


def test_deleting_many_needs_their_ids(api: API, issues: list[Issue]) -> None:
    assert api.call("DELETE", MANY).status == 400
    assert len(api.get(MANY).body) == 3
    named = [issues[0].pk, issues[1].pk]
    assert api.call("DELETE", ALL, id=named).status == 204
    assert [one["id"] for one in api.get(ALL).body] == [str(issues[2].pk)]


def test_deleting_takes_a_scope_of_its_own(
    organization: Organization, issues: list[Issue]
) -> None:
    writer = api_of(organization, scopes=("event:read", "event:write"))
    assert writer.call("DELETE", address(issues[0])).status == 403
    assert writer.put(address(issues[0]), {"discard": True}).status == 403
    every = "/organizations/acme/issues/"
    assert writer.put(every, {"discard": True}, id=issues[0].pk).status == 403
    assert writer.put(address(issues[0]), {"status": "resolved"}).status == 200


def test_discarding_deletes_and_keeps_the_hashes(api: API, issues: list[Issue]) -> None:
    answer = api.put(address(issues[0]), {"discard": True})
    assert (answer.status, answer.body["id"]) == (200, str(issues[0].pk))
    assert api.get(address(issues[0])).status == 404
    assert DiscardedIssue.objects.get().number == issues[0].number


def test_discarding_goes_with_no_other_change(api: API, issues: list[Issue]) -> None:
    body = {"discard": True, "status": "resolved"}
    assert api.put(address(issues[0]), body).status == 400
    assert not DiscardedIssue.objects.exists()


def test_an_issue_ignored_until_it_escalates(api: API, issues: list[Issue]) -> None:
    body = {"status": "ignored", "substatus": "archived_until_escalating"}
    answer = api.put(address(issues[0]), body)
    assert answer.body["substatus"] == "archived_until_escalating"
    assert issues[0].snooze.hour_limit == 10
