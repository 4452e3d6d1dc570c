"""Event payloads in and out of their stored form.

A payload is kept in two parts. What the events of an issue repeat (the static
stack trace: frames without variables; the module list) is an EventPart, stored
once a day by its hash; the rest is compressed by zstd with a dictionary trained on
the project's own payloads. Measured on typical 25 KB events: 1.4 KB at 21 µs,
against 4.6 KB at 95 µs for the whole event with a larger dictionary.

zstd's contexts serve one thread at a time and let other threads run meanwhile: each
is taken from a list of idle ones while it works.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import zstandard

from issues.event import Event, Frame, Stacktrace
from issues.repeated import Memory, Modules, Part, joined, part_of, static_part

# With a dictionary of its own kind a payload gains little from effort: level 1 is
# 2 % larger than level 3 at half the CPU (measured). Parts are compressed once.
_PAYLOAD_LEVEL = 1
_PART_LEVEL = 3


_NESTING_MAX = 254

_LABELS = frozenset(
    {"event_id", "timestamp", "received", "level", "platform", "type", "logger"}
    | {"release", "dist", "environment", "server_name", "site", "fingerprint"}
    | {"checksum", "sdk", "debug_meta", "_meta"}
)
_NOT_REST = _LABELS | {"modules", "breadcrumbs"}


class Packed(NamedTuple):
    """An event in its stored form; the data of its parts is EventPart.data."""

    payload: bytes
    dictionary_id: int
    stack: Part | None
    modules: Part | None


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A trained zstd dictionary; id 0 and no data mean none."""

    id: int
    data: bytes = field(compare=False, repr=False)


NO_DICTIONARY = Dictionary(0, b"")


@dataclass(slots=True)
class Pieces:
    """An event cut into the JSON that is stored: parts that other events share, and
    what is its own, by how it is looked through for secrets."""

    rest: bytes
    variables: bytes
    breadcrumbs: bytes
    # Ids, names and times: what identifies the event and its sender.
    labels: bytes
    stack: Part | None
    modules: Part | None


def pieces_of(event: Event) -> Pieces:
    """Leaves the event as it is. Raises TypeError or ValueError for what is nested
    too deeply."""
    stacks = _stacks(event)
    modules = event.get("modules")
    return Pieces(
        rest=_rest_of(event),
        variables=_variables_of(event),
        breadcrumbs=orjson.dumps(event.get("breadcrumbs")),
        labels=orjson.dumps(_labels_of(event)),
        stack=joined([static_part(stack["frames"]) for stack in stacks]),
        modules=_modules_part(modules) if modules else None,
    )


def _labels_of(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name in _LABELS}


def _rest_of(event: Event) -> bytes:
    """All but what has a piece of its own."""
    stacks = _stacks(event)
    frames = [stack["frames"] for stack in stacks]
    rest = {name: value for name, value in event.items() if name not in _NOT_REST}
    try:
        for stack in stacks:
            stack["frames"] = []
        return orjson.dumps(rest)
    finally:
        for stack, taken in zip(stacks, frames, strict=True):
            stack["frames"] = taken


def replace_rest(event: Event, rest: Event) -> None:
    """Takes the decoded rest over into the event that it was made of."""
    for stack, kept in zip(_stacks(rest), _stacks(event), strict=True):
        stack["frames"] = kept["frames"]
    event.update(rest)


def _variables_of(event: Event) -> bytes:
    """For each stack trace, for each frame its variables or null."""
    variables = [
        [frame.get("vars") for frame in stack["frames"]] for stack in _stacks(event)
    ]
    data = orjson.dumps(variables)
    if data.count(b"[") + data.count(b"{") > _NESTING_MAX:
        # What was sent may be nested more deeply than orjson writes or even reads.
        orjson.dumps(orjson.loads(data))
    return data


def pack(pieces: Pieces, dictionary: Dictionary) -> Packed:
    """The event in its stored form."""
    own = (pieces.labels, pieces.rest, pieces.variables, pieces.breadcrumbs)
    payload = b"[" + b",".join(own) + b"]"
    return Packed(
        payload=_compress(payload, dictionary, _PAYLOAD_LEVEL),
        dictionary_id=dictionary.id,
        stack=_closed(pieces.stack),
        modules=_closed(pieces.modules),
    )


