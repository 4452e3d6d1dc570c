"""An event's files by the API, in the shape that Sentry's clients know."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from issues.events import latest_event
from issues.models import Attachment, Issue
from projects.models import Organization, Project, Role
from projects.tokens import create_token
from tests.factories import make_issue, make_organization, make_project
from tests.files import attach, attach_to
from tests.people import make_member
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def files_of(issue: Issue) -> str:
    event = latest_event(issue.pk)
    assert event is not None
    return f"/projects/acme/shop/events/{event.event_id.hex}/attachments/"


def test_the_list_tells_what_each_file_is(api: API, issue: Issue) -> None:
    file = attach(issue, b"hello", "app.log", content_type="text/plain")
    attach(issue, b"MDMP", "a.dmp", kind="event.minidump")
    first, second = api.get(files_of(issue)).body
    assert first["dateCreated"].endswith("Z")
    del first["dateCreated"]
    assert first == {
        "id": str(file.pk),
        "event_id": file.event_id.hex,
        "type": "event.attachment",
        "name": "app.log",
        "mimetype": "text/plain",
        "size": 5,
        "headers": {"Content-Type": "text/plain"},
        "sha1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
    }
    assert second["type"] == "event.minidump"
    assert second["mimetype"] == "application/octet-stream"
    assert api.get(f"{files_of(issue)}{file.pk}/").body["name"] == "app.log"


def test_the_list_comes_in_pages(api: API, issue: Issue) -> None:
    for number in range(3):
        attach(issue, bytes([number]), f"{number}.txt")
    first = api.get(files_of(issue), per_page=2)
    rest = api.get(files_of(issue), per_page=2, cursor=first.next_cursor)
    names = [one["name"] for one in first.body + rest.body]
    assert names == ["0.txt", "1.txt", "2.txt"]
    assert rest.next_cursor is None


@pytest.mark.parametrize("query", ["download", "download=1"])
def test_the_file_itself_is_handed_out(
    organization: Organization, issue: Issue, query: str
) -> None:
    file = attach(issue, b"<script>", "a.html", content_type="text/html")
    member = make_member(organization)
    _, token = create_token(
        user=member.user, organization=organization, name="a", scopes=["event:read"]
    )
    client = Client(headers={"authorization": f"Bearer {token}"})
    answer: Any = client.get(f"/api/0{files_of(issue)}{file.pk}/?{query}")
    assert b"".join(answer.streaming_content) == b"<script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="a.html"'


def test_a_file_can_be_removed(
    api: API, organization: Organization, issue: Issue
) -> None:
    file = attach(issue, b"hello", "app.log")
    path = f"{files_of(issue)}{file.pk}/"
    assert api_of(organization, Role.VIEWER).call("DELETE", path).status == 403
    assert api.call("DELETE", path).status == 204
    assert api.call("DELETE", path).status == 404
    assert not Attachment.objects.exists()


def test_files_are_found_by_their_own_event_and_project_only(
    api: API, organization: Organization, issue: Issue
) -> None:
    other = make_project("blog", organization=organization)
    foreign = make_project("shop", organization=make_organization("other"))
    file = attach(issue, b"hello", "app.log")
    event_id = file.event_id.hex
    elsewhere = attach_to(foreign, file.event_id, b"secret", "app.log")
    for path in (
        f"/projects/acme/{other.slug}/events/{event_id}/attachments/{file.pk}/",
        f"/projects/acme/shop/events/{uuid.uuid4().hex}/attachments/{file.pk}/",
        f"/projects/acme/shop/events/{event_id}/attachments/{elsewhere.pk}/",
        f"/projects/other/shop/events/{event_id}/attachments/{elsewhere.pk}/",
        "/projects/acme/shop/events/nonsense/attachments/",
    ):
        assert api.get(path).status == 404
    assert [one["id"] for one in api.get(files_of(issue)).body] == [str(file.pk)]
