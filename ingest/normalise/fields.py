"""Lenient readers of single fields, and the notes on what they set aside."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from ingest.eventjson import decode_event
from ingest.secrets import FILTERED, is_secret_name
from issues.event import ProcessingError

NOTES_MAX = 100
"""So many notes an event; more would only repeat themselves."""

VALUE_SHOWN_CHARS = 200

PATH_PARTS_MAX = 8
"""A name out of the payload may hold any number of dots, and is no path of its own."""


class Notes:
    """Collects ``errors`` and ``_meta`` of one event while it is read.

    Paths are dotted, as in ``exception.values.0.value``.
    """

    __slots__ = ("count", "errors", "meta")

    def __init__(self) -> None:
        self.count = 0
        self.errors: list[ProcessingError] = []
        self.meta: dict[str, Any] = {}

    def wrong(self, path: str, value: object, kind: str = "invalid_data") -> None:
        """Note that the field was set aside, with the start of what it held."""
        self.count += 1
        if len(self.errors) >= NOTES_MAX:
            return
        note: ProcessingError = {"type": kind, "name": path}
        if value is not None:
            note["value"] = noted(path, value)
        self.errors.append(note)

    def cut(self, path: str, length: int, kept: int) -> None:
        """Note that the field was longer, in the characters or bytes it had."""
        self.count += 1
        note = {"len": length, "rem": [["!limit", "s", max(kept - 3, 0), kept]]}
        node = self._node(path)
        node[""] = {**node.get("", {}), **note}

    def _node(self, path: str) -> dict[str, Any]:
        node = self.meta
        for part in path.split(".", PATH_PARTS_MAX):
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node = child
        return node


def noted(path: str, value: object) -> object:
    """As much of the value as a note on its field may tell."""
    if any(map(is_secret_name, path.split("."))):
        return FILTERED
    if isinstance(value, bool | int | float):
        return value
    shown = value if isinstance(value, str) else json_text(value)
    return shown if len(shown) <= VALUE_SHOWN_CHARS else shortened(shown, 200)


def opened(data: bytes | memoryview) -> Any:
    """The JSON that was left as it came, which may hold numbers without bound; None
    for what is nested too deeply to be read."""
    try:
        return decode_event(bytes(data))
    except ValueError:
        return None


def shortened(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, the last three dots if cut."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def json_text(value: object) -> str:
    """The value as JSON text; too deep a value is told by its Python type."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return f"<{type(value).__name__}>"


