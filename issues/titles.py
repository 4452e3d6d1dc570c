"""What an event is called: title, culprit, and the lines of the issue list."""

from __future__ import annotations

from typing import Any, NamedTuple

from issues import csp
from issues.crashsite import crash_frame, crash_frames, main_exception
from issues.event import Event, Exception_, Frame
from issues.grouping.v1.frames import view
from issues.grouping.v1.library import FAMILIES, NEVER_OWN
from issues.grouping.v1.names import (
    AUTO,
    csharp_state_machine,
    function_name,
    module_name,
)

VALUE_CHARS = 1024
TYPE_CHARS = 128
LINE_CHARS = 100
CULPRIT_CHARS = 200

UNLABELED = "<unlabeled event>"
UNKNOWN = "<unknown>"

_NAMELESS = frozenset({"?", "<anonymous>", "<unknown>", "anonymous", "<redacted>"})
_FUNCTION_ONLY = frozenset({"native", "cocoa", "objc", "c", "cpp", "swift"})
_FUNCTION_FIRST = frozenset({"javascript", "node", "electron", "react-native"})
# What compilers and engines add to these names helps nobody to read them.
_CLEANED = frozenset({"javascript", "java", "csharp", "native", "php", "dart"})


class Description(NamedTuple):
    """``kind`` is error, default, csp or another type of event; ``value`` the message.

    ``metadata`` is JSON with type, value, filename and function of an error, the
    title of a message, or uri, directive and message of a policy report.
    """

    kind: str
    title: str
    type: str
    value: str
    culprit: str
    metadata: dict[str, Any]


def describe(event: Event) -> Description:
    """How the issue list tells of the event."""
    if "exception" in event:
        return _error(event, main_exception(event))
    if "csp" in event:
        return _policy_report(event)
    message = _message(event)
    title = first_line(message) or UNLABELED
    kind = event["type"]
    return Description(kind, title, "", message, culprit(event), {"title": title})


def describe_as(event: Event, title: str) -> Description:
    """What the event is called, by the title that a rule of the project gives it.

    An empty one is none.
    """
    description = describe(event)
    return _titled(description, title) if title else description


def _titled(description: Description, title: str) -> Description:
    title = first_line(title, CULPRIT_CHARS) or description.title
    metadata = {**description.metadata, "title": title}
    return description._replace(title=title, metadata=metadata)


def first_line(text: str, limit: int = LINE_CHARS) -> str:
    """The first line that is not blank, cut to the limit with three dots."""
    line = text.strip().partition("\n")[0].rstrip()
    return line if len(line) <= limit else line[: limit - 3].rstrip() + "..."


def _error(event: Event, last: Exception_) -> Description:
    frame = crash_frame(event)
    kind = _cut(last.get("type", ""), TYPE_CHARS)
    value = _cut(last.get("value", ""), VALUE_CHARS)
    metadata: dict[str, Any] = {"type": kind or "Error", "value": value}
    for name, text in (
        ("filename", frame.get("filename")),
        ("function", frame.get("function")),
    ):
        if text:
            metadata[name] = text
    line = first_line(value)
    title = f"{kind}: {line}" if kind and line else kind or line
    title = title or _name(frame, event["platform"]) or UNKNOWN
    return Description("error", title, kind, value, culprit(event), metadata)


def _policy_report(event: Event) -> Description:
    report = event["csp"]
    message = _message(event) or csp.summary(report)
    directive = report["effective_directive"]
    metadata = {
        "uri": csp.blocked_source(report),
        "directive": directive,
        "message": message,
    }
    title = first_line(message)
    return Description("csp", title, "", message, directive, metadata)


def _message(event: Event) -> str:
    entry = event.get("logentry")
    return _cut(entry["formatted"], VALUE_CHARS) if entry else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


def culprit(event: Event) -> str:
    """Where it happened: the transaction, else the app's last frame, else the URL."""
    named = event.get("transaction") or event.get("culprit") or ""
    # Old clients name a nameless function; the frames may know better.
    if not named or named.endswith("<anonymous>"):
        frame = _named_frame(event)
        named = _place(frame, event["platform"]) if frame else named
    if not named:
        named = event.get("request", {}).get("url", "")
    return _cut(named, CULPRIT_CHARS)


def _named_frame(event: Event) -> Frame:
    """The app's last frame that has a name, else the crash frame.

    What only passes calls on, or comes from the runtime, is not the place, whatever
    the SDK says, unless there is nothing else.
    """
    platform = event["platform"]
    frames = crash_frames(event)[::-1]
    named = [f for f in frames if f.get("in_app") and _name(f, platform)]
    for frame in named:
        seen = view(frame, platform)
        if seen.text and seen.library not in NEVER_OWN:
            return frame
    return named[0] if named else crash_frame(event)


def _name(frame: Frame, platform: str) -> str:
    """The frame's function as people call it, empty for a nameless one."""
    function = frame.get("function", "")
    if function.rpartition(".")[2] in _NAMELESS:
        return ""
    family = FAMILIES.get(frame.get("platform", platform), "other")
    is_template = family == "ruby" and "__" in function
    if family not in _CLEANED and not is_template:
        return function
    if family == "csharp" and function.startswith("MoveNext"):
        function = csharp_state_machine(frame.get("module", "")) or function
    name = function_name(function, family)
    if family == "java":
        name = name.removeprefix("lambda$").partition("$lambda")[0]
        name = name.removeprefix("$anonfun$").partition(f"${AUTO}")[0]
    return name.replace(AUTO, "*")


def _place(frame: Frame, platform: str) -> str:
    function = _name(frame, platform)
    if platform in _FUNCTION_ONLY:
        return function
    place = frame.get("module") or frame.get("filename") or ""
    if platform in _FUNCTION_FIRST:
        return f"{function}({place})" if function and place else function or place
    if not place:
        return function
    if FAMILIES.get(platform) == "csharp":
        place = module_name(place, "csharp")
    return f"{place} in {function or '?'}"
