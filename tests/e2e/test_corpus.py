"""Every envelope and store request of the corpus, byte for byte over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections import Counter
from typing import Any

import pytest

from tests.bench.probes import Store
from tests.corpus import PROJECT_ID, PUBLIC_KEY, Recorded, recorded
from tests.e2e import service
from tests.e2e.reading import Stored, stored_events
from tests.e2e.service import Service

pytestmark = pytest.mark.slow

# Of a deeper stack the middle is left out.
_MAX_FRAMES = 250
# What a key of a tag may be; one of the corpus has other characters.
_TAG_KEY = re.compile(r"[\w.:-]+")
_MAKE_KEY = f"""
from projects.models import ProjectKey
ProjectKey.objects.create(project_id={PROJECT_ID}, public_key="{PUBLIC_KEY}")
"""

Answers = list[tuple[Recorded, int, dict[str, Any]]]


@pytest.fixture(scope="module")
def answers(running: Service) -> Answers:
    """What each request was answered, once all of them are digested."""
    made = service.run("shell", "--command", _MAKE_KEY, data=running.data)
    assert made.returncode == 0, made.stderr
    host, port = running.url.removeprefix("http://").split(":")
    requests = [one for one in recorded() if _is_ours(one)]
    assert len(requests) > 20
    answers = [(one, *_send(one, (host, int(port)))) for one in requests]
    store = Store(running.data)
    store.wait_until_digested()
    store.close()
    return answers


@pytest.fixture(scope="module")
def stored(running: Service, answers: Answers) -> dict[str, Stored]:
    return stored_events(running.data)


def test_every_request_is_accepted(answers: Answers) -> None:
    refused = {one.file: status for one, status, _ in answers if status != 200}
    assert not refused


def test_chunked_bodies_are_among_them(answers: Answers) -> None:
    assert any(one.chunks for one, _, _ in answers)


def test_every_error_event_is_stored_under_the_id_answered(
    answers: Answers, stored: dict[str, Stored]
) -> None:
    wanted = {answer["id"] for one, _, answer in answers if one.expected["event"]}
    assert wanted == set(stored)
    for one, _, answer in answers:
        if one.expected["event"] and (told := _id_of(one)):
            assert answer["id"] == told, one.file


def test_every_expectation_of_the_index_is_met(
    answers: Answers, stored: dict[str, Stored]
) -> None:
    # Two requests share an id: the first of them is stored.
    first: dict[str, Recorded] = {}
    for one, _, answer in answers:
        if one.expected["event"]:
            first.setdefault(answer["id"], one)
    wrong = [
        (one.file, name, found, wanted)
        for event_id, one in first.items()
        for name, found, wanted in _differences(stored[event_id], one.expected)
    ]
    fields = Counter(name for _, name, _, _ in wrong)
    assert not wrong, f"{fields}\n" + "\n".join(str(one)[:300] for one in wrong)


def test_counts_agree_with_what_is_stored(
    running: Service, stored: dict[str, Stored]
) -> None:
    store = Store(running.data)
    assert store.number("SELECT sum(event_count) FROM issues_issuestate") == len(stored)
    store.close()
    done = service.run("repair", "--dry-run", "--json", data=running.data)
    assert json.loads(done.stdout)["differences"] == 0


def _is_ours(one: Recorded) -> bool:
    return one.expected["endpoint"] in ("envelope", "store")


def _send(one: Recorded, address: tuple[str, int]) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer to the recorded bytes."""
    with socket.create_connection(address, timeout=10) as link:
        link.sendall(_as_sent(one))
        answer = http.client.HTTPResponse(link, method=one.method)
        answer.begin()
        body = answer.read()
    return answer.status, json.loads(body) if body.startswith(b"{") else {}


