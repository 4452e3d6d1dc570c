"""Breadcrumbs: what happened before the event."""

from __future__ import annotations

from typing import Any, cast

import orjson

from ingest.normalise.columns import Column, Tests, are_well_formed, texts, well_formed
from ingest.normalise.fields import (
    BagLimits,
    Notes,
    bag,
    json_bytes,
    listed,
    opened,
    prose,
    text,
)
from ingest.normalise.times import instants
from issues.event import Breadcrumb

BREADCRUMBS_MAX = 100
MESSAGE_CHARS = 8192
NAME_CHARS = 128
DATA = BagLimits(total_bytes=2048, value_bytes=2048, depth=5)

LEVELS = {
    "debug": "debug",
    "trace": "debug",
    "info": "info",
    "log": "info",
    "notice": "info",
    "warning": "warning",
    "warn": "warning",
    "error": "error",
    "err": "error",
    "fatal": "fatal",
    "critical": "fatal",
    "panic": "fatal",
    "emergency": "fatal",
    "alert": "fatal",
    # As Python's logging and raven have them.
    "10": "debug",
    "20": "info",
    "30": "warning",
    "40": "error",
    "50": "fatal",
}
_FINAL_LEVELS = frozenset(LEVELS.values())


def _known_levels(column: Column) -> bool:
    return _FINAL_LEVELS.issuperset(column)


def _flat(column: Column) -> bool:
    """All are objects that hold no other container, and something at all."""
    for data in column:
        if type(data) is not dict or not data:
            return False
        for value in data.values():
            kind = type(value)
            if kind is dict or kind is list:
                return False
    return True


_TESTS: Tests = {
    "timestamp": lambda column: None not in column,
    "type": texts(NAME_CHARS),
    "category": texts(NAME_CHARS),
    "message": texts(MESSAGE_CHARS),
    "level": _known_levels,
    "event_id": texts(NAME_CHARS),
    "origin": texts(NAME_CHARS),
    "data": _flat,
}


def breadcrumbs(
    value: object, shift_s: float, notes: Notes, *, are_well_formed: bool = False
) -> list[Breadcrumb]:
    """The newest hundred, newest last, their clocks shifted as the event's."""
    found = listed(value, notes, "breadcrumbs")
    if not found:
        return []
    if len(found) > BREADCRUMBS_MAX:
        notes.cut("breadcrumbs.values", len(found), BREADCRUMBS_MAX)
        found = found[-BREADCRUMBS_MAX:]
    happened = instants([crumb.get("timestamp") for crumb in found])
    good = _are_good(found) if are_well_formed else _readable(found)
    for index, crumb in enumerate(found):
        at = happened[index]
        if good[index] and at is not None:
            crumb["timestamp"] = at + shift_s
        else:
            path = f"breadcrumbs.values.{index}"
            found[index] = _read(crumb, at, shift_s, notes, path)
    return cast("list[Breadcrumb]", found)


def _are_good(found: list[dict[str, Any]]) -> list[bool]:
    """The same for crumbs that are well-formed, with their data as JSON."""
    levels = [crumb["level"] for crumb in found if "level" in crumb]
    with_data = [crumb for crumb in found if "data" in crumb]
    data = [bytes(crumb["data"]) for crumb in with_data]
    is_good = _FINAL_LEVELS.issuperset(levels) and all(map(_is_small, data))
    keep = orjson.Fragment if is_good else opened
    for crumb, written in zip(with_data, data, strict=True):
        crumb["data"] = keep(written)
    return [True] * len(found) if is_good else _readable(found)


def _is_small(data: bytes) -> bool:
    """Whether it is an object with something in it, and within all limits."""
    brackets = data.count(b"{") + data.count(b"[")
    return (
        data[:2] == b'{"' and len(data) <= DATA.value_bytes and brackets <= DATA.depth
    )


def _fits(value: object) -> bool:
    return 0 < len(json_bytes(value)) <= DATA.value_bytes


def _readable(found: list[dict[str, Any]]) -> list[bool]:
    """For each crumb whether it can stay as it is, but for its time."""
    are_good = are_well_formed(found, _TESTS)
    good = [True] * len(found) if are_good else well_formed(found, _TESTS)
    data = [crumb["data"] for crumb in found if "data" in crumb]
    if data and not _fits(data):
        for index, crumb in enumerate(found):
            if good[index] and "data" in crumb:
                good[index] = _fits(crumb["data"])
    return good


def _read(
    value: dict[str, Any],
    happened: float | None,
    shift_s: float,
    notes: Notes,
    path: str,
) -> dict[str, Any]:
    """The crumb read field by field."""
    get = value.get
    if happened is None and get("timestamp") is not None:
        notes.wrong(f"{path}.timestamp", get("timestamp"))
    level = get("level")
    crumb: dict[str, Any] = {
        "timestamp": None if happened is None else happened + shift_s,
        "type": text(get("type") or get("ty"), NAME_CHARS, notes, f"{path}.type"),
        "category": text(get("category"), NAME_CHARS, notes, f"{path}.category"),
        "level": LEVELS.get(str(level).lower(), "info") if level else None,
        "message": prose(get("message"), MESSAGE_CHARS, notes, f"{path}.message"),
        "data": bag(get("data"), DATA, notes, f"{path}.data"),
    }
    for name in ("event_id", "origin"):
        crumb[name] = text(get(name), NAME_CHARS, notes, f"{path}.{name}")
    return {name: item for name, item in crumb.items() if item is not None}
