"""Stack traces, exceptions and threads as the API tells them: frames in camelCase."""

from __future__ import annotations

from typing import Any, TypedDict

from issues.event import Exception_, Frame, Stacktrace, Thread

# [line number, text]
ContextLine = list[int | str]


class FrameShape(TypedDict):
    filename: str | None
    absPath: str | None
    module: str | None
    package: str | None
    platform: str | None
    function: str | None
    rawFunction: str | None
    symbol: str | None
    lineNo: int | None
    colNo: int | None
    inApp: bool
    context: list[ContextLine]
    vars: dict[str, Any] | None
    instructionAddr: str | None
    symbolAddr: str | None
    trust: str | None
    lock: dict[str, Any] | None
    sourceLink: str | None
    data: dict[str, Any] | None


class StacktraceShape(TypedDict):
    # From the oldest call to the crash site.
    frames: list[FrameShape]
    hasSystemFrames: bool
    registers: dict[str, Any] | None


class ExceptionShape(TypedDict):
    type: str | None
    value: str | None
    module: str | None
    threadId: str | None
    mechanism: dict[str, Any] | None
    stacktrace: StacktraceShape | None
    rawStacktrace: StacktraceShape | None


class ThreadShape(TypedDict):
    id: str | None
    name: str | None
    crashed: bool
    current: bool
    state: str | None
    stacktrace: StacktraceShape | None
    rawStacktrace: StacktraceShape | None
    heldLocks: dict[str, Any] | None


def exception_json(exception: Exception_) -> ExceptionShape:
    mechanism: Any = exception.get("mechanism")
    return {
        "type": exception.get("type"),
        "value": exception.get("value"),
        "module": exception.get("module"),
        "threadId": exception.get("thread_id"),
        "mechanism": mechanism,
        "stacktrace": stacktrace_json(exception.get("stacktrace")),
        "rawStacktrace": stacktrace_json(exception.get("raw_stacktrace")),
    }


def thread_json(thread: Thread) -> ThreadShape:
    return {
        "id": thread.get("id"),
        "name": thread.get("name"),
        "crashed": thread.get("crashed", False),
        "current": thread.get("current", False),
        "state": thread.get("state"),
        "stacktrace": stacktrace_json(thread.get("stacktrace")),
        "rawStacktrace": stacktrace_json(thread.get("raw_stacktrace")),
        "heldLocks": thread.get("held_locks"),
    }


def stacktrace_json(trace: Stacktrace | None) -> StacktraceShape | None:
    if trace is None:
        return None
    frames = [frame_json(frame) for frame in trace["frames"]]
    return {
        "frames": frames,
        "hasSystemFrames": len({frame["inApp"] for frame in frames}) > 1,
        "registers": trace.get("registers"),
    }


def frame_json(frame: Frame) -> FrameShape:
    return {
        "filename": frame.get("filename"),
        # Browsers tell one of them, and it is the whole address.
        "absPath": frame.get("abs_path") or frame.get("filename"),
        "module": frame.get("module"),
        "package": frame.get("package"),
        "platform": frame.get("platform"),
        "function": frame.get("function"),
        "rawFunction": frame.get("raw_function"),
        "symbol": frame.get("symbol"),
        "lineNo": frame.get("lineno"),
        "colNo": frame.get("colno"),
        "inApp": frame.get("in_app", False),
        "context": _numbered(frame),
        "vars": frame.get("vars"),
        "instructionAddr": frame.get("instruction_addr"),
        "symbolAddr": frame.get("symbol_addr"),
        "trust": frame.get("trust"),
        "lock": frame.get("lock"),
        "sourceLink": frame.get("source_link"),
        "data": frame.get("data"),
    }


def _numbered(frame: Frame) -> list[ContextLine]:
    """The lines around the call with their numbers; none without a number."""
    lineno, line = frame.get("lineno"), frame.get("context_line")
    if lineno is None or line is None:
        return []
    before = frame.get("pre_context", [])
    lines = [*before, line, *frame.get("post_context", [])]
    return [[number, text] for number, text in enumerate(lines, lineno - len(before))]
