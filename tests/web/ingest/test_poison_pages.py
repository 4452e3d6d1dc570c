"""What was set aside is shown to those who can do something about it."""

from __future__ import annotations

import gzip
import json

import pytest
import redis
from django.test import Client

from ingest import fates
from ingest.models import PoisonEntry
from ingest.waiting import find_waiting
from projects import valkey
from projects.models import Project, Role
from tests.factories import make_payload, make_project, set_aside
from tests.people import client_of

LIST = "/o/acme/ingest/poison/"
HOSTILE = "<script>alert(1)</script>\u202e"


def body(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_entries_are_listed_latest_first(admin: Client, project: Project) -> None:
    ids = [set_aside(project, event_id=f"{n:032x}").pk for n in range(52)]
    first = body(admin, LIST)
    assert first.index(f"/poison/{ids[-1]}/") < first.index(f"/poison/{ids[-2]}/")
    assert f"/poison/{ids[0]}/" not in first
    assert f"/poison/{ids[0]}/" in body(admin, f"{LIST}?before={ids[2]}")


def test_an_entry_is_shown_without_its_markup(admin: Client, project: Project) -> None:
    sent = gzip.compress(f'{{"message":"{HOSTILE}"}}'.encode())
    fields = {"kind": "store", "encoding": "gzip", "client": HOSTILE}
    entry = set_aside(project, sent, fields=fields, reason=f"ValueError: {HOSTILE}")
    shown = body(admin, f"{LIST}{entry.pk}/")
    assert HOSTILE not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;U+202E") == 3


def test_of_a_long_body_the_beginning_is_shown(admin: Client, project: Project) -> None:
    entry = set_aside(project, b"x" * 100_000)
    shown = body(admin, f"{LIST}{entry.pk}/")
    assert "Only the beginning is shown." in shown
    assert len(shown) < 40_000


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        (gzip.compress(b"\0" * 2**24), "gzip"),
        (b"\xff\xfe", "gzip"),
        (b"x", "unheard-of"),
    ],
)
def test_a_body_that_cannot_be_opened_is_not(
    admin: Client, project: Project, sent: bytes, encoding: str
) -> None:
    entry = set_aside(project, sent, fields={"encoding": encoding})
    assert "The body cannot be opened here" in body(admin, f"{LIST}{entry.pk}/")


def test_an_organization_without_any_says_so(admin: Client) -> None:
    assert "Nothing is set aside" in body(admin, LIST)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)],
)
def test_only_who_manages_may_look(project: Project, role: str, status: int) -> None:
    entry = set_aside(project)
    client = client_of(project.organization, role)
    assert client.get(LIST).status_code == status
    assert client.get(f"{LIST}{entry.pk}/").status_code == status


def test_strangers_see_nothing(admin: Client, project: Project) -> None:
    theirs = make_project("theirs")
    entry = set_aside(theirs)
    assert f"/poison/{entry.pk}/" not in body(admin, LIST)
    assert admin.get(f"{LIST}{entry.pk}/").status_code == 404
    stranger = client_of(theirs.organization)
    assert stranger.get(LIST).status_code == 404
    assert stranger.get(f"{LIST}{entry.pk}/").status_code == 404


def change(client: Client, entry: PoisonEntry, do: str) -> int:
    path = f"{LIST}{entry.pk}/change/"
    return client.post(path, {"do": do}).status_code


def test_an_entry_is_tried_again(admin: Client, project: Project) -> None:
    payload = make_payload()
    sent = json.dumps(payload).encode()
    entry = set_aside(project, sent, event_id=payload["event_id"])
    assert change(admin, entry, "retry") == 302
    assert PoisonEntry.objects.count() == 0
    (waiting,) = find_waiting([project.pk], payload["event_id"])
    assert waiting.received_at == entry.received_at


def test_an_entry_is_dropped_and_its_fate_remembered(
    admin: Client, project: Project
) -> None:
    entry = set_aside(project)
    assert change(admin, entry, "drop") == 302
    assert PoisonEntry.objects.count() == 0
    (fate,) = fates.find(project.pk, entry.event_id)
    assert (fate.outcome, fate.reason) == ("invalid", "dropped")


def test_what_means_nothing_changes_nothing(admin: Client, project: Project) -> None:
    entry = set_aside(project)
    assert change(admin, entry, "eat") == 302
    assert admin.get(f"{LIST}{entry.pk}/change/").status_code == 405
    assert PoisonEntry.objects.count() == 1


def test_all_of_the_organization_are_tried_again(
    admin: Client, project: Project
) -> None:
    theirs = set_aside(make_project("theirs"))
    for _ in range(3):
        set_aside(project)
    answer = admin.post(f"{LIST}retry/", follow=True)
    assert b"3 entries are tried again" in answer.content
    assert PoisonEntry.objects.get() == theirs


def test_without_the_queue_nothing_is_lost(
    admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = set_aside(project)
    away = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(valkey, "blocking", lambda: away)
    answer = admin.post(f"{LIST}{entry.pk}/change/", {"do": "retry"}, follow=True)
    assert b"The queue cannot be reached just now." in answer.content
    assert PoisonEntry.objects.get() == entry


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_only_who_manages_may_change_anything(project: Project, role: str) -> None:
    entry = set_aside(project)
    client = client_of(project.organization, role)
    assert change(client, entry, "drop") == 403
    assert client.post(f"{LIST}retry/").status_code == 403
    stranger = client_of(make_project("theirs").organization)
    assert change(stranger, entry, "drop") == 404
    assert stranger.post(f"{LIST}retry/").status_code == 404
    assert PoisonEntry.objects.get() == entry
