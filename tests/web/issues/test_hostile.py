"""Whatever an event holds, pages show it as text."""

from __future__ import annotations

import base64
import gzip
import html
import random
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from ingest.eventjson import decode_event
from issues.models import Issue
from issues.shortid import encode
from projects.models import Project
from tests.corpus import Recorded
from tests.factories import make_event, make_exception, make_payload, store
from tests.replay import error_requests, payload_of

ATTACK = "<script>alert(1)</script>\"' onload=x \u202e {{ 7|add:7 }} ${7*7}"
PAGES = (
    *("", "?raw=1", "?raw=0", "?crumbs=type:<script>alert(1)</script>"),
    *("tags/", "events/", "peek/", "similar/", "compare/"),
    *("users/", "releases/", "tags/?key=region", "?graph=90d"),
    "events/latest/markdown/",
)


def hostile_payload() -> dict[str, Any]:
    """The attack in every place that pages show."""
    frame = {
        "filename": ATTACK,
        "function": ATTACK,
        "module": ATTACK,
        "context_line": ATTACK,
        "pre_context": [ATTACK],
        "lineno": 3,
        "in_app": True,
        "vars": {ATTACK: ATTACK},
    }
    exception = {
        "type": ATTACK,
        "value": ATTACK,
        "mechanism": {"type": ATTACK, "handled": False},
        "stacktrace": {"frames": [frame, {**frame, "in_app": False}]},
    }
    return make_payload(
        exception={"values": [exception, exception]},
        message=ATTACK,
        transaction=ATTACK,
        release=ATTACK[:50],
        environment="<b>env</b>",
        server_name=ATTACK,
        logger=ATTACK[:60],
        tags={"region": ATTACK, "<i>key</i>": "x"},
        user={"id": ATTACK, "name": ATTACK, ATTACK: ATTACK},
        request={
            "url": "javascript:alert(1)",
            "headers": {ATTACK: ATTACK},
            "data": ATTACK,
        },
        breadcrumbs=[{"category": ATTACK, "message": ATTACK, "data": {ATTACK: ATTACK}}],
        contexts={ATTACK: {ATTACK: ATTACK}, "runtime": {"name": ATTACK}},
        extra={ATTACK: {ATTACK: [ATTACK]}},
        modules={ATTACK: ATTACK},
        sdk={"name": ATTACK, "version": ATTACK, "integrations": [ATTACK]},
        fingerprint=[ATTACK],
        unknown_attribute=ATTACK,
    )


def test_no_field_of_an_event_becomes_markup(project: Project, member: Client) -> None:
    stored = store(make_event(project, hostile_payload()))
    issue = Issue.objects.get(pk=stored.new_issues[0])
    home = f"/o/acme/p/shop/issues/{issue.number}/"
    for at in ("/o/acme/p/shop/", "/o/acme/issues/", *(home + rest for rest in PAGES)):
        answer = member.get(at)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "\u202e" not in text
        if answer["Content-Type"].startswith("text/html"):
            assert "<script>alert" not in text
            assert "<b>env" not in text
            assert 'href="javascript:' not in text
            assert "14" not in re.findall(r"\{\{ (\w+)", text)
            assert html.escape("<script>alert(1)</script>") in text


@pytest.mark.parametrize("size", [1, 400_000])
def test_a_line_of_any_length(project: Project, member: Client, size: int) -> None:
    payload = make_payload(message="x" * size, exception=None, extra={"a": "y" * size})
    stored = store(make_event(project, payload))
    issue = Issue.objects.get(pk=stored.new_issues[0])
    body = member.get(f"/o/acme/p/shop/issues/{issue.number}/").content
    assert len(body) < 120 * 1024


def test_two_hostile_issues_side_by_side(project: Project, member: Client) -> None:
    for words in ("a", "b"):
        store(make_event(project, hostile_payload() | {"fingerprint": [words, ATTACK]}))
    one, other = Issue.objects.filter(project=project).order_by("number")
    at = f"/o/acme/p/shop/issues/{one.number}/compare/"
    answer = member.get(at, {"with": encode("shop", other.number), "parts": "all"})
    text = answer.content.decode()
    assert "The parts of both groupings" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_control_characters_are_written_out(project: Project, member: Client) -> None:
    mean = "a\x00b\u202ec\x1b[31m\u2066d"
    payload = make_payload(
        exception={"values": [make_exception("E" + mean, mean, mean)]},
        breadcrumbs=[{"category": mean, "message": mean, "data": {mean: mean}}],
        request={"url": "https://x.example/", "headers": {"X-A": mean}, "data": mean},
        extra={mean: [{mean: mean}] * 9},
    )
    stored = store(make_event(project, payload))
    issue = Issue.objects.get(pk=stored.new_issues[0])
    for rest in PAGES:
        at = f"/o/acme/p/shop/issues/{issue.number}/{rest}"
        text = member.get(at).content.decode()
        assert not re.search("[\x00\x1b\u202e\u2066]", text), rest


def test_a_trace_of_any_size_makes_a_page_within_its_budget(
    project: Project, member: Client
) -> None:
    exception = make_exception()
    calls = exception["stacktrace"]["frames"]
    exception["stacktrace"]["frames"] = [
        {
            **calls[0],
            "function": f"f{i}",
            "vars": {f"v{j}": f"{i * j} " * 60 for j in range(9)},
        }
        for i in range(60)
    ]
    values = [{**exception, "type": f"E{i}"} for i in range(6)]
    stored = store(make_event(project, make_payload(exception={"values": values})))
    issue = Issue.objects.get(pk=stored.new_issues[0])
    body = member.get(f"/o/acme/p/shop/issues/{issue.number}/").content
    assert b"this trace is very large" in body
    assert len(gzip.compress(body, 6)) <= 100 * 1024
    assert len(body) <= 600 * 1024


def test_what_no_compression_helps_makes_a_page_within_its_budget(
    project: Project, member: Client
) -> None:
    dice = random.Random(7)

    def noise(size: int) -> str:
        return base64.b64encode(dice.randbytes(size)).decode()

    frames = [{"function": "f", "context_line": noise(200), "vars": {"a": noise(900)}}]
    payload = make_payload(
        exception={
            "values": [
                {"type": "E", "value": noise(900), "stacktrace": {"frames": frames}}
                for _ in range(100)
            ]
        },
        breadcrumbs=[{"message": noise(900)} for _ in range(100)],
        extra={f"k{i}": noise(90) for i in range(500)},
        contexts={f"c{i}": {"a": noise(300)} for i in range(200)},
    )
    stored = store(make_event(project, payload))
    issue = Issue.objects.get(pk=stored.new_issues[0])
    body = member.get(f"/o/acme/p/shop/issues/{issue.number}/").content
    assert len(gzip.compress(body, 6)) <= 130 * 1024


def test_every_page_shows_what_real_clients_sent(
    project: Project, member: Client
) -> None:
    """The corpus of recorded requests, one issue for each title and platform."""
    store(*(make_event(project, sent(request)) for request in error_requests()))
    issues = Issue.objects.filter(project=project).distinct("title", "platform")
    assert len(issues) > 20
    for number in issues.values_list("number", flat=True):
        home = f"/o/acme/p/shop/issues/{number}/"
        for rest in ("?raw=0", "?raw=1", "events/latest/markdown/"):
            assert member.get(home + rest).status_code == 200, (number, rest)


def sent(request: Recorded) -> dict[str, Any]:
    payload = decode_event(payload_of(request)[0])
    assert isinstance(payload, dict)
    return {"event_id": uuid.uuid4().hex, **payload}
