"""A stack trace as plain text, close to how its platform prints it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from issues.event import Exception_, Frame
from issues.grouping.v1.library import FAMILIES
from issues.presentation.frames import function_of, place_of

_CAUSES = {
    "__cause__": "The above exception was the direct cause of the following exception:",
    "": "During handling of the above exception, another exception occurred:",
}


def raw_of_chain(chain: Sequence[Exception_], platform: str) -> str:
    """The text of a chain, whose last exception was raised last.

    Python prints the oldest cause first, the others begin with what was raised last.
    """
    if platform == "python":
        return _python_chain(chain)
    form = _form_of(platform)
    between = {"csharp": " ---> ", "java": "Caused by: "}.get(_family(platform), "")
    texts = []
    for i, exception in enumerate(reversed(chain)):
        frames = exception.get("stacktrace", {"frames": []})["frames"]
        prefix = between or "Caused by: " if i else ""
        texts.append(_joined([prefix + form.headline(exception), *form.lines(frames)]))
    return ("\n" if between else "\n\n").join(texts)


def raw_of_trace(frames: Sequence[Frame], platform: str) -> str:
    """The text of a trace without an exception, as of a thread."""
    return _joined(_form_of(platform).lines(frames))


def headline_of(exception: Exception_) -> str:
    """ "Type: value", or the one of both that there is."""
    return ": ".join(
        part for name in ("type", "value") if (part := str(exception.get(name, "")))
    )


def _python_chain(chain: Sequence[Exception_]) -> str:
    text = ""
    for i, exception in enumerate(chain):
        if i:
            source = chain[i - 1].get("mechanism", {}).get("source", "")
            text += f"\n\n{_CAUSES.get(source, _CAUSES[''])}\n\n"
        frames = exception.get("stacktrace", {"frames": []})["frames"]
        text += _joined([*_python(frames), _full_headline(exception)])
    return text


def _full_headline(exception: Exception_) -> str:
    """With the module, as Python and Java print what is not built in."""
    module = exception.get("module", "")
    headline = headline_of(exception)
    is_named = module and exception.get("type")
    return (
        f"{module}.{headline}"
        if is_named and module not in {"builtins", "__builtin__", "exceptions"}
        else headline
    )


def _php_headline(exception: Exception_) -> str:
    return f"PHP Fatal error:  Uncaught {headline_of(exception)}"


def _go_headline(exception: Exception_) -> str:
    return f"panic: {headline_of(exception)}\n\ngoroutine 1 [running]:"


def _ruby_headline(exception: Exception_) -> str:
    kind, value = exception.get("type", ""), exception.get("value", "")
    return f"{value} ({kind})" if kind and value else kind or value


def _python(frames: Sequence[Frame]) -> list[str]:
    lines = ["Traceback (most recent call last):"] if frames else []
    for frame in frames:
        line = frame.get("lineno", "?")
        lines.append(f'  File "{_path(frame)}", line {line}, in {function_of(frame)}')
        if source := frame.get("context_line", "").strip():
            lines.append(f"    {source}")
    return lines


def _javascript(frames: Sequence[Frame]) -> list[str]:
    return [f"    at {_call(frame)}" for frame in reversed(frames)]


def _java(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for frame in reversed(frames):
        file = (frame.get("filename") or "Unknown Source").rpartition("/")[2]
        where = f"{file}:{frame['lineno']}" if "lineno" in frame else file
        name = ".".join(filter(None, (frame.get("module"), function_of(frame))))
        lines.append(f"\tat {name}({where})")
    return lines


def _csharp(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for frame in reversed(frames):
        name = ".".join(filter(None, (frame.get("module"), function_of(frame))))
        where = f" in {_path(frame)}" if _path(frame) != "?" else ""
        line = f":line {frame['lineno']}" if where and "lineno" in frame else ""
        lines.append(f"   at {name}{where}{line}")
    return lines


def _go(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for frame in reversed(frames):
        name = ".".join(filter(None, (frame.get("module"), function_of(frame))))
        lines += [f"{name}(...)", f"\t{_path(frame)}:{frame.get('lineno', 0)}"]
    return lines


def _php(frames: Sequence[Frame]) -> list[str]:
    numbered = enumerate(reversed(frames))
    return [
        f"#{i} {_path(f)}({f.get('lineno', 0)}): {function_of(f)}()"
        for i, f in numbered
    ]


def _ruby(frames: Sequence[Frame]) -> list[str]:
    return [
        f"\tfrom {_path(f)}:{f.get('lineno', 0)}:in '{function_of(f)}'"
        for f in reversed(frames)
    ]


def _dart(frames: Sequence[Frame]) -> list[str]:
    numbered = enumerate(reversed(frames))
    return [
        f"{f'#{i}':<8}{function_of(f)} ({_place(f) or 'unparsed'})" for i, f in numbered
    ]


def _native(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for i, frame in enumerate(reversed(frames)):
        package = frame.get("package", "").replace("\\", "/").rpartition("/")[2]
        address = frame.get("instruction_addr", "")
        name = function_of(frame)
        told = [package, address, name if name != address else ""]
        place = _place(frame) if "filename" in frame or "abs_path" in frame else ""
        call = "  ".join(filter(None, told))
        lines.append(f"{i:<4}{call}" + (f" ({place})" if place else ""))
    return lines


def _rust(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for i, frame in enumerate(reversed(frames)):
        lines.append(f"{i:>4}: {function_of(frame)}")
        if place := _place(frame):
            lines.append(f"             at {place}")
    return lines


class _Form:
    """How a platform prints an exception's head and its frames."""

    def __init__(
        self,
        lines: Callable[[Sequence[Frame]], list[str]],
        headline: Callable[[Exception_], str] = headline_of,
    ) -> None:
        self.lines = lines
        self.headline = headline


_OTHER = _Form(_javascript)
_FORMS = {
    "python": _Form(_python, _full_headline),
    "java": _Form(_java, _full_headline),
    "csharp": _Form(_csharp, _full_headline),
    "go": _Form(_go, _go_headline),
    "php": _Form(_php, _php_headline),
    "ruby": _Form(_ruby, _ruby_headline),
    "dart": _Form(_dart),
    "native": _Form(_native),
}


def _family(platform: str) -> str:
    return FAMILIES.get(platform, "other")


def _form_of(platform: str) -> _Form:
    if platform == "rust":
        return _Form(_rust)
    return _FORMS.get(_family(platform), _OTHER)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(filter(None, lines))


def _path(frame: Frame) -> str:
    return frame.get("abs_path") or frame.get("filename") or "?"


def _place(frame: Frame) -> str:
    return place_of(
        {**frame, "filename": frame.get("abs_path") or frame.get("filename", "")}
    )


def _call(frame: Frame) -> str:
    place = _place(frame)
    return function_of(frame) + (f" ({place})" if place else "")
