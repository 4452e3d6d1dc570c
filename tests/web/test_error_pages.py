"""The pages for when something is wrong, which need nothing to be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import get_template
from django.test import Client
from pytest_django import DjangoDbBlocker

from projects.models import Role
from tests.factories import make_organization, make_project
from tests.people import client_of


def test_the_page_of_a_crash_asks_neither_request_nor_database() -> None:
    html = get_template("500.html").render()
    assert "Something broke on our side" in html


def test_pages_tell_when_the_database_is_away(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
        answer = client.get("/profile/")
        connection.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Events are still accepted" in answer.content.decode()


@pytest.mark.django_db
def test_strangers_and_members_meet_the_same_page_of_nothing(client: Client) -> None:
    project = make_project("shop", organization=make_organization("acme"))
    member = client_of(project.organization, Role.MEMBER)
    for who in (client, member):
        answer = who.get("/nowhere/at/all")
        assert answer.status_code == 404
        assert "nothing at this address" in answer.content.decode()


@pytest.mark.django_db
def test_a_refusal_says_what_is_missing() -> None:
    project = make_project("shop", organization=make_organization("acme"))
    viewer = client_of(project.organization, Role.VIEWER)
    answer = viewer.post("/o/acme/issues/update/", {"do": "resolve"})
    assert answer.status_code == 403
    assert "viewers can only read" in answer.content.decode()
