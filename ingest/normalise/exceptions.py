"""Exceptions, how they were caught, and threads."""

from __future__ import annotations

import re
from typing import Any, cast

from msgspec import Raw

from ingest.normalise.fields import (
    SMALL,
    Notes,
    bag,
    boolean,
    integer,
    listed,
    opened,
    prose,
    text,
    trimmed,
)
from ingest.normalise.stacks import stacktrace
from issues.event import Exception_, Mechanism, Thread

TYPE_CHARS = 256
VALUE_CHARS = 8192
EXCEPTIONS_MAX = 100
THREADS_MAX = 1000

_TYPE_IN_VALUE = re.compile(r"([A-Za-z_][\w.]{0,127}):\s+(\S.*)", re.DOTALL)
_STACKS = ("stacktrace", "raw_stacktrace")


def exceptions(value: object, platform: str, notes: Notes) -> list[Exception_]:
    """The chain, oldest cause first: the newest hundred."""
    found = listed(value, notes, "exception")
    if len(found) > EXCEPTIONS_MAX:
        notes.cut("exception.values", len(found), EXCEPTIONS_MAX)
        found = found[-EXCEPTIONS_MAX:]
    read = [
        _exception(item, platform, notes, f"exception.values.{index}")
        for index, item in enumerate(found)
    ]
    kept = [item for item in read if item is not None]
    if kept and isinstance(value, dict) and "values" in value:
        # raven-js tells the mechanism of the whole chain beside the values.
        outer = _mechanism(value.get("mechanism"), notes, "exception.mechanism")
        if outer is not None:
            kept[-1].setdefault("mechanism", outer)
    return kept


def _exception(
    value: dict[str, Any], platform: str, notes: Notes, path: str
) -> Exception_ | None:
    exception: Exception_ = {}
    kind = prose(value.get("type"), TYPE_CHARS, notes, f"{path}.type")
    said = prose(value.get("value"), VALUE_CHARS, notes, f"{path}.value")
    if kind is None and said is not None and (match := _TYPE_IN_VALUE.match(said)):
        kind, said = match[1], match[2]
    if kind is not None:
        exception["type"] = kind
    if said is not None:
        exception["value"] = said
    for name in ("module", "package", "thread_id"):
        if value.get(name) is not None:
            item = text(value[name], TYPE_CHARS, notes, f"{path}.{name}")
            if item is not None:
                exception[name] = item
    mechanism = _mechanism(value.get("mechanism"), notes, f"{path}.mechanism")
    if mechanism is not None:
        exception["mechanism"] = mechanism
    _add_stacks(exception, value, platform, notes, path)
    if not exception:
        notes.wrong(path, None, "missing_attribute")
        return None
    return exception


def _add_stacks(
    holder: Exception_ | Thread,
    value: dict[str, Any],
    platform: str,
    notes: Notes,
    path: str,
) -> None:
    legacy = value.get("sentry.interfaces.Stacktrace")
    if legacy is not None and value.get("stacktrace") is None:
        value["stacktrace"] = legacy
    for name in _STACKS:
        if value.get(name) is not None:
            trace = stacktrace(value[name], platform, notes, f"{path}.{name}")
            if trace is not None:
                holder[name] = trace  # type: ignore[literal-required]  # Two such keys.


def _mechanism(value: object, notes: Notes, path: str) -> Mechanism | None:
    if isinstance(value, Raw):
        value = opened(memoryview(value))
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong(path, value)
        return None
    mechanism: dict[str, Any] = {
        "type": text(value.get("type"), 128, notes, f"{path}.type") or "generic"
    }
    if len(value) > 1 or "type" not in value:
        mechanism |= _mechanism_details(value, notes, path)
    return cast("Mechanism", mechanism)


def _mechanism_details(
    value: dict[str, Any], notes: Notes, path: str
) -> dict[str, Any]:
    details: dict[str, Any] = {}
    get = value.get
    for name in ("handled", "synthetic", "is_exception_group"):
        if name in value:
            details[name] = boolean(get(name), notes, f"{path}.{name}")
    for name in ("exception_id", "parent_id"):
        if name in value:
            details[name] = integer(get(name), notes, f"{path}.{name}")
    for name in ("source", "description", "help_link"):
        if name in value:
            details[name] = text(get(name), 1024, notes, f"{path}.{name}")
    for name in ("data", "meta"):
        if name in value:
            details[name] = bag(get(name), SMALL, notes, f"{path}.{name}")
    return {name: item for name, item in details.items() if item is not None}


def threads(value: object, platform: str, notes: Notes) -> list[Thread]:
    """The threads, with their traces."""
    found = listed(value, notes, "threads")[:THREADS_MAX]
    return [
        _thread(item, platform, notes, f"threads.values.{index}")
        for index, item in enumerate(found)
    ]


def _thread(value: dict[str, Any], platform: str, notes: Notes, path: str) -> Thread:
    thread: dict[str, Any] = {
        name: text(value.get(name), TYPE_CHARS, notes, f"{path}.{name}")
        for name in ("id", "name", "state")
    }
    for name in ("crashed", "current", "main"):
        thread[name] = boolean(value.get(name), notes, f"{path}.{name}")
    if isinstance(value.get("held_locks"), dict):
        thread["held_locks"] = trimmed(value["held_locks"], SMALL)
    kept = cast("Thread", {k: item for k, item in thread.items() if item is not None})
    _add_stacks(kept, value, platform, notes, path)
    return kept


def adopt_stacktrace(event: dict[str, Any]) -> None:
    """Give the event's own trace to its sole exception, if none has a trace."""
    values = event["exception"]["values"]
    if any("stacktrace" in value for value in values):
        del event["stacktrace"]
    elif len(values) == 1:
        values[0]["stacktrace"] = event.pop("stacktrace")
