"""Every envelope, event and report of the corpus, byte for byte over HTTP."""

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
from tests.e2e.reading import Others, Stored, stored_events, stored_others
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

# Those of which an item is one record.
_CATEGORIES = {
    "session": "session",
    "sessions": "session",
    "attachment": "attachment",
    "feedback": "feedback",
    "user_report": "feedback",
    "check_in": "monitor",
    "client_report": "internal",
    "transaction": "transaction",
}

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


@pytest.fixture(scope="module")
def others(running: Service, answers: Answers) -> Others:
    return stored_others(running.data)


def test_every_request_is_accepted(answers: Answers) -> None:
    refused = {one.file: status for one, status, _ in answers if status != 200}
    assert not refused


def test_chunked_bodies_are_among_them(answers: Answers) -> None:
    assert any(one.chunks for one, _, _ in answers)


def test_every_error_event_is_stored_under_the_id_answered(
    answers: Answers, stored: dict[str, Stored]
) -> None:
    wanted = {answer["id"] for one, _, answer in answers if one.expected["event"]}
    assert wanted == {event_id for event_id, one in stored.items() if _is_sent(one)}
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


def test_every_report_of_a_browser_is_an_event(
    answers: Answers, stored: dict[str, Stored]
) -> None:
    told = [
        report for one, _, _ in answers for report in one.expected.get("reports") or ()
    ]
    payloads = [one.payload or {} for one in stored.values()]
    seen = [payload["csp"] for payload in payloads if "csp" in payload]
    assert Counter((one["directive"], one["blocked"]) for one in told) == Counter(
        (one["effective_directive"], one["blocked_uri"]) for one in seen
    )


def test_every_file_is_kept_with_its_event(answers: Answers, others: Others) -> None:
    wanted = {
        (answer["id"], item["filename"], item["bytes"])
        for one, _, answer in answers
        for item in _items(one, "attachment")
    }
    assert set(others.files) == wanted


def test_everything_that_users_said_is_kept(answers: Answers, others: Others) -> None:
    said = [item for one, _, _ in answers for item in _items(one, "user_report")]
    wanted = {(item["event_id"], item["comments"]) for item in said}
    for one, _, _ in answers:
        for item in _items(one, "feedback"):
            wanted.add((item["associated_event_id"], item["message"]))
    assert {(about, text) for about, text, _ in others.reports} == wanted


def test_every_session_went_as_its_worst_update(
    answers: Answers, others: Others
) -> None:
    updates: dict[str, set[str]] = {}
    for one, _, _ in answers:
        for item in _items(one, "session"):
            sid = item["sid"].replace("-", "")
            updates.setdefault(sid, set()).add(item["status"])
    found = dict(others.sessions)
    assert found.keys() == updates.keys()
    for health in ("crashed", "unhandled"):
        assert {sid for sid in found if found[sid] == health} == {
            sid for sid, seen in updates.items() if health in seen
        }


def test_every_release_that_events_name_is_known(
    answers: Answers, others: Others
) -> None:
    events = [one.expected["event"] for one, _, _ in answers]
    named = {event["release"] for event in events if event and event.get("release")}
    assert {name.strip() for name in named} <= set(others.releases)


def test_every_run_of_a_configured_monitor_is_kept(
    answers: Answers, stored: dict[str, Stored], others: Others
) -> None:
    check_ins = [item for one, _, _ in answers for item in _items(one, "check_in")]
    configured = {item["monitor"] for item in check_ins if item.get("monitor_config")}
    assert {slug for slug, _ in others.runs} == configured
    failed = [status for _, status in others.runs if status == "error"]
    events = [one for one in stored.values() if one.issue["type"] == "Failed check-in"]
    assert len(events) == len(failed)


def test_every_item_is_counted(answers: Answers, others: Others) -> None:
    sent = Counter(
        _CATEGORIES[item["type"]]
        for one, _, _ in answers
        for item in one.expected.get("items") or ()
        if item["type"] in _CATEGORIES
    )
    counted: Counter[str] = Counter()
    for category, outcome, count in others.counts:
        if outcome != "client_discard" and category in sent:
            counted[category] += count
    assert counted == sent


def test_counts_agree_with_what_is_stored(
    running: Service, stored: dict[str, Stored]
) -> None:
    store = Store(running.data)
    assert store.number("SELECT sum(event_count) FROM issues_issuestate") == len(stored)
    store.close()
    done = service.run("repair", "--dry-run", "--json", data=running.data)
    assert json.loads(done.stdout)["differences"] == 0


def _items(one: Recorded, kind: str) -> list[dict[str, Any]]:
    return [item for item in one.expected.get("items") or () if item["type"] == kind]


def _is_sent(one: Stored) -> bool:
    """Whether it came as an error, not as a report or out of a failed check-in."""
    if one.issue["type"] == "Failed check-in":
        return False
    return one.issue["kind"] in ("error", "default")


def _is_ours(one: Recorded) -> bool:
    return one.expected["endpoint"] in ("envelope", "store", "security")


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