def _as_sent(one: Recorded) -> bytes:
    head = [f"{one.method} {one.target} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in one.headers]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + _body_as_sent(one)


def _body_as_sent(one: Recorded) -> bytes:
    if not one.chunks:
        return one.body
    pieces, start = [], 0
    for size in one.chunks:
        pieces.append(b"%x\r\n%b\r\n" % (size, one.body[start : start + size]))
        start += size
    assert start == len(one.body)
    return b"".join([*pieces, b"0\r\n\r\n"])


def _id_of(one: Recorded) -> str:
    """The envelope header's id wins over the event's own."""
    told = one.expected.get("envelope_event_id") or one.expected["event"]["event_id"]
    return (told or "").replace("-", "")


def _differences(found: Stored, expected: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, found, wanted) of what was not got out of the event."""
    assert found.payload is not None
    seen, wanted = _seen(found, found.payload), _normalised(expected["event"])
    seen["tags"] = {name: found.tags.get(name) for name in wanted.get("tags", ())}
    return [
        (name, seen[name], wanted[name])
        for name in seen
        if name in wanted and not _agree(seen[name], wanted[name])
    ]


def _normalised(event: dict[str, Any]) -> dict[str, Any]:
    """The expectation with what a server puts in order."""
    wanted = {
        **event,
        "platform": event["platform"] or "other",
        "title": event["title"] or "<unlabeled event>",
        "frames": min(event["frames"], _MAX_FRAMES),
    }
    if event.get("tags"):
        wanted["tags"] = {
            name: str(value)
            for name, value in event["tags"].items()
            if _TAG_KEY.fullmatch(name)
        }
    if event.get("request"):
        method, url = event["request"]
        wanted["request"] = [method, url and url.partition("?")[0].partition("#")[0]]
    if "fingerprint" in event:
        wanted["fingerprint"] = [str(one) for one in event["fingerprint"]]
    if event.get("params_unformatted"):
        # The index has the template, and leaves it to us to fill it in.
        del wanted["title"], wanted["message"]
    return {
        name: _clean(value) if isinstance(value, str) else value
        for name, value in wanted.items()
    }


def _clean(text: str) -> str:
    """Without what no database takes: NUL, and half a character."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")


def _seen(found: Stored, payload: dict[str, Any]) -> dict[str, Any]:
    """The stored event in the words of the index."""
    exceptions = payload.get("exception", {}).get("values", [])
    last = exceptions[-1] if exceptions else {}
    return {
        "title": found.title,
        "type": last.get("type"),
        "value": last.get("value"),
        "message": payload.get("logentry", {}).get("formatted"),
        "level": payload["level"],
        "platform": payload["platform"],
        "exceptions": len(exceptions),
        "request": [payload.get("request", {}).get(one) for one in ("method", "url")],
        "user_id": payload.get("user", {}).get("id"),
        "breadcrumbs": len(payload.get("breadcrumbs", {}).get("values", [])),
        **{
            name: payload.get(name)
            for name in (
                "release",
                "environment",
                "server_name",
                "transaction",
                "logger",
                "fingerprint",
                "dist",
            )
        },
        **_frames_of(payload, last),
    }


def _frames_of(payload: dict[str, Any], last: dict[str, Any]) -> dict[str, Any]:
    threads = payload.get("threads", {}).get("values", [])
    holders = (last, payload, threads[0] if threads else {})
    stacks = [one["stacktrace"] for one in holders if one.get("stacktrace")]
    frames = stacks[0]["frames"] if stacks else []
    if not frames:
        return {"frames": 0}
    place = frames[-1]
    return {
        "frames": len(frames),
        "last_frame": [
            place.get(name) for name in ("filename", "function", "lineno", "colno")
        ],
    }


def _agree(found: Any, wanted: Any) -> bool:
    """Nothing may stand as None or as an empty text; both cut long texts."""
    if isinstance(found, str) and isinstance(wanted, str):
        start, its_start = found.removesuffix("..."), wanted.removesuffix("...")
        is_cut = start != found or its_start != wanted
        size = min(len(start), len(its_start)) if is_cut else None
        return start[:size] == its_start[:size]
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(_agree(found[name], wanted[name]) for name in wanted)
    return (found or None) == (wanted or None)
