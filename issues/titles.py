"""What an event is called: title, culprit, and the lines of the issue list."""

from __future__ import annotations

from typing import Any, NamedTuple

from issues import csp
from issues.event import Event, Exception_, Frame

VALUE_CHARS = 1024
TYPE_CHARS = 128
LINE_CHARS = 100
CULPRIT_CHARS = 200

UNLABELED = "<unlabeled event>"
UNKNOWN = "<unknown>"

_NAMELESS = frozenset({"?", "<anonymous>", "<unknown>", "anonymous", "<redacted>"})
_FUNCTION_ONLY = frozenset({"native", "cocoa", "objc", "c", "cpp", "swift"})
_FUNCTION_FIRST = frozenset({"javascript", "node", "electron", "react-native"})


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
        return _error(event, event["exception"]["values"][-1])
    if "csp" in event:
        return _policy_report(event)
    message = _message(event)
    title = first_line(message) or UNLABELED
    kind = event["type"]
    return Description(kind, title, "", message, culprit(event), {"title": title})


def titled(description: Description, title: str) -> Description:
    """The description under the title that a rule of the project gives."""
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
    title = title or frame.get("function") or UNKNOWN
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


def crash_frame(event: Event) -> Frame:
    """The app's last frame, else the last one; empty when there is none."""
    frames = crash_frames(event)
    for frame in frames[::-1]:
        if frame.get("in_app"):
            return frame
    return frames[-1] if frames else {}


def _named_frame(event: Event) -> Frame:
    """The app's last frame that has a name, else the crash frame."""
    for frame in crash_frames(event)[::-1]:
        if frame.get("in_app") and _name(frame):
            return frame
    return crash_frame(event)


def crash_frames(event: Event) -> list[Frame]:
    """Those of the last exception with a trace, else of the event or its thread."""
    values = event["exception"]["values"] if "exception" in event else []
    threads = event["threads"]["values"] if "threads" in event else []
    shown = [t for t in threads if t.get("crashed") or t.get("current")] or threads
    traces = [value.get("stacktrace") for value in values[::-1]]
    traces.append(event.get("stacktrace"))
    traces += [thread.get("stacktrace") for thread in shown if len(shown) == 1]
    for trace in traces:
        if trace is not None:
            return trace["frames"]
    return []


def _name(frame: Frame) -> str:
    """The frame's function, empty for a nameless one."""
    function = frame.get("function", "")
    return "" if function.rpartition(".")[2] in _NAMELESS else function


def _place(frame: Frame, platform: str) -> str:
    function = _name(frame)
    if platform in _FUNCTION_ONLY:
        return function
    place = frame.get("module") or frame.get("filename") or ""
    if platform in _FUNCTION_FIRST:
        return f"{function}({place})" if function and place else function or place
    if not place:
        return function
    return f"{place} in {function or '?'}"
