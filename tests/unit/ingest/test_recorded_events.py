"""Events of real clients, decoded, normalised, scrubbed, grouped and named."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from ingest.normalise.times import instant
from issues.event import Event, Frame
from issues.titles import UNLABELED
from tests.corpus import Recorded
from tests.replay import error_requests, replay

FRAMES_MAX = 250
BREADCRUMBS_MAX = 100
TITLE_CHARS = 90

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

BY_CLIENT: dict[str, list[Recorded]] = {}
for each in error_requests():
    BY_CLIENT.setdefault(each.file.partition("/")[0], []).append(each)


def storable(value: Any) -> Any:
    """What a client sent, without NUL and with U+FFFD for half characters."""
    if not isinstance(value, str):
        return value
    return _UNSTORABLE.sub("\ufffd", value.replace("\x00", ""))


def frames_of(event: Event) -> list[Frame]:
    """The frames that the index tells of."""
    if "exception" in event:
        holder: Any = event["exception"]["values"][-1]
    elif "stacktrace" in event or "threads" not in event:
        holder = event
    else:
        holder = event["threads"]["values"][0]
    frames: list[Frame] = holder.get("stacktrace", {}).get("frames", [])
    return frames


def found_in(event: Event) -> dict[str, Any]:
    """The event in the words of the corpus's index."""
    frames = frames_of(event)
    values = event["exception"]["values"] if "exception" in event else []
    crumbs = event["breadcrumbs"]["values"] if "breadcrumbs" in event else []
    return {
        "event_id": event["event_id"],
        "level": event["level"],
        "exceptions": len(values),
        "frames": len(frames),
        "breadcrumbs": len(crumbs),
        "user_id": event.get("user", {}).get("id"),
        "release": event.get("release"),
        "environment": event.get("environment"),
        "in_app_frames": sum(frame.get("in_app") is True for frame in frames),
    }


def wanted_of(expected: dict[str, Any]) -> dict[str, Any]:
    capped = {
        "frames": min(expected["frames"], FRAMES_MAX),
        "breadcrumbs": min(expected["breadcrumbs"], BREADCRUMBS_MAX),
        "in_app_frames": min(expected["in_app_frames"], FRAMES_MAX),
    }
    usual = {"release": None, "environment": None, "user_id": None}
    names = ("event_id", "level", "exceptions", "user_id", "release", "environment")
    sent = {name: expected[name] for name in names if name in expected}
    return {**usual, **sent, **capped}


def check(request: Recorded) -> None:
    expected = request.expected["event"]
    replayed = replay(request)
    event, shown = replayed.event, replayed.description
    wanted = wanted_of(expected)
    if wanted["event_id"] is None:
        wanted["event_id"] = event["event_id"]
    assert found_in(event) == wanted
    assert shown.type == (expected["type"] or "")
    check_title(shown.title, expected)
    if expected["platform"]:
        assert event["platform"] == expected["platform"]
    if expected.get("timestamp"):
        moment = instant(expected["timestamp"])
        assert event["timestamp"] == pytest.approx(moment, abs=0.001)
    check_details(event, expected)
    assert len(replayed.grouping.hashes[0]) == 16
    assert replayed.grouping.parts
    orjson.dumps([event, replayed.grouping.parts_as_json(), shown.metadata])


def check_title(title: str, expected: dict[str, Any]) -> None:
    if expected["title"] is None:
        assert title == UNLABELED
    elif not expected.get("params_unformatted"):
        assert title[:TITLE_CHARS] == storable(expected["title"])[:TITLE_CHARS]


def check_details(event: Event, expected: dict[str, Any]) -> None:
    for name in ("logger", "dist", "server_name", "transaction"):
        assert event.get(name) == expected.get(name)
    if expected.get("last_frame"):
        last = frames_of(event)[-1]
        names = ("filename", "function", "lineno", "colno")
        found = [last.get(name) for name in names]
        assert found == expected["last_frame"]
    if expected.get("fingerprint"):
        assert event["fingerprint"] == [str(part) for part in expected["fingerprint"]]
    if expected.get("request"):
        method, url = expected["request"]
        assert event["request"].get("method") == method
        assert event["request"]["url"] == re.split("[?#]", url)[0]


@pytest.mark.parametrize("client", BY_CLIENT)
def test_every_recorded_event_is_what_it_should_be(client: str) -> None:
    for request in BY_CLIENT[client]:
        check(request)
