"""Bodies in every encoding, and what must not pass."""

from __future__ import annotations

import base64
import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from ingest.body import MAX_GZIP_MEMBERS, BodyError, decompress, store_payload

TEXT = b'{"message":"hello"}' * 50


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(level=1, wbits=-15)
    return encoder.compress(data) + encoder.flush()


def streamed_zstd(data: bytes) -> bytes:
    encoder = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return encoder.compress(data) + encoder.flush()


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", partial(gzip.compress, compresslevel=1)),
    ("x-gzip", gzip.compress),
    ("deflate", partial(zlib.compress, level=1)),
    ("deflate", raw_deflate),
    ("br", partial(brotli.compress, quality=1)),
    ("zstd", zstandard.compress),
    ("zstd", streamed_zstd),
]
encodings = pytest.mark.parametrize(("encoding", "encode"), ENCODERS)


@encodings
def test_what_was_encoded_comes_back(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    assert decompress(encode(TEXT), encoding, 10_000) == TEXT
    assert decompress(encode(TEXT), f" {encoding.upper()}\t", len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["", "identity", "UTF-8"])
def test_no_encoding_has_many_names(encoding: str) -> None:
    assert decompress(TEXT, encoding, len(TEXT)) == TEXT
    with pytest.raises(BodyError) as caught:
        decompress(TEXT, encoding, len(TEXT) - 1)
    assert caught.value.status == 413


@encodings
def test_one_byte_too_many_is_too_large(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(BodyError) as caught:
        decompress(encode(TEXT), encoding, len(TEXT) - 1)
    assert caught.value.status == 413


@encodings
def test_a_bomb_takes_no_memory(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    bomb = encode(b"\0" * (16 * 2**20))
    tracemalloc.start()
    with pytest.raises(BodyError) as caught:
        decompress(bomb, encoding, 2**20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.status == 413
    assert peak < 4 * 2**20


@encodings
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_damage_is_refused(
    encoding: str, encode: Callable[[bytes], bytes], damage: str
) -> None:
    whole = encode(bytes(range(256)) * 20)
    damaged = {
        "cut": whole[: len(whole) // 2],
        "flipped": b"\xff" * 8 + whole[8:],
        "empty": b"",
        "other": b"what is this?",
    }[damage]
    with pytest.raises(BodyError) as caught:
        decompress(damaged, encoding, 10_000)
    assert caught.value.status == 400


@pytest.mark.parametrize("encoding", ["lzma", "gzip, br", "*", "gzip\0"])
def test_unknown_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(BodyError) as caught:
        decompress(TEXT, encoding, 10_000)
    assert caught.value.status == 400


def test_gzip_may_come_in_members() -> None:
    members = [gzip.compress(b"%d," % n) for n in range(MAX_GZIP_MEMBERS)]
    assert decompress(b"".join(members), "gzip", 100).endswith(b"14,15,")
    with pytest.raises(BodyError):
        decompress(b"".join([*members, members[0]]), "gzip", 100)
    with pytest.raises(BodyError) as caught:
        decompress(b"".join(members), "gzip", 10)
    assert caught.value.status == 413


EVENT = b'{"event_id":"1"}'


@pytest.mark.parametrize(
    "body",
    [
        EVENT,
        b" \n" + EVENT,
        base64.b64encode(EVENT),
        base64.b64encode(zlib.compress(EVENT)),
        base64.b64encode(gzip.compress(EVENT)),
        base64.b64encode(raw_deflate(EVENT)),
        base64.urlsafe_b64encode(zlib.compress(EVENT)),
        base64.b64encode(zlib.compress(EVENT)).rstrip(b"="),
        base64.encodebytes(
            zlib.compress(EVENT * 9)[:-4] + zlib.compress(EVENT * 9)[-4:]
        ),
        zlib.compress(EVENT),
        gzip.compress(EVENT),
    ],
    # Two processes collect the tests: names must not hold gzip's time.
    ids=itertools.count(),
)
def test_a_stored_event_is_unwrapped(body: bytes) -> None:
    assert store_payload(body, 1000).strip().startswith(EVENT)


def test_a_plus_sign_survives_a_form_decoder() -> None:
    body = base64.b64encode(b'{"a":"~~~>>>???"}')
    assert b"+" in body
    assert store_payload(body.replace(b"+", b" "), 1000) == b'{"a":"~~~>>>???"}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"hello, world", 400),
        (b"\xff\xfe", 400),
        (base64.b64encode(b"[1]"), 400),
        (base64.b64encode(zlib.compress(b"[1]")), 400),
        (base64.b64encode(zlib.compress(b"{" * 2000)), 413),
        (base64.b64encode(b"{" * 2000), 413),
        (b"{" * 2000, 413),
    ],
)
def test_what_holds_no_event_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(BodyError) as caught:
        store_payload(body, 1000)
    assert caught.value.status == status
