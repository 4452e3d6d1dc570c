"""Stack traces and their frames.

Frames are most of an event. A trace that was seen before is known by its JSON; of a
new one whole runs of well-formed frames pass a test of their shape and are otherwise
left alone; only an odd frame is read field by field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import orjson
from msgspec import Raw

from ingest.normalise.columns import (
    are_alike,
    lists_of_texts,
    natural,
    of_type,
    texts,
    well_formed,
)
from ingest.normalise.fields import (
    SMALL,
    Notes,
    bag,
    boolean,
    integer,
    json_bytes,
    listed,
    opened,
    shortened,
    text,
)
from ingest.secrets import without_password
from issues.event import Frame, Stacktrace
from issues.grouping import is_library
from issues.repeated import Frames, Memory, Part, static_part

FRAMES_MAX = 250
DETAILED_FRAMES_MAX = 50
"""In a longer trace the middle frames lose their variables and source context."""

NAME_CHARS = 256
LINE_CHARS = 1024
CONTEXT_LINES_MAX = 50

_NAMES = ("function", "raw_function", "module", "filename", "abs_path", "symbol")
_TEXTS = {
    **dict.fromkeys(_NAMES, NAME_CHARS),
    "package": NAME_CHARS,
    "platform": 64,
    "lang": 64,
    "addr_mode": 64,
    "function_id": 64,
    "trust": 64,
    "source_link": 2048,
}
_ADDRESSES = ("image_addr", "instruction_addr", "symbol_addr")
_OBJECTS = ("data", "lock")
_TESTS = {
    **dict.fromkeys(_NAMES, texts(NAME_CHARS)),
    "context_line": texts(LINE_CHARS),
    "pre_context": lists_of_texts(LINE_CHARS),
    "post_context": lists_of_texts(LINE_CHARS),
    "lineno": natural,
    "colno": natural,
    "in_app": of_type(bool),
}


class _Known(NamedTuple):
    """What was made of the frames of a trace, without their variables."""

    part: Part
    # None where they were left as they came.
    frames: list[Frame] | None
    # The places of those that are to have neither variables nor source around them.
    undetailed: tuple[int, ...]


# What variables are, where nothing is wrong with them.
_OWN = frozenset({dict, type(None)})

_memory: Memory[tuple[str, bytes], _Known] = Memory(max_bytes=8 * 2**20)


def stacktrace(
    value: object, platform: str, notes: Notes, path: str
) -> Stacktrace | None:
    """The trace with its newest 250 frames; None when it has no usable frame."""
    if isinstance(value, list):
        value = {"frames": value}
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong(path, value)
        return None
    frames = value.get("frames")
    if isinstance(frames, dict):
        frames = [frames]
    if not isinstance(frames, list):
        if frames is not None:
            notes.wrong(f"{path}.frames", frames)
        return None
    if len(frames) > FRAMES_MAX:
        notes.cut(f"{path}.frames", len(frames), FRAMES_MAX)
        frames = frames[-FRAMES_MAX:]
    read = _known_frames(frames, platform, notes, path)
    if not read:
        return None
    trace: Stacktrace = {"frames": read}
    if len(value) > 1:
        _add_attributes(trace, value, notes, path)
    return trace


def _add_attributes(
    trace: Stacktrace, value: dict[str, Any], notes: Notes, path: str
) -> None:
    registers = value.get("registers")
    if isinstance(registers, dict) and registers:
        trace["registers"] = {
            name: address(content, notes, f"{path}.registers") or ""
            for name, content in registers.items()
            if isinstance(content, str | int)
        }
    lang = text(value.get("lang"), 64, notes, f"{path}.lang")
    if lang:
        trace["lang"] = lang
    if value.get("snapshot") is True:
        trace["snapshot"] = True
    adjustment = value.get("instruction_addr_adjustment")
    if isinstance(adjustment, str):
        trace["instruction_addr_adjustment"] = adjustment[:64]


def _known_frames(found: list[Any], platform: str, notes: Notes, path: str) -> Frames:
    """The frames with their variables.

    Most events repeat a trace that was seen before, in all but the variables: what
    was made of it then is known by its JSON.
    """
    frames = listed(found, notes, f"{path}.frames")
    variables = [frame.pop("vars", None) for frame in frames]
    data = json_bytes(frames)
    known = _memory.get((platform, data))
    if known is None:
        count = notes.count
        read = _frames(frames, platform, notes, path)
        variables = [own for own, frame in zip(variables, read, strict=True) if frame]
        frames = [frame for frame in read if frame]
        known = _known(frames, data)
        # What was noted is noted each time, at the place where it then stands.
        if notes.count == count and len(read) == len(frames) and data:
            _memory.put((platform, data), known, len(data))
    elif known.frames is not None:
        frames = known.frames
    for index in known.undetailed:
        variables[index] = None
    if not _OWN.issuperset(map(type, variables)):
        variables = _as_written(variables) or [
            _variables(own, notes, f"{path}.frames.{index}.vars") if own else None
            for index, own in enumerate(variables)
        ]
    return Frames(_completed(known, frames, variables), known.part)


def _known(frames: list[Frame], sent: bytes) -> _Known:
    undetailed: tuple[int, ...] = ()
    if len(frames) > DETAILED_FRAMES_MAX:
        undetailed = _undetailed(frames)
    for index in undetailed:
        frames[index].pop("pre_context", None)
        frames[index].pop("post_context", None)
    if b"@" in sent:
        _clean_addresses(frames)
    part = static_part(frames)
    if part.data == sent:
        # One copy of the bytes is enough.
        return _Known(part._replace(data=sent), None, ())
    return _Known(part, frames, undetailed)


def _clean_addresses(frames: list[Frame]) -> None:
    """Takes passwords out of the addresses of scripts: here, as it is done once for
    all events of the trace."""
    for frame in frames:
        if "@" in frame.get("abs_path", ""):
            frame["abs_path"] = without_password(frame["abs_path"])
        if "@" in frame.get("filename", ""):
            frame["filename"] = without_password(frame["filename"])


def _completed(known: _Known, frames: list[Frame], variables: list[Any]) -> list[Frame]:
    if known.frames is not None:
        # They are shared, so that a frame with variables is another one.
        return [
            {**frame, "vars": own} if own else frame
            for frame, own in zip(frames, variables, strict=True)
        ]
    for frame, own in zip(frames, variables, strict=True):
        if own:
            frame["vars"] = own
    return frames


def _frames(
    frames: list[Any], platform: str, notes: Notes, path: str
) -> Sequence[Frame | None]:
    """The frames, in place where they are well-formed; None where nothing is left."""
    if not frames:
        return []
    first = frames[0]
    is_whole = "in_app" in first and "filename" in first
    if is_whole and are_alike(frames, _TESTS):
        return frames
    good = well_formed(frames, _TESTS)
    for index, frame in enumerate(frames):
        if not good[index] or "filename" not in frame:
            place = f"{path}.frames.{index}"
            frames[index] = _read(frame, platform, notes, place)
        elif "in_app" not in frame and is_library(frame, platform):
            frame["in_app"] = False
    return frames


def _read(
    value: dict[str, Any], platform: str, notes: Notes, path: str
) -> Frame | None:
    """The frame read field by field; None when nothing of it can be used."""
    frame: dict[str, Any] = {}
    for name, limit in _TEXTS.items():
        if name in value:
            frame[name] = text(value[name], limit, notes, f"{path}.{name}")
    for name in _ADDRESSES:
        if name in value:
            frame[name] = address(value[name], notes, f"{path}.{name}")
    for name in ("lineno", "colno"):
        number = integer(value.get(name), notes, f"{path}.{name}")
        if number is not None and number >= 0:
            frame[name] = number
    for name in ("in_app", "stack_start"):
        frame[name] = boolean(value.get(name), notes, f"{path}.{name}")
    for name in _OBJECTS:
        if name in value:
            frame[name] = bag(value[name], SMALL, notes, f"{path}.{name}")
    frame.update(source_context(value, notes, path))
    frame = {name: item for name, item in frame.items() if item is not None}
    if "filename" not in frame and "abs_path" in frame:
        frame["filename"] = path_of(frame["abs_path"])
    if not frame:
        return None
    read = cast("Frame", frame)
    if "in_app" not in frame and is_library(read, platform):
        read["in_app"] = False
    return read


def address(value: object, notes: Notes, path: str) -> str | None:
    """A place in memory, in hexadecimal digits also where a number was sent."""
    if type(value) is int and 0 <= value < 2**64:
        return f"{value:#x}"
    return text(value, 64, notes, path)


def path_of(location: str) -> str:
    """The path of a URL; anything else as it is."""
    if "://" not in location:
        return location
    try:
        return urlsplit(location).path or location
    except ValueError:
        return location


def source_context(value: dict[str, Any], notes: Notes, path: str) -> dict[str, Any]:
    """``pre_context``, ``context_line`` and ``post_context`` of a frame or template."""
    context: dict[str, Any] = {}
    line = text(value.get("context_line"), LINE_CHARS, notes, f"{path}.context_line")
    if line is not None:
        context["context_line"] = line
    for name in ("pre_context", "post_context"):
        lines = value.get(name)
        if isinstance(lines, list):
            # A null stands for a line outside the file: it keeps its place.
            context[name] = [
                "" if item is None else shortened(str(item), LINE_CHARS)
                for item in lines[:CONTEXT_LINES_MAX]
            ]
        elif lines is not None:
            notes.wrong(f"{path}.{name}", lines)
    return context


def _as_written(variables: list[Any]) -> list[orjson.Fragment]:
    """Those of all frames, where each is an object left as it came; else none."""
    if set(map(type, variables)) != {Raw}:
        return []
    data = list(map(bytes, variables))
    are_objects = [one[:2] for one in data].count(b'{"') == len(data)
    return list(map(orjson.Fragment, data)) if are_objects else []


def _variables(
    value: object, notes: Notes, path: str
) -> dict[str, Any] | orjson.Fragment | None:
    if isinstance(value, Raw):
        data = bytes(value)
        if data.startswith(b'{"'):
            return orjson.Fragment(data)
        value = opened(data)
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if value is None or isinstance(value, dict):
        return value or None
    notes.wrong(path, value)
    return None


def _undetailed(frames: list[Frame]) -> tuple[int, ...]:
    """Which frames lose their details: those in the middle, of libraries first."""
    middle = len(frames) / 2
    order = sorted(
        range(len(frames)),
        key=lambda index: (
            frames[index].get("in_app") is True,
            abs(index - middle),
        ),
    )
    return tuple(order[: len(frames) - DETAILED_FRAMES_MAX])
