"""Traces and logs of OpenTelemetry: they are taken, counted, and not kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from ingest.body import BodyError, decompress
from ingest.endpoints.posted import Converted, Count, Posted, invalid
from ingest.gate import refused
from ingest.outcomes import Outcome

PROTOBUF_TYPES = frozenset({"application/x-protobuf", "application/protobuf"})
OTLP_TYPES = PROTOBUF_TYPES | {"application/json"}

# Above what exporters put into one request; further records are not counted.
MAX_BYTES = 4 * 2**20
MAX_RECORDS = 50_000

# The field numbers of what is within a resource, a scope, and so on to the record,
# the same for traces and logs. Source: opentelemetry-proto, trace/v1 and logs/v1.
_PATH = (1, 2, 2)
# Wire types: what follows is a varint, 8 bytes, a length and its bytes, or 4 bytes.
_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5


class _Record(msgspec.Struct, gc=False):
    """Nothing of it is looked at."""


class _Scope(msgspec.Struct, rename="camel"):
    spans: list[_Record] = []
    log_records: list[_Record] = []


class _Resource(msgspec.Struct, rename="camel"):
    scope_spans: list[_Scope] = []
    scope_logs: list[_Scope] = []


class _Export(msgspec.Struct, rename="camel"):
    resource_spans: list[_Resource] = []
    resource_logs: list[_Resource] = []


_decode = msgspec.json.Decoder(_Export).decode


def traces(posted: Posted) -> Converted:
    """Raises Refused for what holds no traces."""
    return _counted(posted, "span")


def logs(posted: Posted) -> Converted:
    """Raises Refused for what holds no logs."""
    return _counted(posted, "log_item")


def _counted(posted: Posted, category: str) -> Converted:
    try:
        data = decompress(posted.body, posted.encoding, MAX_BYTES)
    except BodyError as error:
        raise refused(error) from None
    if posted.media_type in PROTOBUF_TYPES:
        records = _messages(memoryview(data), _PATH)
        quantity = sum(1 for _ in islice(records, MAX_RECORDS))
    else:
        quantity = _records_in_json(data)
    if not quantity:
        return Converted(())
    return Converted((), (Count(category, Outcome.UNSUPPORTED, "otlp", quantity),))


def _records_in_json(data: bytes) -> int:
    try:
        export = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid("bad JSON: expected an OTLP request", "json") from None
    resources = export.resource_spans + export.resource_logs
    scopes = [scope for one in resources for scope in one.scope_spans + one.scope_logs]
    return sum(len(scope.spans) + len(scope.log_records) for scope in scopes)


def _messages(data: memoryview, path: tuple[int, ...]) -> Iterator[memoryview]:
    """The messages at the end of the path of fields. Raises Refused."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        size = 8 if wire_type == _I64 else 4
        if wire_type in (_VARINT, _LEN):
            size, at = _varint(data, at)
            size = size if wire_type == _LEN else 0
        elif wire_type not in (_I64, _I32):
            raise _bad_protobuf()
        if at + size > len(data):
            raise _bad_protobuf()
        if wire_type == _LEN and number == path[0]:
            inner = data[at : at + size]
            if len(path) == 1:
                yield inner
            else:
                yield from _messages(inner, path[1:])
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number at a place, and where it ends."""
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise _bad_protobuf()


def _bad_protobuf() -> Exception:
    return invalid("bad protobuf: expected an OTLP request", "protobuf")
