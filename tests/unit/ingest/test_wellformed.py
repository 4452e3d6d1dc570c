"""What is read by the shape of most events is read as anything else would be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ingest.eventjson import decode_event, read_event
from ingest.normalise import normalise
from ingest.scrub import scrub
from ingest.wellformed import well_formed
from issues.payloads import NO_DICTIONARY, pack, unpack
from tests.replay import error_requests, payload_of

RECEIVED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FRAME = {"filename": "a.py", "function": "f", "in_app": True, "lineno": 7}
PAYLOAD: dict[str, Any] = {
    "platform": "python",
    "level": "error",
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": "no good",
                "mechanism": {"type": "generic", "handled": False},
                "stacktrace": {"frames": [{**FRAME, "vars": {"password": "tiger"}}]},
            }
        ]
    },
    "breadcrumbs": {
        "values": [
            {"timestamp": 1795420800.5, "message": "a", "data": {"token": "t", "b": 1}}
        ]
    },
    "modules": {"wheel": "1.0"},
    "extra": {"n": 1},
}


def stored(payload: object) -> dict[str, Any]:
    """The event as it comes back from the store."""
    event = normalise(
        payload,
        received_at=RECEIVED_AT,
        sent_at=None,
        event_id="0" * 31 + "1",
        client="",
        remote_ip="",
        user_agent="",
    )
    packed = pack(scrub(event), NO_DICTIONARY)
    parts = [part and part.data for part in (packed.stack, packed.modules)]
    kept: Any = unpack(packed.payload, NO_DICTIONARY, *parts)
    return dict(kept)


def both(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    payload = well_formed(data)
    assert payload is not None
    return stored(payload), stored(decode_event(data))


def test_the_usual_event_is_the_same_read_either_way() -> None:
    quick, slow = both(orjson.dumps(PAYLOAD))
    assert quick == slow
    frame = quick["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert frame["vars"] == {"password": "[Filtered]"}
    assert quick["breadcrumbs"]["values"][0]["data"] == {"token": "[Filtered]", "b": 1}


def test_every_recorded_event_is_the_same_read_either_way() -> None:
    usual = 0
    for request in error_requests():
        data = payload_of(request)[0]
        if well_formed(data) is not None:
            quick, slow = both(data)
            assert quick == slow, request
            usual += 1
    # Most clients of today send the usual shape.
    assert usual > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": {"n": "a\x00b"}},
        {"extra": {"p\x01ssword": 1}},
        {"riddle": 1},
        {"level": 3},
        {"exception": {"values": [{"type": 5}]}},
        {"exception": {"values": [{"stacktrace": {"frames": [{"lineno": -1}]}}]}},
        {"exception": {"values": [{"stacktrace": {"frames": [{"function": 1}]}}]}},
        {"breadcrumbs": [{"message": "a"}]},
    ],
)
def test_another_shape_is_left_to_the_other_reader(changes: dict[str, Any]) -> None:
    assert well_formed(orjson.dumps({**PAYLOAD, **changes})) is None


@pytest.mark.parametrize("separators", [(", ", ": "), (",", " : "), (",", ": ")])
def test_blanks_between_the_parts_hide_no_secret(separators: tuple[str, str]) -> None:
    data = json.dumps(PAYLOAD, separators=separators).encode()
    assert well_formed(data) is None
    assert "tiger" not in str(stored(read_event(data)))


def test_blanks_in_one_place_hide_no_secret() -> None:
    data = orjson.dumps(PAYLOAD).replace(
        b'"password":"tiger"', b'"password": "ti, ger"'
    )
    assert well_formed(data) is not None
    kept = stored(read_event(data))
    frame = kept["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert frame["vars"] == {"password": "[Filtered]"}


@pytest.mark.parametrize("variables", [b"null", b"{}", b"[1, 2]", b'"a"', b'{"a": 1}'])
def test_variables_of_any_form_are_the_same_read_either_way(variables: bytes) -> None:
    data = orjson.dumps(PAYLOAD).replace(b'{"password":"tiger"}', variables)
    quick, slow = both(data)
    assert quick == slow


@pytest.mark.parametrize("found", [b"null", b"{}", b'["a"]', b'{"a":{"b":[1]}}', b"1"])
def test_data_of_any_form_is_the_same_read_either_way(found: bytes) -> None:
    data = orjson.dumps(PAYLOAD).replace(b'{"token":"t","b":1}', found)
    quick, slow = both(data)
    assert quick == slow


def test_numbers_beyond_64_bits_and_deep_nesting_do_no_harm() -> None:
    huge = orjson.dumps(PAYLOAD).replace(b'"tiger"', b"1" * 400)
    assert both(huge)
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    assert both(orjson.dumps(PAYLOAD).replace(b'{"password":"tiger"}', deep))


@pytest.mark.parametrize("number", [b"1" * 400, b"-" + b"1" * 400, b"1e999"])
@pytest.mark.parametrize("place", [b'"b":1', b'"wheel":"1.0"', b'"handled":false'])
def test_a_number_beyond_all_reckoning_is_nothing(place: bytes, number: bytes) -> None:
    name = place.partition(b":")[0]
    data = orjson.dumps(PAYLOAD).replace(place, name + b":" + number)
    assert well_formed(data) is not None
    kept = stored(read_event(data))
    assert kept["level"] == "error"
    assert number[-100:] not in orjson.dumps(kept)


def test_variables_with_such_a_number_can_be_read_again() -> None:
    variables = b'{"n":1e999,"m":[1.5,-2,12345678901234567890]}'
    data = orjson.dumps(PAYLOAD).replace(b'{"password":"tiger"}', variables)
    kept = stored(read_event(data))
    frame = kept["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert frame["vars"] == {"n": None, "m": [1.5, -2, 12345678901234567890.0]}
