"""Envelopes, as the grammar has them and as clients send them."""

from __future__ import annotations

import pytest

from ingest.envelope import (
    MAX_HEADER_BYTES,
    MAX_ITEMS,
    EnvelopeError,
    EnvelopeTooLarge,
    parse_envelope,
    write_envelope,
)


def payloads(data: bytes) -> list[bytes]:
    return [bytes(item.payload) for item in parse_envelope(data).items]


@pytest.mark.parametrize("data", [b"{}", b"{}\n", b"{}\n\n\n", b" {} \r\n"])
def test_a_header_alone_is_an_envelope(data: bytes) -> None:
    envelope = parse_envelope(data)
    assert (envelope.headers, envelope.items) == ({}, [])


def test_headers_are_kept_as_sent() -> None:
    data = b'{"event_id":"a","new":[1]}\n{"type":"event","also":null}\n{}'
    envelope = parse_envelope(data)
    assert envelope.headers == {"event_id": "a", "new": [1]}
    assert envelope.items[0].headers == {"type": "event", "also": None}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Implicit lengths run to the next newline.
        (b'{}\n{"type":"event"}\n{"a":1}\n{"type":"session"}\n{}', [b'{"a":1}', b"{}"]),
        (b'{}\n{"type":"event"}\n{"a":1}\n', [b'{"a":1}']),
        (b'{}\n{"type":"event","length":null}\n{}', [b"{}"]),
        # Explicit ones hold anything.
        (b'{}\n{"type":"a","length":4}\n\n\x00\n\xff\n', [b"\n\x00\n\xff"]),
        (b'{}\n{"type":"a","length":4}\n\n\x00\n\xff', [b"\n\x00\n\xff"]),
        (b'{}\n{"type":"a","length":0}\n\n{"type":"b","length":1}\nx', [b"", b"x"]),
        (b'{}\n{"type":"a","length":0}\n{"type":"b"}\nx', None),
        # An item header at the end has an empty payload.
        (b'{}\n{"type":"a"}', [b""]),
        (b'{}\n{"type":"a"}\n', [b""]),
        (b'{}\n{"type":"a","length":0}', [b""]),
        # Blank lines between items.
        (b'{}\n\n\r\n{"type":"a"}\nx\n\n\n{"type":"b"}\ny\n\n', [b"x", b"y"]),
        (b'{}\r\n{"type":"a","length":1}\r\nx\n', [b"x"]),
    ],
)
def test_items_are_cut_by_length_or_by_line(
    data: bytes, expected: list[bytes] | None
) -> None:
    if expected is None:
        with pytest.raises(EnvelopeError):
            parse_envelope(data)
    else:
        assert payloads(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"{}\n[]\n{}",
        b'{}\n{"length":1}\nx',
        b'{}\n{"type":1}\nx',
        b'{}\n{"type":"a","length":-1}\nx',
        b'{}\n{"type":"a","length":"1"}\nx',
        b'{}\n{"type":"a","length":true}\nx',
        b'{}\n{"type":"a","length":1.5}\nx',
        b'{}\n{"type":"a","length":3}\nx',
        b'{}\n{"type":"a","length":99999999999999999999}\nx',
        b'{}\n{"type":"a","length":1}\nxy',
        b'{}\n{"type":"a","length":2}',
    ],
)
def test_broken_framing_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse_envelope(data)


def test_headers_are_bounded() -> None:
    with pytest.raises(EnvelopeError):
        parse_envelope(b'{"a":"%s"}\n' % (b"x" * MAX_HEADER_BYTES))


def test_items_are_bounded() -> None:
    item = b'{"type":"a","length":0}\n\n'
    assert len(parse_envelope(b"{}\n" + item * MAX_ITEMS).items) == MAX_ITEMS
    with pytest.raises(EnvelopeTooLarge):
        parse_envelope(b"{}\n" + item * (MAX_ITEMS + 1))


def test_odd_json_is_read_leniently() -> None:
    data = b'{"a":NaN,"b":"\\ud800","c":"\xff"}\n{"type":"a"}\nx'
    headers = parse_envelope(data).headers
    assert headers["b"] == "\ud800"
    assert headers["c"] == "\ufffd"


def test_what_is_written_is_read_again() -> None:
    data = b'{"a":"\\ud800"}\n{"type":"x","k":1}\nline\n{"type":"y","length":2}\n\n\n'
    before = parse_envelope(data)
    after = parse_envelope(write_envelope(before.headers, before.items))
    assert after.headers == before.headers
    assert [bytes(i.payload) for i in after.items] == [b"line", b"\n\n"]
    assert after.items[0].headers == {"type": "x", "k": 1, "length": 4}
