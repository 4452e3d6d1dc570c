"""Bodies inflated piece by piece, and what must not pass."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from ingest.body import MAX_GZIP_MEMBERS, BodyError
from ingest.pieces import PIECE_BYTES, pieces

# Half of it hardly to be compressed, half of it very well.
TEXT = random.Random(3).randbytes(150_000) + b"x" * 500_000


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(level=1, wbits=-15)
    return encoder.compress(data) + encoder.flush()


def streamed_zstd(data: bytes) -> bytes:
    encoder = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return encoder.compress(data) + encoder.flush()


def summed_zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def members(data: bytes) -> bytes:
    return gzip.compress(data[:1000]) + gzip.compress(data[1000:])


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("X-Gzip", members),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", partial(brotli.compress, quality=1)),
    ("zstd", zstandard.compress),
    ("zstd", streamed_zstd),
    ("zstd", summed_zstd),
]
encodings = pytest.mark.parametrize(("encoding", "encode"), ENCODERS)


def refusal(body: bytes, encoding: str, max_bytes: int = 2**30) -> tuple[int, str]:
    with pytest.raises(BodyError) as caught:
        list(pieces(body, encoding, max_bytes))
    return caught.value.status, caught.value.text


@encodings
def test_the_pieces_make_the_whole(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    found = list(pieces(encode(TEXT), encoding, len(TEXT)))
    assert b"".join(found) == TEXT
    # Brotli's decoder takes it for advice.
    assert max(map(len, found)) <= 2 * PIECE_BYTES


@encodings
def test_one_byte_too_many_is_too_large(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    assert refusal(encode(TEXT), encoding, len(TEXT) - 1)[0] == 413


@encodings
@pytest.mark.parametrize("missing", [1, 4, 5, 20_000])
def test_an_early_end_is_told_from_the_end(
    encoding: str, encode: Callable[[bytes], bytes], missing: int
) -> None:
    status, text = refusal(encode(TEXT)[:-missing], encoding)
    assert (status, "ends early" in text) == (400, True)


@encodings
def test_damage_is_told(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    body = bytearray(encode(TEXT))
    body[1000:1100] = b"\xff" * 100
    try:
        found = b"".join(pieces(bytes(body), encoding, 2**30))
    except BodyError:
        return
    # Stored bytes without a sum cannot tell.
    assert found != TEXT


def test_a_plain_body_comes_in_pieces() -> None:
    assert b"".join(pieces(TEXT, "identity", len(TEXT))) == TEXT
    assert refusal(TEXT, "", len(TEXT) - 1)[0] == 413


def test_a_body_in_very_many_parts_is_refused() -> None:
    many = gzip.compress(b"x") * (MAX_GZIP_MEMBERS + 1)
    assert refusal(many, "gzip")[0] == 400
    empty_blocks = zstandard.compress(b"")[:5] + b"\x58" + b"\0\0\0" * 40_000
    assert refusal(empty_blocks, "zstd")[0] == 400


def test_an_unknown_encoding_is_refused() -> None:
    assert refusal(b"x", "lzma")[0] == 400
