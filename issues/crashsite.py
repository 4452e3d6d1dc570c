"""Where an event happened: its main exception, and the frames that it ended in."""

from __future__ import annotations

from issues.event import Event, Exception_, Frame


def main_exception(event: Event) -> Exception_:
    """The exception that the event is about: the last, or what a group is made of.

    A group whose members are all of one kind is about that kind.
    """
    values = event["exception"]["values"]
    last = values[-1]
    if not last.get("mechanism", {}).get("is_exception_group"):
        return last
    mechanisms = [value.get("mechanism", {}) for value in values]
    groups = {
        mechanism.get("exception_id")
        for mechanism in mechanisms
        if mechanism.get("is_exception_group")
    }
    members = [
        value
        for value, mechanism in zip(values, mechanisms, strict=True)
        if mechanism.get("parent_id") in groups
        and not mechanism.get("is_exception_group")
    ]
    kinds = {(value.get("type"), _end(value).get("function")) for value in members}
    return members[-1] if len(kinds) == 1 else last


def _end(value: Exception_) -> Frame:
    stack = value.get("stacktrace")
    return stack["frames"][-1] if stack else {}


def crash_frame(event: Event) -> Frame:
    """The app's last frame, else the last one; empty when there is none."""
    frames = crash_frames(event)
    for frame in frames[::-1]:
        if frame.get("in_app"):
            return frame
    return frames[-1] if frames else {}


def crash_frames(event: Event) -> list[Frame]:
    """Those of the last exception with a trace, else of the event or its thread."""
    values = event["exception"]["values"] if "exception" in event else []
    threads = event["threads"]["values"] if "threads" in event else []
    shown = [t for t in threads if t.get("crashed") or t.get("current")] or threads
    traces = [value.get("stacktrace") for value in values[::-1]]
    if values:
        traces.insert(0, main_exception(event).get("stacktrace"))
    traces.append(event.get("stacktrace"))
    traces += [thread.get("stacktrace") for thread in shown if len(shown) == 1]
    for trace in traces:
        if trace is not None:
            return trace["frames"]
    return []
