"""A large envelope looked through in pieces is what it is as a whole."""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc
from collections.abc import Iterator

import pytest

from ingest.envelope import EnvelopeError, EnvelopeTooLarge, parse_envelope
from ingest.pieces import pieces
from ingest.survey import Survey
from tests.corpus import recorded

LARGE = 2**30
ENVELOPES = [
    b"{}",
    b"{}\n",
    b"{}\n\n\n",
    b'{"event_id":"x"}\n{"type":"event"}\n{"a":1}\n',
    b'{}\n{"type":"a"}',
    b'{}\n{"type":"a"}\n',
    b'{}\n{"type":"a","length":0}\n\n{"type":"b"}\nrest',
    b'{}\n{"type":"a","length":3}\n\n\n\n\n{"type":"b","length":1}\nx',
    b'{}\n{"type":"a","length":null}\nxy\n',
    b'{"x":NaN}\n{"type":"\\ud800","length":1}\nx\n',
    b"[]",
    b"{",
    b"",
    b'{}\n{"length":1}\nx',
    b'{}\n{"type":7}\nx',
    b'{}\n{"type":"a","length":"1"}\nx',
    b'{}\n{"type":"a","length":true}\nx',
    b'{}\n{"type":"a","length":-1}\nx',
    b'{}\n{"type":"a","length":1.5}\nx',
    b'{}\n{"type":"a","length":9}\nx',
    b'{}\n{"type":"a","length":1}\nxy',
    b'{}\nnothing\n{"type":"a"}\n',
]


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def whole(data: bytes) -> object:
    try:
        envelope = parse_envelope(data)
    except EnvelopeError as error:
        return str(error)
    return envelope.headers, [(i.type, bytes(i.payload)) for i in envelope.items]


def surveyed(data: bytes, size: int) -> object:
    try:
        survey = Survey(in_pieces(data, size))
        items = [(item.type, item.read(LARGE)) for item in survey.items()]
    except EnvelopeError as error:
        return str(error)
    return survey.headers, items


@pytest.mark.parametrize("data", ENVELOPES)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_an_envelope_in_pieces_is_the_same(data: bytes, size: int) -> None:
    # NaN is no equal of itself, but has one text.
    assert repr(surveyed(data, size)) == repr(whole(data))


def test_recorded_envelopes_are_the_same_and_so_are_broken_ones() -> None:
    chance = random.Random(7)
    for request in recorded()[::5]:
        if request.expected["endpoint"] != "envelope" or request.chunks:
            continue
        encodings = [v for n, v in request.headers if n.lower() == "content-encoding"]
        encoding = encodings[0] if encodings else ""
        data = b"".join(pieces(request.body, encoding, LARGE))
        broken = bytearray(data)
        broken[chance.randrange(len(data))] = chance.choice(b'\n{"9\x00\xff')
        cut = data[: chance.randrange(len(data))]
        for one in (data, bytes(broken), cut):
            size = chance.randrange(1, 500)
            assert repr(surveyed(one, size)) == repr(whole(one))


def test_an_item_need_not_be_read() -> None:
    data = b'{}\n{"type":"a","length":4}\n\n\n\n\n\n{"type":"b"}\n12345\n{"type":"c"}\n'
    items = Survey(in_pieces(data, 3)).items()
    assert [item.type for item in items] == ["a", "b", "c"]


def test_an_item_tells_whether_it_is_within_a_limit_read_or_not() -> None:
    data = b'{}\n{"type":"a","length":4}\n1234\n{"type":"b"}\n12345\n'
    for item in Survey(in_pieces(data, 2)).items():
        size = 4 if item.type == "a" else 5
        assert item.read(size - 1) is None
        assert item.is_within(size)
    for item in Survey(in_pieces(data, 2)).items():
        assert item.is_within(3) is False


def test_headers_have_bounds_of_their_own() -> None:
    with pytest.raises(EnvelopeTooLarge):
        Survey(iter([b" " * 2**16, b" "]))
    header = json.dumps({"type": "a", "x": "y" * 50_000, "length": 0}).encode()
    with pytest.raises(EnvelopeTooLarge):
        list(Survey(iter([b"{}\n", (header + b"\n\n") * 30])).items())
    with pytest.raises(EnvelopeTooLarge):
        list(Survey(iter([b"{}\n", b'{"type":"a"}\n\n' * 1001])).items())


def test_a_large_envelope_takes_little_memory() -> None:
    item = b'{"type":"attachment","length":%d}\n' % (64 * 2**20)
    body = gzip.compress(b"{}\n" + item + b"\0" * (64 * 2**20), compresslevel=1)
    tracemalloc.start()
    survey = Survey(pieces(body, "gzip", 100 * 2**20))
    assert all(item.is_within(64 * 2**20) for item in survey.items())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 2**20
