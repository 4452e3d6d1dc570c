"""Whatever is wrong with a call, the answer is JSON with a sentence."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from projects.api.errors import server_error
from projects.models import Organization, Project
from projects.tokens import create_token
from tests.factories import make_issue
from tests.people import make_member
from tests.web.api.client import API

pytestmark = pytest.mark.django_db
ISSUES = "/api/0/projects/acme/shop/issues/"


@pytest.fixture
def client(organization: Organization, project: Project) -> Client:
    """Django's own client with an owner's token."""
    _, plain = create_token(
        user=make_member(organization).user,
        organization=organization,
        name="test",
        scopes=["event:admin", "org:read"],
    )
    return Client(
        headers={"authorization": f"Bearer {plain}"}, raise_request_exception=False
    )


def put(client: Client, body: bytes | str, **extra: str) -> tuple[int, str]:
    extra = {"content_type": "application/json", **extra}
    response = client.put(ISSUES, body, **extra)  # type: ignore[arg-type]  # Headers.
    assert response.headers["Content-Type"] == "application/json"
    return response.status_code, response.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/api/0/nothing/", "/api/0/organizations", "/api/0/users/me/regions/", "/api/"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_address_is_told_in_json(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert response.status_code == 404
    assert response.json() == {"detail": "The requested resource does not exist"}
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "name", ["in\u202evoice", "a\x07b", "\u3164", " ", "x" * 10_000]
)
def test_a_name_that_hides_something_is_refused(client: Client, name: str) -> None:
    path = "/api/0/organizations/acme/searches/"
    body = {"name": name, "query": "is:unresolved"}
    response = client.post(path, json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("name: ")


@pytest.mark.parametrize(
    "body",
    ["{", "{'status': 'resolved'}", b"\xff\xfe", '{"status": NaN}', "9" * 5000, "null"],
)
def test_a_malformed_body_is_refused(client: Client, body: bytes | str) -> None:
    status, detail = put(client, body)
    assert status == 400
    assert detail


def test_a_body_nested_too_deep_is_refused(client: Client) -> None:
    assert put(client, "[" * 200_000) == (
        400,
        "JSON parse error - nested too deep",
    )


def test_a_body_too_large_is_refused(client: Client) -> None:
    status, _ = put(client, json.dumps({"status": "x" * 2**20}))
    assert status == 413


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    status, detail = put(
        client, "status=resolved", content_type="application/x-www-form-urlencoded"
    )
    assert status == 415
    assert "application/x-www-form-urlencoded" in detail


def test_zero_characters_do_no_harm(client: Client) -> None:
    for path in (
        "/api/0/projects/acme/%00/issues/",
        "/api/0/projects/%00/shop/issues/",
        "/api/0/organizations/acme/issues/%00/",
        "/api/0/organizations/acme/shortids/A-%00/",
        "/api/0/organizations/acme/issues/?query=a%00b",
        "/api/0/organizations/acme/issues/?project=%00",
        "/api/0/organizations/acme/issues/?environment=%00",
        "/api/0/organizations/acme/issues/?cursor=%00",
    ):
        response = client.get(path)
        assert response.status_code in {200, 400, 404}, path
        assert response.headers["Content-Type"] == "application/json"


def test_half_a_character_is_told_as_it_came(api: API, project: Project) -> None:
    answer = api.put(f"/issues/{make_issue(project).pk}/", {"status": "\ud800"})
    assert answer.status == 400
    assert "\ud800" in answer.body["detail"]


def test_too_many_parameters_are_refused(client: Client) -> None:
    query = "&".join(f"id={n}" for n in range(1, 2000))
    response = client.put(f"{ISSUES}?{query}", "{}", content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]


def test_the_answer_is_json_whatever_is_accepted(client: Client) -> None:
    response = client.get(f"{ISSUES}?format=html", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


def test_a_database_that_fails_is_told_as_unavailable(client: Client) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE issues_issuestate")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10ms'")
        response = client.get(ISSUES)
    finally:
        other.close()
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert "try again" in response.json()["detail"]


def test_a_failure_of_ours_is_told_in_json_under_the_api_only() -> None:
    answer = server_error(RequestFactory().get("/api/0/"))
    assert answer.status_code == 500
    assert "detail" in json.loads(answer.content)
    page = server_error(RequestFactory().get("/profile/"))
    assert b"<html" in page.content


def test_a_malformed_host_is_told_in_json_under_the_api_only() -> None:
    for path, media_type in (("/api/0/", "application/json"), ("/", "text/html")):
        response = Client(headers={"host": "a b"}).get(path)
        assert response.status_code == 400
        assert response.headers["Content-Type"].startswith(media_type)


def test_a_method_that_is_not_there(organization: Organization) -> None:
    answer = API(None).call("DELETE", "/")
    assert answer.status == 405
