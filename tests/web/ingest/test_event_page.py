"""Where is my event: the page knows of an id what anything of the service knows."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
import redis
from django.conf import settings
from django.test import Client

from ingest.append import Appender
from ingest.fates import Fates
from ingest.outcomes import Outcome
from ingest.valkey import Valkey
from ingest.waiting import find_waiting
from issues.models import Issue
from projects import valkey
from projects.models import Project, Role
from tests.factories import (
    make_entry,
    make_event,
    make_issue,
    make_project,
    set_aside,
    store,
)
from tests.people import client_of

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
PROJECT = "/o/acme/p/shop/ingest/event/"
ORGANIZATION = "/o/acme/ingest/event/"


def page(client: Client, path: str, asked: str = ID) -> str:
    response = client.get(path, {"id": asked})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", [PROJECT, ORGANIZATION])
def test_a_stored_event_leads_to_its_issue(
    viewer: Client, project: Project, path: str
) -> None:
    issue = make_issue(project, event_id=ID)
    link = f'href="/o/acme/p/shop/issues/{issue.number}/events/{ID}/"'
    assert link in page(viewer, path)


def test_an_id_may_be_pasted_as_people_have_it(
    viewer: Client, project: Project
) -> None:
    make_issue(project, event_id=ID)
    for asked in (ID.upper(), str(uuid.UUID(ID)), f"  {ID}\n"):
        assert "Stored" in page(viewer, PROJECT, asked)


def test_an_event_beyond_the_sample_says_so(viewer: Client, project: Project) -> None:
    payload = {"event_id": ID, "message": "x"}
    store(make_event(project, payload | {"event_id": "0" * 31 + "1"}))
    sampled = make_event(project, payload, sample_per_hour=1)
    sampled.packed = None
    store(sampled)
    assert "Counted only" in page(viewer, PROJECT)


def test_a_refused_event_tells_why_and_what_to_do(
    viewer: Client, project: Project
) -> None:
    memory = Fates()
    now = datetime.now(UTC)
    memory.remember(project.pk, ID, Outcome.RATE_LIMITED, "key", now)
    memory.write()
    told = page(viewer, PROJECT)
    assert "The rate limit of the key was reached." in told
    assert "Raise the limit" in told


def append(*projects: Project) -> None:
    """Puts a request with the id into the queue for each project."""

    async def run() -> None:
        edge = Valkey(settings.REDIS_URL)
        for project in projects:
            await Appender(edge).append(make_entry(project, {"event_id": ID}))
        await edge.close()

    asyncio.run(run())


def test_an_event_that_waits_is_found_in_the_queue(
    viewer: Client, project: Project, store: redis.Redis
) -> None:
    append(project)
    assert "it waits to be digested" in page(viewer, PROJECT)


def test_the_whole_queue_is_searched(project: Project, store: redis.Redis) -> None:
    other = make_project("web")
    append(*[other] * 120, project, other)
    assert len(find_waiting([project.pk], ID)) == 1
    assert len(find_waiting([other.pk, project.pk], ID)) == 122
    assert find_waiting([project.pk], "0" * 32) == []


def test_an_event_that_was_set_aside_shows_its_reason(
    viewer: Client, project: Project
) -> None:
    entry = set_aside(project, event_id=ID, reason="ValueError: <b>")
    told = page(viewer, PROJECT)
    assert "ValueError: &lt;b&gt;" in told
    assert f"/poison/{entry.pk}/" not in told
    admin = client_of(project.organization, Role.ADMIN)
    assert f"/poison/{entry.pk}/" in page(admin, PROJECT)


def test_an_id_that_never_came_gets_help(viewer: Client) -> None:
    assert "Never seen" in page(viewer, PROJECT)


@pytest.mark.parametrize("asked", ["hello", "f" * 31, "g" * 32, "\0" * 32, "é" * 200])
def test_what_is_no_id_is_said_to_be_none(viewer: Client, asked: str) -> None:
    assert "That is no event id" in page(viewer, PROJECT, asked)


def test_without_the_queue_the_page_says_what_it_does_not_know(
    viewer: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_issue(project, event_id=ID)
    away = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(valkey, "blocking", lambda: away)
    told = page(viewer, PROJECT)
    assert "Stored" in told
    assert "The queue cannot be reached just now" in told


def test_other_organizations_events_are_never_seen(
    viewer: Client, project: Project
) -> None:
    theirs = make_project("theirs")
    make_issue(theirs, event_id=ID)
    memory = Fates()
    now = datetime.now(UTC)
    memory.remember(theirs.pk, ID, Outcome.FILTERED, "localhost", now)
    memory.write()
    set_aside(theirs, event_id=ID)
    append(theirs)
    for path in (PROJECT, ORGANIZATION):
        assert "Never seen" in page(viewer, path)
    stranger = client_of(theirs.organization)
    assert stranger.get(PROJECT).status_code == 404
    assert stranger.get(ORGANIZATION).status_code == 404


def test_an_event_of_a_deleted_issue_says_so(viewer: Client, project: Project) -> None:
    issue = make_issue(project, event_id=ID)
    Issue.objects.filter(pk=issue.pk).delete()
    assert "Its issue was deleted." in page(viewer, PROJECT)


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/o/acme/p/shop/", PROJECT), ("/o/acme/issues/", ORGANIZATION)],
)
def test_the_list_leads_here_where_it_finds_no_event(
    viewer: Client, project: Project, path: str, leads_to: str
) -> None:
    make_issue(project)
    found = viewer.get(path, {"q": str(uuid.UUID(ID))}).content.decode()
    assert f'href="{leads_to}?id={uuid.UUID(ID)}"' in found
