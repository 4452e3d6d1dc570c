"""What this machine can do at best: one process that does only what nobody can avoid.

Gunzip, split the envelope, parse the JSON, compress with a trained dictionary, and COPY
100 rows at a time with a synced commit.
"""

from __future__ import annotations

import time
import uuid
from itertools import islice

import orjson
import psycopg
import zstandard
from isal import igzip_lib

from tests.bench.events import Sent

_ROWS_A_COMMIT = 100
_DICTIONARY_BYTES = 32 * 1024
_DICTIONARY_SAMPLES = 500
_GZIP = igzip_lib.DECOMP_GZIP

_TABLE = "bench_ceiling"
_CREATE = f"""
CREATE TABLE {_TABLE} (event_id uuid PRIMARY KEY, timestamp text, payload bytea);
ALTER TABLE {_TABLE} ALTER payload SET STORAGE EXTERNAL
"""
_COPY = f"COPY {_TABLE} (event_id, timestamp, payload) FROM STDIN (FORMAT BINARY)"

_Row = tuple[uuid.UUID, str, bytes]


def measure(events: list[Sent], database_url: str) -> float:
    """Events a second."""
    compressor = _trained(events)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        connection.execute(_CREATE)
        try:
            elapsed_s = _store_all(events, compressor, connection)
            stored = connection.execute(f"SELECT count(*) FROM {_TABLE}").fetchone()
            assert stored == (len(events),)
        finally:
            connection.execute(f"DROP TABLE {_TABLE}")
    return len(events) / elapsed_s


def _store_all(
    events: list[Sent],
    compressor: zstandard.ZstdCompressor,
    connection: psycopg.Connection,
) -> float:
    """How long it takes, in seconds."""
    started = time.perf_counter()
    rows = (_row(event.body, compressor) for event in events)
    while batch := list(islice(rows, _ROWS_A_COMMIT)):
        with connection.transaction(), connection.cursor().copy(_COPY) as copy:
            copy.set_types(("uuid", "text", "bytea"))
            for row in batch:
                copy.write_row(row)
    return time.perf_counter() - started


def _row(body: bytes, compressor: zstandard.ZstdCompressor) -> _Row:
    payload = _payload(body)
    event = orjson.loads(payload)
    packed = compressor.compress(payload)
    return uuid.UUID(event["event_id"]), event["timestamp"], packed


def _payload(body: bytes) -> bytes:
    envelope: bytes = igzip_lib.decompress(body, flag=_GZIP)
    item_start = envelope.index(b"\n") + 1
    payload_start = envelope.index(b"\n", item_start) + 1
    item = orjson.loads(envelope[item_start : payload_start - 1])
    return envelope[payload_start : payload_start + item["length"]]


def _trained(events: list[Sent]) -> zstandard.ZstdCompressor:
    samples: list[bytes | bytearray | memoryview] = [
        _payload(event.body) for event in events[:_DICTIONARY_SAMPLES]
    ]
    dictionary = zstandard.train_dictionary(_DICTIONARY_BYTES, samples)
    dictionary.precompute_compress(level=3)
    return zstandard.ZstdCompressor(level=3, dict_data=dictionary)
