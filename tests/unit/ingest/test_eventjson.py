"""Bodies that are nearly JSON."""

from __future__ import annotations

import orjson
import pytest

from ingest.eventjson import decode_event


def test_json_is_decoded() -> None:
    assert decode_event(b'{"a": [1, 2.5, null, true, "x"]}') == {
        "a": [1, 2.5, None, True, "x"]
    }


@pytest.mark.parametrize("token", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_what_is_no_number_becomes_null(token: bytes) -> None:
    assert decode_event(b'{"a": [%s, 1]}' % token) == {"a": [None, 1]}


def test_nul_is_dropped_in_keys_and_values() -> None:
    assert decode_event(b'{"a\\u0000b": ["x\\u0000"]}') == {"ab": ["x"]}


@pytest.mark.parametrize("text", [b"\\ud83d", b"\\udc00 x", b"\xff", b"\xed\xa0\x80"])
def test_broken_characters_are_replaced(text: bytes) -> None:
    tree = decode_event(b'{"a": "%s"}' % text)
    assert isinstance(tree, dict)
    assert "\ufffd" in tree["a"]
    tree["a"].encode()


def test_a_byte_order_mark_and_raw_control_characters_are_taken() -> None:
    assert decode_event(b'\xef\xbb\xbf{"a": "x\ny"}') == {"a": "x\ny"}


def test_numbers_too_large_to_write_again_become_floats() -> None:
    tree = decode_event(
        b'{"a": NaN, "b": 99999999999999999999, "c": %s}' % (b"9" * 5000)
    )
    assert tree == {"a": None, "b": 1e20, "c": None}
    orjson.dumps(tree)


def test_what_is_cleaned_is_shallow_enough_to_write() -> None:
    orjson.dumps(decode_event(b"[" * 500 + b"NaN" + b"]" * 500))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nope",
        b'{"a":}',
        b"{} x",
        b"[" * 100_000,
        b"[" * 50_000 + b"]" * 50_000,
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_event(data)
