"""All that is told of one issue."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from issues.models import Issue
from projects.models import Project
from tests.factories import make_event, make_issue, make_payload, store
from tests.web.api.client import API

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(project: Project) -> Issue:
    """Three events of two regions."""
    issue = make_issue(project, tags={"region": "us"})
    events = [make_payload(tags={"region": "eu"}) for _ in range(2)]
    store(*(make_event(project, payload) for payload in events))
    return issue


def test_counts_over_a_day_and_a_month(api: API, issue: Issue) -> None:
    stats = api.get(f"/issues/{issue.pk}/").body["stats"]
    assert {name: len(pairs) for name, pairs in stats.items()} == {"24h": 24, "30d": 30}
    assert {sum(count for _, count in pairs) for pairs in stats.values()} == {3}
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert stats["24h"][-1][0] in {this_hour.timestamp(), this_hour.timestamp() - 3600}


def test_an_issue_tells_its_tags_and_what_happened(api: API, issue: Issue) -> None:
    told = api.get(f"/issues/{issue.pk}/").body
    totals = {tag["key"]: tag["totalValues"] for tag in told["tags"]}
    assert totals["region"] == 3
    assert totals["level"] == 3
    (first_seen,) = told["activity"]
    assert first_seen["type"] == "first_seen"
    assert (told["firstRelease"], told["lastRelease"]) == (None, None)


def test_tags_come_with_their_values(api: API, issue: Issue) -> None:
    tags = api.get(f"/organizations/acme/issues/{issue.pk}/tags/").body
    assert [tag["key"] for tag in tags] == sorted(tag["key"] for tag in tags)
    region = next(tag for tag in tags if tag["key"] == "region")
    values = [(one["value"], one["count"]) for one in region["topValues"]]
    assert values == [("eu", 2), ("us", 1)]
    assert (region["totalValues"], region["uniqueValues"]) == (3, 2)
    assert api.get(f"/issues/{issue.pk}/tags/region/").body == region
    assert api.get(f"/issues/{issue.pk}/tags/nothing/").status == 404


def test_hashes(api: API, issue: Issue) -> None:
    hashes = api.get(f"/issues/{issue.pk}/hashes/").body
    known = {one.hash.hex for one in issue.fingerprints.all()}
    assert {one["id"] for one in hashes} == known


def test_a_short_id_leads_to_its_issue(api: API, issue: Issue) -> None:
    told = api.get("/organizations/acme/shortids/SHOP-1/").body
    assert told["groupId"] == told["group"]["id"] == str(issue.pk)
    assert (told["projectSlug"], told["shortId"]) == ("shop", "SHOP-1")
    assert api.get("/organizations/acme/shortids/SHOP-77/").status == 404
    assert api.get(f"/organizations/acme/shortids/{issue.pk}/").status == 404


def test_an_issue_tells_its_first_and_last_release(api: API, project: Project) -> None:
    for release in ("shop@1.0", "shop@1.1", "shop@1.2"):
        store(make_event(project, make_payload(release=release)))
    issue = Issue.objects.get()
    told = api.get(f"/issues/{issue.pk}/").body
    assert told["firstRelease"]["version"] == "shop@1.0"
    assert told["lastRelease"]["shortVersion"] == "1.2"
    store(make_event(project, make_payload()))
    assert api.get(f"/issues/{issue.pk}/").body["lastRelease"] is None
