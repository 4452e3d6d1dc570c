"""Shapes that are seldom sent are taken all the same, and bounded like all others."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ingest.eventjson import decode_event
from ingest.normalise.times import instant
from issues.event import Frame
from tests.unit.events import error, event_of


def notes_of(event: Any) -> list[str]:
    return [note["name"] for note in event.get("errors", [])]


def frame_of(**fields: Any) -> Frame:
    event = event_of(error({"function": "f", **fields}))
    return event["exception"]["values"][0]["stacktrace"]["frames"][0]


def test_pairs_may_have_any_scalar_as_their_key() -> None:
    assert event_of(tags=[[1, "a"], [True, 2]])["tags"] == [["1", "a"], ["True", "2"]]
    request = event_of(request={"query_string": [[1, 2]]})["request"]
    assert request["query_string"] == [["1", "2"]]


def test_the_servers_variables_may_be_pairs() -> None:
    event = event_of(request={"env": [["REMOTE_ADDR", "192.0.2.9"], None]})
    assert event["request"]["env"] == {"REMOTE_ADDR": "192.0.2.9"}
    assert event["user"]["ip_address"] == "192.0.2.9"


@pytest.mark.parametrize("field", ["exception", "threads", "breadcrumbs"])
def test_a_list_may_be_one_object(field: str) -> None:
    values = {"type": "E", "id": "7", "message": "x"}
    lone: Any = event_of({field: {"values": values}})
    assert lone == event_of({field: [values]})
    assert len(lone[field]["values"]) == 1


def test_an_empty_object_is_an_empty_list() -> None:
    assert event_of(threads={}, breadcrumbs={}, exception={"values": {}}) == event_of(
        {}
    )


def test_a_mechanism_may_lack_its_type() -> None:
    exception = {"type": "E", "mechanism": {"handled": False}}
    found = event_of(exception=[exception])["exception"]["values"][0]["mechanism"]
    assert found == {"type": "generic", "handled": False}


@pytest.mark.parametrize(
    ("sent", "level"), [(40.0, "error"), (35, "warning"), ("20", "info"), (7, "error")]
)
def test_levels_may_be_numbers(sent: object, level: str) -> None:
    assert event_of(level=sent)["level"] == level


def test_levels_of_breadcrumbs_may_be_numbers() -> None:
    event = event_of(breadcrumbs=[{"level": 30, "message": "x"}])
    assert event["breadcrumbs"]["values"][0]["level"] == "warning"


@pytest.mark.parametrize(("sent", "part"), [(7, "7"), (True, "True"), (1.5, "1.5")])
def test_a_fingerprint_may_be_a_scalar(sent: object, part: str) -> None:
    assert event_of(fingerprint=sent)["fingerprint"] == [part]


def test_addresses_are_hexadecimal() -> None:
    frame = frame_of(instruction_addr=4096, image_addr="0x1")
    assert (frame["instruction_addr"], frame["image_addr"]) == ("0x1000", "0x1")
    trace = {"frames": [{"function": "f"}], "registers": {"rip": 4096, "rax": "0x1"}}
    registers = event_of(stacktrace=trace)["stacktrace"]["registers"]
    assert registers == {"rip": "0x1000", "rax": "0x1"}


def test_a_cookie_header_is_one_in_any_case() -> None:
    request = event_of(request={"headers": {"COOKIE": "a=b"}})["request"]
    assert request["cookies"] == [["a", "b"]]
    assert "headers" not in request


def test_a_body_is_read_as_the_sdk_says_it_is() -> None:
    body = {"data": '{"a":1}', "inferred_content_type": "application/json"}
    assert event_of(request=body)["request"]["data"] == {"a": 1}


def test_the_users_address_may_be_left_to_the_server() -> None:
    event = event_of(user={"ip_address": "{{ auto }}"})
    assert event["user"]["ip_address"] == "192.0.2.7"
    assert notes_of(event) == []


def test_a_line_may_be_a_text() -> None:
    template = {"filename": "cart.html", "lineno": "7"}
    assert event_of(template=template)["template"]["lineno"] == 7


def test_images_may_have_their_old_name() -> None:
    images = [{"type": "elf", "debug_id": "x"}]
    event = event_of({"sentry.interfaces.DebugMeta": {"images": images}})
    assert event["debug_meta"]["images"] == images


def test_a_trace_stays_beside_exceptions_that_have_none() -> None:
    trace = {"frames": [{"function": "f"}]}
    event = event_of(exception=[{"type": "A"}, {"type": "B"}], stacktrace=trace)
    assert event["stacktrace"]["frames"][0]["function"] == "f"
    own = event_of(
        exception=[{"type": "A", "stacktrace": trace}, {"type": "B"}], stacktrace=trace
    )
    assert "stacktrace" not in own


@pytest.mark.parametrize(
    ("user_agent", "sdk"),
    [
        ("raven-go/1.0", {"name": "raven-go", "version": "1.0"}),
        ("Mozilla/5.0 sentry.javascript/1", None),
    ],
)
def test_an_sdk_may_tell_its_name_in_the_user_agent(
    user_agent: str, sdk: dict[str, str] | None
) -> None:
    assert event_of({}, user_agent=user_agent).get("sdk") == sdk


def test_an_instant_may_not_have_hundreds_of_digits() -> None:
    assert instant(10**400) is None
    assert instant(-(10**400)) is None


# What is cut.


def test_cut_tags_are_noted() -> None:
    many = {f"key{number}": "v" for number in range(300)}
    event = event_of(tags={"long": "v" * 300, **many})
    assert event["tags"][0] == ["long", "v" * 197 + "..."]
    assert event["_meta"]["tags"]["long"][""]["len"] == 300
    assert event["_meta"]["tags"][""]["len"] == 301


def test_parameters_are_cut() -> None:
    event = event_of(logentry={"message": "a %s", "params": ["x" * 200_000]})
    assert len(orjson.dumps(event)) < 50_000
    assert event["_meta"]["logentry"]["params"][""]["len"] > 200_000


def test_lines_of_source_are_cut() -> None:
    (line,) = frame_of(filename="a.js", pre_context=["x" * 2000])["pre_context"]
    assert line == "x" * 1021 + "..."


def test_data_of_frames_is_cut() -> None:
    deep = decode_event(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}")
    event = event_of(error({"function": "f", "data": deep, "lock": deep}))
    assert len(orjson.dumps(event)) < 1000


def test_notes_on_names_with_many_dots_can_be_written() -> None:
    event = event_of(modules={"a.b" * 900: "1" * 300})
    orjson.dumps(event)
    assert "modules" in event["_meta"]


def test_notes_of_the_sdk_and_ours_are_joined() -> None:
    sent = {"tags": {"other": {"": {"len": 5}}}}
    meta = event_of({"_meta": sent, "tags": {"long": "v" * 300}})["_meta"]
    assert meta["tags"].keys() == {"other", "long"}


# What is not told.


def test_notes_do_not_tell_secrets() -> None:
    event = event_of(
        {
            "password": "hunter2",
            "errors": [{"type": "x", "name": "extra.api_key", "value": "hunter2"}],
        }
    )
    assert notes_of(event) == ["extra.api_key", "password"]
    assert "hunter2" not in str(event)
