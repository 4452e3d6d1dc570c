"""The issue lists: what is in them, in which order, and the way through their pages."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from issues.models import Issue
from issues.shortid import encode
from projects.models import Organization, Project
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)
from tests.web.api.client import API

pytestmark = pytest.mark.django_db
LIST = "/projects/acme/shop/issues/"
ALL = "/organizations/acme/issues/"


def make_issues(project: Project, count: int) -> list[Issue]:
    """Issues of one event each, the one seen last at the end."""
    now = datetime.now(UTC)
    return [
        make_named(project, f"task_{n}", now - timedelta(minutes=count - n))
        for n in range(count)
    ]


def make_named(
    project: Project, function: str, at: datetime | None = None, **fields: Any
) -> Issue:
    """An issue of its own for the function."""
    at = at or datetime.now(UTC)
    exception = {"values": [make_exception(function=function)]}
    return make_issue(project, exception=exception, timestamp=at.timestamp(), **fields)


def titles(body: list[dict[str, Any]]) -> list[str]:
    return [issue["metadata"]["function"] for issue in body]


def ids(body: list[dict[str, Any]]) -> list[str]:
    return [issue["id"] for issue in body]


def test_the_last_seen_issue_comes_first(api: API, project: Project) -> None:
    make_issues(project, 3)
    assert titles(api.get(LIST).body) == ["task_2", "task_1", "task_0"]
    assert titles(api.get(ALL).body) == ["task_2", "task_1", "task_0"]


def test_an_issue_is_told_as_clients_expect(api: API, project: Project) -> None:
    issue = make_issue(project, level="warning", logger="shop.cart")
    (told,) = api.get(LIST).body
    assert told | {"permalink": ""} == told | {
        "id": str(issue.pk),
        "shortId": "SHOP-1",
        "title": "ValueError: bad value",
        "culprit": "shop.cart in parse",
        "permalink": "",
        "logger": "shop.cart",
        "level": "warning",
        "status": "unresolved",
        "substatus": "new",
        "priority": "medium",
        "type": "error",
        "isUnhandled": True,
        "hasSeen": False,
        "count": "1",
        "userCount": 1,
    }
    assert told["project"] == {
        "id": str(project.pk),
        "slug": "shop",
        "name": "Shop",
        "platform": "python",
    }
    assert told["permalink"].endswith("/o/acme/p/shop/issues/1/")
    assert told["permalink"].startswith("http://")
    assert told["firstSeen"].endswith("Z")
    assert told["metadata"]["type"] == "ValueError"


def test_a_handled_error_is_not_called_unhandled(api: API, project: Project) -> None:
    exception = make_exception()
    exception["mechanism"]["handled"] = True
    make_issue(project, exception={"values": [exception]})
    (told,) = api.get(LIST).body
    assert told["isUnhandled"] is False


def test_pages_lead_forth_and_back(api: API, project: Project) -> None:
    make_issues(project, 5)
    first = api.get(LIST, limit=2, cursor="")
    second = api.get(LIST, limit=2, cursor=first.next_cursor)
    third = api.get(LIST, limit=2, cursor=second.next_cursor)
    assert [titles(page.body) for page in (first, second, third)] == [
        ["task_4", "task_3"],
        ["task_2", "task_1"],
        ["task_0"],
    ]
    assert first.previous_cursor is None
    assert third.next_cursor is None
    back = api.get(LIST, limit=2, cursor=third.previous_cursor)
    assert titles(back.body) == titles(second.body)


def test_both_links_are_there_with_absolute_addresses(
    api: API, project: Project
) -> None:
    make_issues(project, 2)
    links = api.get(LIST, limit=1, query="is:unresolved").links
    assert links["previous"]["results"] == "false"
    assert links["next"]["results"] == "true"
    for link in links.values():
        assert link["url"].startswith("http://testserver/api/0" + LIST)
        assert "query=is%3Aunresolved" in link["url"]
        assert "limit=1" in link["url"]
        assert "cursor=" in link["url"]


def test_cursors_of_empty_sides_are_valid(api: API, project: Project) -> None:
    make_issues(project, 1)
    links = api.get(LIST).links
    after = api.get(LIST, cursor=links["next"]["cursor"])
    assert (after.status, after.body) == (200, [])
    before = api.get(LIST, cursor=links["previous"]["cursor"])
    assert before.status == 200


@pytest.mark.parametrize("cursor", ["x", "0:100:0", "n.1", "\N{SNOWMAN}" * 9])
def test_an_unknown_cursor_is_refused(api: API, project: Project, cursor: str) -> None:
    answer = api.get(LIST, cursor=cursor)
    assert (answer.status, answer.body) == (400, {"detail": "Invalid cursor"})


def test_a_limit_above_100_gives_100(api: API, project: Project) -> None:
    make_issues(project, 3)
    assert len(api.get(ALL, limit=10_000).body) == 3
    assert len(api.get(ALL, limit=0).body) == 1
    assert api.get(ALL, limit="many").status == 400


def test_hits_are_told(api: API, project: Project) -> None:
    make_issues(project, 3)
    headers = api.get(LIST, limit=1).headers
    assert (headers["X-Hits"], headers["X-Max-Hits"]) == ("3", "10000")


def test_without_a_query_only_unresolved_issues_are_listed(
    api: API, project: Project
) -> None:
    solved, open_ = make_issues(project, 2)
    settling.resolve([solved.pk], user=None)
    assert ids(api.get(LIST).body) == [str(open_.pk)]
    assert ids(api.get(LIST, query="is:resolved").body) == [str(solved.pk)]
    assert len(api.get(LIST, query="").body) == 2


def test_a_query_that_makes_no_sense_is_explained(api: API, project: Project) -> None:
    answer = api.get(LIST, query="is:purple")
    assert answer.status == 400
    assert answer.body["detail"].startswith("is:purple is not known")


def test_sorts(api: API, project: Project) -> None:
    old, new = make_issues(project, 2)
    payload = make_payload(exception={"values": [make_exception(function="task_0")]})
    payload["timestamp"] = datetime.now(UTC).timestamp() - 3600
    store(make_event(project, payload))
    for sort, first in {"date": new, "new": new, "freq": old, "user": old}.items():
        assert ids(api.get(LIST, sort=sort).body)[0] == str(first.pk), sort
    assert api.get(LIST, sort="size").status == 400


@pytest.mark.parametrize(("period", "buckets"), [("24h", 24), ("14d", 14)])
def test_counts_over_time(
    api: API, project: Project, period: str, buckets: int
) -> None:
    make_issue(project)
    (told,) = api.get(LIST, statsPeriod=period).body
    pairs = told["stats"][period]
    assert len(pairs) == buckets
    assert pairs[-1][1] == 1
    assert sum(count for _, count in pairs) == 1
    assert [b[0] - a[0] for a, b in pairwise(pairs)] == [
        3600 if period == "24h" else 86_400
    ] * (buckets - 1)


def test_counts_over_time_can_be_left_out(api: API, project: Project) -> None:
    make_issue(project)
    assert api.get(LIST, statsPeriod="").body[0]["stats"] == {}
    (told,) = api.get(ALL, collapse=["stats", "lifetime", "unhandled"]).body
    assert not {"stats", "lifetime", "isUnhandled"} & told.keys()


def test_a_project_knows_two_periods_only(api: API, project: Project) -> None:
    assert api.get(LIST, statsPeriod="30d").status == 400


def test_an_organization_lists_issues_of_a_span(api: API, project: Project) -> None:
    now = datetime.now(UTC)
    make_named(project, "old", now - timedelta(days=3))
    make_named(project, "new", now - timedelta(hours=1))
    assert titles(api.get(ALL, statsPeriod="24h").body) == ["new"]
    day_ago = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert titles(api.get(ALL, end=day_ago, start="2020-01-01").body) == ["old"]
    nanoseconds = day_ago + ".123456789Z"
    assert titles(api.get(ALL, start=nanoseconds).body) == ["new"]
    assert api.get(ALL, statsPeriod="soon").status == 400
    assert api.get(ALL, start="yesterday").status == 400
    backwards = api.get(ALL, start=day_ago, end="2020-01-01")
    assert backwards.status == 400
    assert "ends before" in backwards.body["detail"]
    assert api.get(ALL, start="2999-01-01").status == 400


def test_an_organization_lists_chosen_projects(
    api: API, organization: Organization, project: Project
) -> None:
    other = make_project("blog", organization=organization)
    make_named(project, "in_shop")
    make_named(other, "in_blog")
    assert titles(api.get(ALL, project=other.pk).body) == ["in_blog"]
    assert titles(api.get(ALL, project="shop").body) == ["in_shop"]
    assert len(api.get(ALL, project=[project.pk, "blog"]).body) == 2
    assert len(api.get(ALL, project="-1").body) == 2
    answer = api.get(ALL, project=999_999_999_999)
    assert answer.status == 400
    assert "999999999999" in answer.body["detail"]


def test_environments_narrow(api: API, project: Project) -> None:
    make_named(project, "live", environment="production")
    make_named(project, "trial", environment="st*ging")
    assert titles(api.get(ALL, environment="production").body) == ["live"]
    assert titles(api.get(LIST, environment="st*ging").body) == ["trial"]
    both = api.get(ALL, environment=["production", "st*ging"]).body
    assert len(both) == 2
    assert api.get(ALL, environment="*").body == []


def test_a_short_id_alone_finds_its_issue(api: API, project: Project) -> None:
    issue, _ = make_issues(project, 2)
    settling.resolve([issue.pk], user=None)
    for path in (LIST, ALL):
        answer = api.get(path, query=encode("shop", issue.number).lower())
        assert ids(answer.body) == [str(issue.pk)]
        assert answer.headers["X-Sentry-Direct-Hit"] == "1"
        assert sum(count for _, count in answer.body[0]["stats"]["24h"]) == 1


def test_an_event_id_alone_finds_its_issue(api: API, project: Project) -> None:
    event_id = uuid.uuid4()
    issue = make_issue(project, event_id=event_id.hex)
    make_named(project, "another")
    for text in (event_id.hex, str(event_id)):
        assert ids(api.get(LIST, query=text).body) == [str(issue.pk)]


def test_no_direct_hit_leaves_the_project(
    api: API, organization: Organization, project: Project
) -> None:
    other = make_project("blog", organization=organization)
    issue = make_issue(other)
    assert api.get(LIST, query=encode("blog", issue.number)).body == []
    assert api.get(LIST, query=uuid.uuid4().hex).body == []


def test_projects_are_named_by_slug_or_id(
    api: API, organization: Organization, project: Project
) -> None:
    make_issue(project)
    by_id = f"/projects/{organization.pk}/{project.pk}/issues/"
    assert len(api.get(by_id).body) == 1
    assert api.get("/projects/acme/nothing/issues/").status == 404


def test_a_deleted_project_is_out_of_sight(api: API, project: Project) -> None:
    issue = make_issue(project)
    project.deleted_at = datetime.now(UTC)
    project.save()
    assert api.get(LIST).status == 404
    assert api.get(ALL).body == []
    assert api.get(f"/issues/{issue.pk}/").status == 404
