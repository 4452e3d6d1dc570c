"""The older way to send a user's report, and the lists of reports."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from ingest import digest
from issues.models import Issue, UserReport
from projects.models import Organization, Project, Role
from projects.services import dsn_of
from tests.factories import make_issue, make_organization, make_project
from tests.reports import say
from tests.web.api.client import API, Answer, api_of

PATH = "/projects/acme/shop/user-feedback/"


def report(**fields: str) -> dict[str, str]:
    return {
        "event_id": uuid.uuid4().hex,
        "name": "Ann",
        "email": "ann@example.com",
        "comments": "It broke",
        **fields,
    }


def post(project: Project, body: Any, path: str = PATH) -> Answer:
    """By the project's DSN."""
    key = project.keys.select_related("project").get()
    client = Client(headers={"authorization": f"DSN {dsn_of(key)}"})
    response = client.post(f"/api/0{path}", body, content_type="application/json")
    return Answer(response)


@pytest.fixture
def api(organization: Organization) -> API:
    return api_of(organization)


def test_a_report_by_dsn_is_answered_as_it_will_be_listed(
    project: Project, api: API
) -> None:
    sent = report()
    answer = post(project, sent)
    assert answer.status == 200
    assert answer.body["eventID"] == sent["event_id"]
    digest.drain(0)
    (listed,) = api.get(PATH).body
    for name in ("id", "eventID", "name", "email", "comments"):
        assert listed[name] == answer.body[name]


def test_a_secret_in_it_is_filtered_in_the_answer_too(
    project: Project, api: API
) -> None:
    answer = post(project, report(comments="my password=hunter22 "))
    digest.drain(0)
    assert answer.body["comments"] == "my password=[Filtered]"
    assert api.get(PATH).body[0]["id"] == answer.body["id"]


def test_a_dashed_event_id_and_ids_in_the_address_will_do(project: Project) -> None:
    sent = report(event_id=str(uuid.uuid4()))
    path = f"/projects/{project.organization_id}/{project.pk}/user-feedback/"
    assert post(project, sent, path).status == 200
    digest.drain(0)
    found = UserReport.objects.get()
    assert str(found.event_id) == sent["event_id"]


def test_a_token_may_send_with_the_scope_for_it(
    organization: Organization, project: Project
) -> None:
    assert api_of(organization).post(PATH, report()).status == 200
    viewer = api_of(organization, Role.VIEWER)
    assert viewer.post(PATH, report()).status == 403
    assert viewer.get(PATH).status == 200


def test_a_project_without_a_key_takes_reports_by_token(
    organization: Organization, project: Project
) -> None:
    project.keys.all().delete()
    assert api_of(organization).post(PATH, report()).status == 200
    digest.drain(0)
    assert UserReport.objects.count() == 1


def test_a_dsn_opens_its_own_project_only(
    organization: Organization, project: Project
) -> None:
    other = make_project("blog", organization=organization)
    assert post(other, report()).status == 404
    elsewhere = make_project("shop", organization=make_organization("other"))
    assert post(elsewhere, report()).status == 404
    digest.drain(0)
    assert not UserReport.objects.exists()


def test_a_dsn_may_not_read(project: Project) -> None:
    key = project.keys.select_related("project").get()
    client = Client(headers={"authorization": f"DSN {dsn_of(key)}"})
    assert client.get(f"/api/0{PATH}").status_code == 403


@pytest.mark.parametrize("dsn", ["", "nonsense", f"http://{'f' * 32}@h/1"])
def test_a_wrong_dsn_is_refused(project: Project, dsn: str) -> None:
    client = Client(headers={"authorization": f"DSN {dsn}"})
    body = report()
    answer = client.post(f"/api/0{PATH}", body, content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", "nonsense"),
        ("name", ""),
        ("email", "nobody"),
        ("comments", " "),
        ("comments", "x" * 4097),
    ],
)
def test_a_bad_field_is_named(project: Project, field: str, value: str) -> None:
    answer = post(project, report(**{field: value}))
    assert answer.status == 400
    assert answer.body["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize("body", ["[]", "null", "{", '"x"'])
def test_what_is_no_object_is_refused(project: Project, body: str) -> None:
    assert post(project, body).status == 400


def test_the_list_is_of_unresolved_issues_unless_asked(
    project: Project, api: API
) -> None:
    say(project, "open", about=make_issue(project))
    done = say(project, "done")
    UserReport.objects.filter(pk=done.pk).update(is_resolved=True)
    assert [one["comments"] for one in api.get(PATH).body] == ["open"]
    everything = api.get(PATH, status="").body
    assert [one["comments"] for one in everything] == ["done", "open"]
    assert everything[1]["issue"]["shortId"] == "SHOP-1"


def test_an_issue_tells_its_reports(project: Project, api: API) -> None:
    issue: Issue = make_issue(project)
    say(project, "one", about=issue)
    say(project, "elsewhere")
    listed = api.get(f"/issues/{issue.pk}/user-reports/").body
    assert [one["comments"] for one in listed] == ["one"]
    assert api.get(f"/issues/{issue.pk}/").body["userReportCount"] == 1
