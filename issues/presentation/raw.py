"""A stack trace as plain text, close to how its platform prints it."""

from __future__ import annotations

from collections.abc import Sequence

from issues.event import Exception_, Frame
from issues.presentation.frames import function_of, place_of


def raw_text(frames: Sequence[Frame], exception: Exception_, platform: str) -> str:
    """Python's order and form for Python, newest call first for the others."""
    if platform == "python":
        return _python(frames, headline_of(exception))
    lines = [f"    at {_call(frame)}" for frame in reversed(frames)]
    return "\n".join(filter(None, [headline_of(exception), *lines]))


def headline_of(exception: Exception_) -> str:
    """ "Type: value", or the one of both that there is."""
    return ": ".join(
        part for name in ("type", "value") if (part := str(exception.get(name, "")))
    )


def _python(frames: Sequence[Frame], headline: str) -> str:
    lines = ["Traceback (most recent call last):"] if frames else []
    for frame in frames:
        path = frame.get("abs_path") or frame.get("filename") or "?"
        line = frame.get("lineno", "?")
        lines.append(f'  File "{path}", line {line}, in {function_of(frame)}')
        if source := frame.get("context_line", "").strip():
            lines.append(f"    {source}")
    return "\n".join(filter(None, [*lines, headline]))


def _call(frame: Frame) -> str:
    path = frame.get("abs_path") or frame.get("filename", "")
    place = place_of({**frame, "filename": path})
    return function_of(frame) + (f" ({place})" if place else "")
