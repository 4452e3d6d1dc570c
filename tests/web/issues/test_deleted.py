"""What is deleted shows nowhere, whichever way one comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from issues import operations
from issues.events import latest_event
from issues.models import Attachment, Issue
from issues.operations import Selection, deleting
from projects.models import Project
from tests.factories import make_issue
from tests.files import attach
from tests.reports import say
from tests.web.api.client import api_of

PROJECT = "/o/acme/p/shop"


@pytest.fixture
def deleted(project: Project, data_folder: Path) -> Issue:
    issue = make_issue(project, release="shop@1.0")
    attach(issue, b"line", "app.log")
    say(project, "It broke", about=issue)
    selection = Selection.of(project.organization, [project], [issue.pk])
    operations.apply(selection, deleting.delete(), user=None)
    return issue


def test_its_own_pages_are_gone(deleted: Issue, member: Client) -> None:
    attachment = Attachment.objects.get().pk
    for address in (
        f"{PROJECT}/issues/1/",
        f"{PROJECT}/issues/1/events/",
        f"{PROJECT}/attachments/{attachment}/",
        f"/organizations/acme/issues/{deleted.pk}/",
    ):
        assert member.get(address).status_code == 404, address


def test_lists_do_not_tell_of_it(deleted: Issue, member: Client) -> None:
    for address in (
        f"{PROJECT}/?query=",
        f"{PROJECT}/?query=is:resolved",
        f"{PROJECT}/overview/",
        f"{PROJECT}/feedback/?status=all",
        "/o/acme/issues/?query=",
    ):
        answer = member.get(address)
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "bad value" not in html, address
        assert "It broke" not in html, address


def test_its_ids_lead_nowhere(deleted: Issue, member: Client) -> None:
    event = latest_event(deleted.pk)
    assert event is not None
    for query in ("SHOP-1", event.event_id.hex):
        assert member.get(f"{PROJECT}/?query={query}").status_code == 200
    page = member.get(f"/o/acme/ingest/event/?id={event.event_id.hex}")
    assert "/issues/1/" not in page.content.decode()


def test_the_api_does_not_tell_of_it(deleted: Issue) -> None:
    event = latest_event(deleted.pk)
    assert event is not None
    api = api_of(deleted.project.organization)
    one = event.event_id.hex
    assert api.get("/projects/acme/shop/events/").body == []
    for address in (
        "/organizations/acme/shortids/SHOP-1/",
        f"/organizations/acme/eventids/{one}/",
        f"/projects/acme/shop/events/{one}/",
        f"/projects/acme/shop/events/{one}/attachments/",
    ):
        assert api.get(address).status == 404, address
    (release,) = api.get("/organizations/acme/releases/").body
    assert release["newGroups"] == 0