def unpack(
    payload: bytes, dictionary: Dictionary, stack: bytes | None, modules: bytes | None
) -> Event:
    """The event that was packed; the parts as EventPart.data holds them.

    A part that is gone leaves frames with their variables only.
    """
    event: Event
    event, rest, variables, crumbs = _opened(raw_payload(payload, dictionary))
    event.update(rest)
    static = None if stack is None else orjson.loads(_open_part(stack))
    _put_frames_back(event, static, variables)
    if crumbs is not None:
        event["breadcrumbs"] = crumbs
    if modules is not None:
        event["modules"] = orjson.loads(_open_part(modules))
    return event


def unpack_new(packed: Packed, dictionary: Dictionary) -> Event:
    """The event that has just been packed, its frames without variables, and without
    breadcrumbs and modules."""
    event: Event
    event, rest, *_ = _opened(raw_payload(packed.payload, dictionary))
    event.update(rest)
    static = [] if packed.stack is None else orjson.loads(_open_part(packed.stack.data))
    for stack, frames in zip(_stacks(event), static, strict=True):
        stack["frames"] = frames
    return event


def _opened(data: bytes) -> Any:
    """The JSON, of which variables and crumbs stand as they were sent: a number in
    them may be beyond all that can be reckoned with. It is null then."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data, parse_int=_whole, parse_float=_finite)


def _whole(digits: str) -> int | float | None:
    return int(digits) if len(digits) < 19 else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def raw_payload(payload: bytes, dictionary: Dictionary) -> bytes:
    """The compressed half as JSON bytes: what dictionaries are trained on."""
    return _decompress(payload, dictionary)


# Parts in their stored form by their hash: of most events they have been met before.
_closed_parts: Memory[bytes, Part] = Memory(max_bytes=4 * 2**20)


def _closed(part: Part | None) -> Part | None:
    if part is None:
        return None
    closed = _closed_parts.get(part.hash)
    if closed is None:
        data = _compress(part.data, NO_DICTIONARY, _PART_LEVEL)
        closed = Part(part.hash, data)
        _closed_parts.put(part.hash, closed, len(data))
    return closed


def _open_part(data: bytes) -> bytes:
    return _decompress(data, NO_DICTIONARY)


def train(samples: list[bytes], size_bytes: int = 32 * 1024) -> bytes:
    """A dictionary of at most `size_bytes`; empty when the samples are too alike.

    32 KiB is within 5 % of 110 KiB and costs less to hold and to load.
    """
    try:
        return zstandard.train_dictionary(size_bytes, [*samples]).as_bytes()
    except zstandard.ZstdError:
        return b""


def _modules_part(modules: dict[str, str]) -> Part:
    if isinstance(modules, Modules):
        return modules.part
    return part_of(orjson.dumps(modules))


def _stacks(event: Event) -> list[Stacktrace]:
    """Every stack trace of the event, in a fixed order."""
    holders: list[Any] = []
    if "exception" in event:
        holders += event["exception"]["values"]
    if "threads" in event:
        holders += event["threads"]["values"]
    holders.append(event)
    return [holder["stacktrace"] for holder in holders if "stacktrace" in holder]


def _put_frames_back(
    event: Event,
    static: list[list[Frame]] | None,
    variables: list[list[dict[str, Any] | None]],
) -> None:
    stacks = _stacks(event)
    for index, (stack, of_stack) in enumerate(zip(stacks, variables, strict=True)):
        frames: list[Frame] = static[index] if static else [{} for _ in of_stack]
        for frame, found in zip(frames, of_stack, strict=True):
            if found is not None:
                frame["vars"] = found
        stack["frames"] = frames


def _compress(data: bytes, dictionary: Dictionary, level: int) -> bytes:
    idle = _idle_compressors(dictionary, level)
    # Whether one is idle is asked by taking it: no other thread can come between.
    try:
        compressor = idle.pop()
    except IndexError:
        compressor = zstandard.ZstdCompressor(level, _loaded(dictionary))
    try:
        return compressor.compress(data)
    finally:
        idle.append(compressor)


def _decompress(data: bytes, dictionary: Dictionary) -> bytes:
    idle = _idle_decompressors(dictionary)
    try:
        decompressor = idle.pop()
    except IndexError:
        decompressor = zstandard.ZstdDecompressor(_loaded(dictionary))
    try:
        return decompressor.decompress(data)
    finally:
        idle.append(decompressor)


@lru_cache(maxsize=256)
def _idle_compressors(
    dictionary: Dictionary, level: int
) -> list[zstandard.ZstdCompressor]:
    return []


@lru_cache(maxsize=256)
def _idle_decompressors(dictionary: Dictionary) -> list[zstandard.ZstdDecompressor]:
    return []


def _loaded(dictionary: Dictionary) -> zstandard.ZstdCompressionDict | None:
    return zstandard.ZstdCompressionDict(dictionary.data) if dictionary.data else None
