"""The report dialog: a script for any page, and where its form goes."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
import redis
from django.test import Client

from ingest import digest
from ingest.counting import NAME
from issues.models import UserReport
from projects.models import Project
from projects.services import dsn_of
from tests.factories import make_event, make_payload, make_project, store

ADDRESS = "/api/embed/error-page/"
EVENT_ID = "a" * 32
SAID = {"name": "Ann", "email": "ann@example.com", "comments": "It broke"}
ORIGIN = {"origin": "https://shop.example"}
ATTACK = "</script><script>alert(1)//\u2028'\"`${1}&<!--"


def at(project: Project, **fields: str) -> str:
    key = project.keys.select_related("project").get()
    return f"{ADDRESS}?{urlencode({'dsn': dsn_of(key), 'eventId': EVENT_ID, **fields})}"


def config_of(script: str) -> dict[str, Any]:
    """What the script was given."""
    found = re.search(r"\}\)\((\{.*\})\);\s*$", script)
    assert found is not None
    config: dict[str, Any] = json.loads(found[1])
    return config


def test_the_script_holds_the_texts_that_the_page_asks_for(
    client: Client, project: Project
) -> None:
    answer = client.get(at(project, name="Ann", title="Oops"), headers=ORIGIN)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer["Cache-Control"] == "no-store"
    config = config_of(answer.content.decode())
    assert (config["name"], config["texts"]["title"]) == ("Ann", "Oops")
    assert config["texts"]["labelComments"] == "What happened?"


@pytest.mark.parametrize("name", ["name", "email", "title", "labelSubmit", "lang", "x"])
def test_nothing_of_the_address_becomes_code(
    client: Client, project: Project, name: str
) -> None:
    script = client.get(at(project, **{name: ATTACK})).content.decode()
    assert "</script" not in script
    assert "<!--" not in script
    assert "\u2028" not in script
    # All of it is one expression, in which the attack is text.
    config_of(script)


def test_texts_are_bounded(client: Client, project: Project) -> None:
    fields = {"title": "x" * 50_000, "name": "y" * 50_000}
    config = config_of(client.get(at(project, **fields)).content.decode())
    assert (len(config["texts"]["title"]), len(config["name"])) == (500, 128)


@pytest.mark.parametrize(
    ("asked", "accepted", "shown"),
    [
        ("", "zh-CN,zh;q=0.9", "发送报告"),
        ("zh", "en", "发送报告"),
        ("en", "zh-CN", "Send report"),
        ("tlh", "zh-CN", "发送报告"),
        ("", "fr", "Send report"),
    ],
)
def test_it_speaks_the_readers_language(
    client: Client, project: Project, asked: str, accepted: str, shown: str
) -> None:
    headers = {"accept-language": accepted}
    answer = client.get(at(project, lang=asked), headers=headers)
    config = config_of(answer.content.decode())
    assert config["texts"]["labelSubmit"] == shown


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_an_event_there_is_nothing_to_say(
    client: Client, project: Project, method: str
) -> None:
    for event_id in ("", "nonsense", "0" * 32):
        answer = getattr(client, method)(at(project, eventId=event_id))
        assert answer.status_code == 400
        assert "eventId" in answer.json()["errors"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_dsn_that_opens_nothing_is_not_found(
    client: Client, project: Project, method: str
) -> None:
    key = project.keys.select_related("project").get()
    other = make_project()
    dsns = [
        "",
        "nonsense",
        f"http://{'f' * 32}@localhost/{project.pk}",
        dsn_of(key).replace(f"/{project.pk}", f"/{other.pk}"),
    ]
    for dsn in dsns:
        answer = getattr(client, method)(at(project, dsn=dsn), headers=ORIGIN)
        assert answer.status_code == 404
        assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    project.keys.update(is_active=False)
    assert getattr(client, method)(at(project)).status_code == 404


def test_what_is_said_finds_its_event(client: Client, project: Project) -> None:
    event = make_event(project, make_payload())
    store(event)
    address = at(project, eventId=str(event.event_id))
    answer = client.post(address, SAID, headers=ORIGIN)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    digest.drain(0)
    report = UserReport.objects.get()
    assert (report.name, report.email, report.comments) == tuple(SAID.values())
    assert report.issue is not None


def test_a_form_with_gaps_is_refused_and_counted(
    client: Client, project: Project, store: redis.Redis
) -> None:
    answer = client.post(at(project), {"name": "Ann", "email": "ann", "comments": ""})
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert errors == {
        "email": ["Enter a valid email address."],
        "comments": ["This field is required."],
    }
    digest.drain(0)
    assert not UserReport.objects.exists()
    counted: Any = store.hgetall(NAME)
    assert [field.decode().split(":", 3)[3] for field in counted] == [
        "feedback:invalid:form"
    ]


def test_said_twice_is_one_report(client: Client, project: Project) -> None:
    for _ in range(2):
        assert client.post(at(project), SAID).status_code == 200
    digest.drain(0)
    assert UserReport.objects.count() == 1


def test_a_full_queue_says_when_to_come_again(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(redis.Redis, "eval", fail)
    answer = client.post(at(project), SAID)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"


def test_browsers_may_ask_beforehand(client: Client) -> None:
    answer = client.options(ADDRESS, headers=ORIGIN)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "Origin" in answer["Vary"]


def test_a_missing_slash_is_no_redirect(client: Client, project: Project) -> None:
    address = at(project).replace("page/?", "page?")
    assert client.get(address).status_code == 200
    assert client.post(address, SAID).status_code == 200


def test_no_cookie_and_no_token_is_needed(project: Project) -> None:
    strict = Client(enforce_csrf_checks=True)
    address = at(project, eventId=uuid.uuid4().hex)
    assert strict.post(address, SAID).status_code == 200
