"""The API tells what became of an event id."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from ingest.fates import Fates
from ingest.outcomes import Outcome
from projects.models import Organization, Project, Role
from tests.factories import make_issue, make_project
from tests.web.api.client import API, api_of

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
FATE = f"/projects/acme/shop/events/{ID}/fate/"


@pytest.fixture
def api(organization: Organization) -> API:
    return api_of(organization, Role.VIEWER, scopes=["event:read"])


def test_a_stored_event_is_found_in_its_issue(api: API, project: Project) -> None:
    issue = make_issue(project, event_id=ID)
    body = api.get(f"/projects/acme/shop/events/{uuid.UUID(ID)}/fate/").body
    assert (body["eventID"], body["status"]) == (ID, "stored")
    (finding,) = body["findings"]
    assert finding["groupID"] == str(issue.pk)
    assert finding["permalink"].endswith(f"/issues/{issue.number}/events/{ID}/")


def test_a_refused_event_is_found_with_its_reason(api: API, project: Project) -> None:
    memory = Fates()
    memory.remember(
        project.pk,
        ID,
        Outcome.RATE_LIMITED,
        "spike",
        datetime(2026, 11, 23, tzinfo=UTC),
    )
    memory.write()
    body = api.get(FATE).body
    (finding,) = body["findings"]
    assert body["status"] == finding["status"] == "rate_limited"
    assert (finding["reason"], finding["category"]) == ("spike", "error")
    assert finding["detail"].startswith("Spike protection")
    assert finding["date"] == "2026-11-23T00:00:00Z"


def test_an_id_that_never_came_is_unknown(api: API, project: Project) -> None:
    body = api.get(FATE).body
    assert (body["status"], body["findings"], body["isComplete"]) == (
        "unknown",
        [],
        True,
    )


def test_an_event_of_another_project_is_unknown(
    api: API, project: Project, organization: Organization
) -> None:
    make_issue(make_project("web", organization=organization), event_id=ID)
    assert api.get(FATE).body["status"] == "unknown"


def test_what_is_no_id_is_a_bad_request(api: API, project: Project) -> None:
    assert api.get("/projects/acme/shop/events/latest/fate/").status == 400
