"""Fingerprints that SDKs send: fixed words, the computed part, and variables."""

from __future__ import annotations

import re
from collections.abc import Callable

from issues.crashsite import crash_frame
from issues.event import Event
from issues.grouping.v1.parameterise import parameterised

_VARIABLE = re.compile(r"\{\{\s*([\w.:-]+)\s*\}\}")
_DEFAULTS = frozenset({"default", ":default"})


def default_name(part: str) -> bool:
    """Whether the part stands for the computed grouping."""
    match = _VARIABLE.fullmatch(part.strip())
    return match is not None and match[1].lower() in _DEFAULTS


def resolved(part: str, event: Event) -> str:
    """The part with its variable filled in; unknown variables stay as they are."""
    match = _VARIABLE.fullmatch(part.strip())
    return part if match is None else _filled(match, event)


def filled(text: str, event: Event) -> str:
    """The text with the variables in it filled in."""
    return _VARIABLE.sub(lambda match: _filled(match, event), text)


def _filled(match: re.Match[str], event: Event) -> str:
    name = match[1]
    if name.startswith("tags."):
        return _tag(event, name.removeprefix("tags."))
    variable = _VARIABLES.get(name.lower())
    return variable(event) if variable else match[0]


def _tag(event: Event, name: str) -> str:
    for key, value in event.get("tags", []):
        if key == name:
            return value
    field = event.get(name) if name in _TAG_FIELDS else None
    return field if isinstance(field, str) else f"<no-value-for-tag-{name}>"


_TAG_FIELDS = frozenset(
    {"environment", "release", "dist", "server_name", "site", "logger", "level"}
    | {"transaction"}
)


def _last_exception(event: Event, field: str) -> str:
    values = event["exception"]["values"] if "exception" in event else []
    found = values[-1].get(field) if values else None
    return found if isinstance(found, str) else ""


def _message(event: Event) -> str:
    entry = event.get("logentry")
    return entry["formatted"] if entry else _last_exception(event, "value")


def _frame_field(field: str, missing: str) -> Callable[[Event], str]:
    def read(event: Event) -> str:
        found = crash_frame(event).get(field)
        return found if isinstance(found, str) and found else f"<no-{missing}>"

    return read


def _package(event: Event) -> str:
    package = crash_frame(event).get("package", "")
    return package.replace("\\", "/").rpartition("/")[2] or "<no-package>"


def _type(event: Event) -> str:
    return _last_exception(event, "type") or "<no-type>"


def _value(event: Event) -> str:
    return parameterised(_last_exception(event, "value")) or "<no-value>"


def _raw_value(event: Event) -> str:
    return _last_exception(event, "value") or "<no-value>"


def _plain_message(event: Event) -> str:
    return parameterised(_message(event)) or "<no-message>"


_VARIABLES: dict[str, Callable[[Event], str]] = {
    "transaction": lambda event: event.get("transaction") or "<no-transaction>",
    "level": lambda event: event["level"],
    "logger": lambda event: event.get("logger") or "<no-logger>",
    "message": _plain_message,
    "raw_message": lambda event: _message(event) or "<no-message>",
    "type": _type,
    "error.type": _type,
    "value": _value,
    "error.value": _value,
    "raw_value": _raw_value,
    "function": _frame_field("function", "function"),
    "stack.function": _frame_field("function", "function"),
    "path": _frame_field("abs_path", "abs-path"),
    "stack.abs_path": _frame_field("abs_path", "abs-path"),
    "stack.filename": _frame_field("filename", "filename"),
    "module": _frame_field("module", "module"),
    "stack.module": _frame_field("module", "module"),
    "package": _package,
    "stack.package": _package,
}
