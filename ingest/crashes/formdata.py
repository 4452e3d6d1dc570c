"""What a crash handler's form says of the event: fields named `sentry` and others."""

from __future__ import annotations

import re
from typing import Any

import orjson

# Above what any handler sends.
_FIELDS_MAX = 1000
_DEPTH_MAX = 10

_NAME = re.compile(r"sentry((?:\[[^\]]*\])+)")
_KEY = re.compile(r"\[([^\]]*)\]")
_CHUNK = re.compile(r"sentry__(\d{1,3})")


def event_of_form(payload: bytes | memoryview) -> dict[str, Any]:
    """The event's fields out of a list of names and values; raises ValueError.

    `sentry` holds JSON, also cut into `sentry__1`, `sentry__2` and so on;
    `sentry[tags][a]` is a field of its own. Everything else becomes extra.
    Source: protocol, "Bodies of the special endpoints".
    """
    pairs = orjson.loads(payload)
    event: dict[str, Any] = {}
    chunks: dict[int, str] = {}
    extra: dict[str, str] = {}
    for name, value in _pairs(pairs):
        if name == "sentry":
            chunks[0] = value
        elif match := _CHUNK.fullmatch(name):
            chunks[int(match[1])] = value
        elif match := _NAME.fullmatch(name):
            _put(event, _KEY.findall(match[1]), value)
        else:
            extra.setdefault(name, value)
    told = orjson.loads("".join(chunks[n] for n in sorted(chunks)) or "{}")
    if not isinstance(told, dict):
        raise ValueError("expected an object in the field sentry")
    if extra:
        event.setdefault("extra", {}).update(extra)
    return told | {name: value for name, value in event.items() if name not in told}


def _pairs(pairs: object) -> list[tuple[str, str]]:
    if not isinstance(pairs, list):
        raise ValueError("expected a list of fields")
    return [
        (str(pair[0]), str(pair[1]))
        for pair in pairs[:_FIELDS_MAX]
        if isinstance(pair, list) and len(pair) == 2
    ]


def _put(tree: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1][:_DEPTH_MAX]:
        inner = tree.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.setdefault(keys[-1], value)
