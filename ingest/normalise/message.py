"""The message of an event: template, parameters, and the text a person reads."""

from __future__ import annotations

import re
from typing import Any

from ingest.normalise.fields import (
    EXTRA,
    Notes,
    fitting_bytes,
    json_text,
    prose,
    trimmed,
)
from issues.event import LogEntry

MESSAGE_CHARS = 8192

_PERCENT = re.compile(
    r"%(?:%|(?:\((?P<name>[^()]{1,64})\))?"
    r"(?P<spec>[-+ #0]{0,3}\d{0,2}(?:\.\d{1,2})?)l?(?P<kind>[sdriufFeEgGxXoc]))"
)
_BRACES = re.compile(r"\{(?P<name>\w{0,64})\}")


def logentry(interface: object, message: object, notes: Notes) -> LogEntry | None:
    """The entry out of ``logentry`` and the top-level ``message``, else None.

    Beside a template the top-level string is the formatted text. A template with
    parameters and no formatted text is filled in here.
    """
    if not isinstance(interface, dict):
        interface = {"message": interface} if interface is not None else {}
    if isinstance(message, dict) and ("message" in message or "formatted" in message):
        interface, message = message | interface, None
    template = _text(interface.get("message"), notes, "logentry.message")
    formatted = _text(interface.get("formatted"), notes, "logentry.formatted")
    top = _text(message, notes, "message")
    params = _params(interface.get("params"), notes)
    if formatted is None and top != template:
        formatted = top
    if template is None:
        return {"formatted": formatted} if formatted is not None else None
    if formatted is None and params:
        formatted = _text(interpolated(template, params), notes, "logentry.formatted")
    if formatted is None or formatted == template:
        return {"formatted": template}
    entry: LogEntry = {"formatted": formatted, "message": template}
    if params:
        entry["params"] = params
    return entry


def _text(value: object, notes: Notes, path: str) -> str | None:
    if value is False:
        return None
    return prose(value, MESSAGE_CHARS, notes, path)


def _params(value: object, notes: Notes) -> list[Any] | dict[str, Any] | None:
    if not isinstance(value, list | dict):
        if value is not None:
            notes.wrong("logentry.params", value)
        return None
    size = fitting_bytes(value, EXTRA)
    if size is None:
        return value or None
    notes.cut("logentry.params", size, EXTRA.value_bytes)
    kept: list[Any] | dict[str, Any] = trimmed(value, EXTRA)
    return kept


def interpolated(template: str, params: list[Any] | dict[str, Any]) -> str:
    """The template with ``%s`` or ``{}`` places filled; places left over stay.

    Written by hand, because Python's own formatting would let the template ask
    for gigabytes of padding or for attributes of objects.
    """
    values = _Params(params)
    filled = _PERCENT.sub(values.percent, template)
    return filled if values.used_any else _BRACES.sub(values.braces, template)


class _Params:
    """Hands out the parameters, by name or one after the other."""

    def __init__(self, params: list[Any] | dict[str, Any]) -> None:
        self.params = params
        self.next = 0
        self.used_any = False

    def percent(self, match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        found, value = self._take(match["name"] or "")
        if not found:
            return match[0]
        if match["kind"] not in "sr" and not isinstance(value, str):
            try:
                return str(f"%{match['spec']}{match['kind']}" % value)
            except (TypeError, ValueError, OverflowError):
                pass
        return _shown(value)

    def braces(self, match: re.Match[str]) -> str:
        found, value = self._take(match["name"])
        return _shown(value) if found else match[0]

    def _take(self, name: str) -> tuple[bool, Any]:
        params = self.params
        if isinstance(params, dict):
            # Some clients send the parameters' names as reprs.
            key = name if name in params else repr(name)
            if key not in params:
                return False, None
            self.used_any = True
            return True, params[key]
        index = int(name) if name.isdecimal() else self.next
        if index >= len(params) or (name and not name.isdecimal()):
            return False, None
        self.next += 0 if name else 1
        self.used_any = True
        return True, params[index]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)
