"""What the events of an issue repeat: known again by its JSON, and stored once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from issues.event import Frame

HASH_BYTES = 16

K = TypeVar("K")
T = TypeVar("T")


class Part(NamedTuple):
    """A piece of JSON that many payloads share, and its hash of 16 bytes.

    The hash is of the JSON also where `data` holds it compressed.
    """

    hash: bytes
    data: bytes


def part_of(data: bytes) -> Part:
    # Whoever could make two parts of one hash could put words into the stack traces
    # of others in the project. SHA-256 is no slower for it: processors have it built
    # in (10 KB: 7 µs, BLAKE2b 12).
    return Part(sha256(data).digest()[:HASH_BYTES], data)


class Frames(list[Frame]):
    """The frames of a trace with `static`, the part of them without variables."""

    __slots__ = ("static",)

    def __init__(self, frames: Iterable[Frame], static: Part) -> None:
        super().__init__(frames)
        self.static = static


class Modules(dict[str, str]):
    """Names and versions of an event's packages with `part`, their JSON."""

    __slots__ = ("part",)

    def __init__(self, versions: dict[str, str], part: Part) -> None:
        super().__init__(versions)
        self.part = part


def static_part(frames: Sequence[Frame]) -> Part:
    """The part of the frames that does not change from event to event."""
    if isinstance(frames, Frames):
        return frames.static
    return part_of(orjson.dumps([without_variables(frame) for frame in frames]))


def without_variables(frame: Frame) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name != "vars"}


def joined(parts: Sequence[Part]) -> Part | None:
    """The parts as one, a JSON list; None without any."""
    if not parts:
        return None
    digest = sha256(b"".join([part.hash for part in parts])).digest()
    data = b"[" + b",".join([part.data for part in parts]) + b"]"
    return Part(digest[:HASH_BYTES], data)


class Memory(Generic[K, T]):
    """A bounded memory of what was made of what recurs."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._known: dict[K, T] = {}

    def get(self, key: K) -> T | None:
        return self._known.get(key)

    def put(self, key: K, made: T, size: int) -> None:
        """Forgets everything once it is full: what recurs is soon known again.

        `size`: about how many bytes key and value take.
        """
        self._bytes += size
        if self._bytes > self._max_bytes:
            self._known.clear()
            self._bytes = size
        self._known[key] = made
