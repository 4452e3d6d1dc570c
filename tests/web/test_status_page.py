"""The page on which operators see how the service does."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from errtrack import heartbeat
from ingest import halts
from ingest.stream import names, shard_of
from issues import partitions
from projects import valkey
from projects.models import Membership, Project, Role
from tests.factories import make_organization, make_project, set_aside
from tests.people import client_of, make_user, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

STATUS = "/status/"


@pytest.fixture(autouse=True)
def _well(committed_db: None, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.SPOOL_DIR = tmp_path / "spool"
    heartbeat.give("worker")
    today = datetime.now(UTC).date()
    partitions.ensure([today, today + timedelta(days=1)])


@pytest.fixture
def project(_well: None) -> Project:
    return make_project("shop", organization=make_organization("acme"))


@pytest.fixture
def owner(project: Project) -> Client:
    return client_of(project.organization, Role.OWNER)


def shown(client: Client) -> str:
    answer = client.get(STATUS)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_service_that_is_well_says_so(owner: Client) -> None:
    page = shown(owner)
    assert "All is well" in page
    assert "b-err" not in page
    assert "PostgreSQL" in page


def test_what_the_checks_say_is_in_the_readers_language(owner: Client) -> None:
    heartbeat.give("worker")
    owner.cookies["django_language"] = "zh-hans"
    page = shown(owner)
    assert "今天和明天的分区已建立" in page
    assert "answers" not in page
    assert "秒前仍在运行" in page


def test_a_worker_that_is_away_shows(owner: Client) -> None:
    valkey.blocking().flushdb()
    page = shown(owner)
    assert "Failing" in page
    assert "Events are still accepted" in page


def test_a_halted_shard_shows(owner: Client) -> None:
    halts.note(0)
    assert "Halted" in shown(owner)
    halts.clear(0)


def test_what_was_set_aside_is_counted(owner: Client, project: Project) -> None:
    set_aside(project)
    assert '<b title="1">1</b>' in shown(owner)


def test_that_no_mail_leaves_is_said(owner: Client) -> None:
    assert "No mail leaves: ERRTRACK_MAIL_URL is not set" in shown(owner)


def test_the_mail_server_is_named(owner: Client, settings: Settings) -> None:
    settings.IS_MAIL_ON = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example", 587
    page = shown(owner)
    assert "mail.example:587" in page
    assert "No mail leaves" not in page
    assert "<dt>Waiting</dt><dd>0</dd>" in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.ADMIN])
def test_only_owners_may_see_it(project: Project, role: Role) -> None:
    assert client_of(project.organization, role).get(STATUS).status_code == 403


def test_owners_of_later_organizations_may_not(owner: Client) -> None:
    later = client_of(make_organization("later"), Role.OWNER)
    assert later.get(STATUS).status_code == 403


def test_a_superuser_may(project: Project) -> None:
    user = make_user()
    user.is_superuser = True
    user.save()
    assert signed_in(user).get(STATUS).status_code == 200


def test_pages_say_how_far_counts_are_behind(owner: Client, project: Project) -> None:
    path = "/o/acme/p/shop/overview/"
    assert "Counts are" not in owner.get(path).content.decode()
    stream = names(shard_of(project.pk)).stream
    three_minutes_ago_ms = int((time.time() - 180) * 1000)
    valkey.blocking().xadd(stream, {"head": b""}, id=f"{three_minutes_ago_ms}-1")
    page = owner.get(path).content.decode()
    assert "<b>Counts are 3 min behind</b>" in page
    assert f'href="{STATUS}"' in page
    assert Membership.objects.count() == 1