def json_bytes(value: object) -> bytes:
    """The value as JSON; empty for what is nested too deeply to write."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b""


def text(value: object, limit: int, notes: Notes, path: str) -> str | None:
    """A string of at most ``limit`` characters; numbers and booleans are taken too.

    None for null, for the empty string, and for what is no scalar (noted).
    """
    if type(value) is not str:
        if value is None:
            return None
        if not isinstance(value, bool | int | float):
            notes.wrong(path, value)
            return None
        value = str(value)
    if len(value) > limit:
        notes.cut(path, len(value), limit)
        value = shortened(value, limit)
    return value or None


def prose(value: object, limit: int, notes: Notes, path: str) -> str | None:
    """Like ``text``, but an object or a list becomes its JSON text."""
    if isinstance(value, dict | list):
        value = json_text(value)
    return text(value, limit, notes, path)


def integer(value: object, notes: Notes, path: str) -> int | None:
    """An integer, also out of a string or a whole float; None and a note if not."""
    if type(value) is int:
        return value
    if value is None:
        return None
    if isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value[:20])
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    notes.wrong(path, value)
    return None


def boolean(value: object, notes: Notes, path: str) -> bool | None:
    """A boolean; None and a note for anything else but null."""
    if value is None or isinstance(value, bool):
        return value
    notes.wrong(path, value)
    return None


def listed(value: object, notes: Notes, path: str) -> list[Any]:
    """The members that are objects of ``{"values": […]}``, a bare list or one object.

    Nulls are left out without a note, other members with one.
    """
    if isinstance(value, dict):
        value = value.get("values", value)
    if value is None:
        return []
    if isinstance(value, dict):
        value = [value] if value else []
    if not isinstance(value, list):
        notes.wrong(path, value)
        return []
    for item in value:
        if type(item) is not dict:
            break
    else:
        return value
    for item in value:
        if item is not None and not isinstance(item, dict):
            notes.wrong(path, item)
    return [item for item in value if isinstance(item, dict)]


_SCALARS = (str, int, float)  # Booleans are integers.


def paired(value: object, notes: Notes, path: str) -> list[list[Any]] | None:
    """The entries of an object or of a list of pairs, as [key, value] lists.

    None when it is neither; keys are strings, values are untouched.
    """
    if isinstance(value, dict):
        return [[key, item] for key, item in value.items()]
    if not isinstance(value, list):
        return None
    pairs = []
    for item in value:
        if type(item) is list and len(item) == 2 and isinstance(item[0], _SCALARS):
            pairs.append([str(item[0]), item[1]])
        elif item is not None:
            notes.wrong(path, item)
    return pairs


class BagLimits(NamedTuple):
    """How much free-form data is kept: bytes of JSON, and levels of nesting."""

    total_bytes: int
    value_bytes: int
    depth: int


EXTRA = BagLimits(total_bytes=256 * 1024, value_bytes=16 * 1024, depth=7)
META = BagLimits(total_bytes=256 * 1024, value_bytes=256 * 1024, depth=40)
SMALL = BagLimits(total_bytes=8 * 1024, value_bytes=8 * 1024, depth=5)


def bag(
    value: object, limits: BagLimits, notes: Notes, path: str
) -> dict[str, Any] | None:
    """A free-form object within its limits; None when empty or no object."""
    if type(value) is not dict:
        if value is not None:
            notes.wrong(path, value)
        return None
    if not value:
        return None
    size = fitting_bytes(value, limits)
    if size is None:
        return value
    left = limits.total_bytes
    kept: dict[str, Any] = {}
    for key, item in value.items():
        if left <= 0:
            break
        kept[key], used = _trimmed(item, limits.depth, min(left, limits.value_bytes))
        left -= used + len(key)
    notes.cut(path, size, limits.total_bytes)
    return kept


def fitting_bytes(value: object, limits: BagLimits) -> int | None:
    """None when the value fits its limits as it is, else its size in bytes."""
    try:
        data = orjson.dumps(value)
    except TypeError:
        return 0  # Nested deeper than orjson writes.
    if len(data) > limits.value_bytes:
        return len(data)
    # No value is deeper than it has brackets: this settles nearly all of them.
    brackets = data.count(b"{") + data.count(b"[")
    if brackets <= limits.depth or not is_deeper(value, limits.depth):
        return None
    return len(data)


def is_deeper(value: object, depth: int) -> bool:
    """Whether containers are nested in more than ``depth`` levels."""
    if isinstance(value, dict):
        return depth == 0 or any(is_deeper(item, depth - 1) for item in value.values())
    if isinstance(value, list):
        return depth == 0 or any(is_deeper(item, depth - 1) for item in value)
    return False


def trimmed(value: Any, limits: BagLimits) -> Any:
    """The value cut to its limits: long text ends and deep containers become dots."""
    return _trimmed(value, limits.depth, limits.value_bytes)[0]


def _trimmed(value: Any, depth: int, budget: int) -> tuple[Any, int]:
    """The value within the budget, and the bytes used (each character counts one)."""
    if isinstance(value, str):
        kept = shortened(value, max(budget - 2, 3))
        return kept, len(kept) + 2
    if not isinstance(value, dict | list):
        return value, 8
    if depth == 0:
        return "...", 5
    used = 2
    if isinstance(value, list):
        items: list[Any] = []
        for item in value:
            if used >= budget:
                break
            cut, size = _trimmed(item, depth - 1, budget - used)
            items.append(cut)
            used += size + 1
        return items, used
    entries: dict[str, Any] = {}
    for key, item in value.items():
        if used >= budget:
            break
        entries[key], size = _trimmed(item, depth - 1, budget - used)
        used += size + len(key) + 4
    return entries, used
