"""What the frames of a stack trace give to the grouping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from issues.event import Frame
from issues.grouping.parts import Part
from issues.grouping.rules import Verdicts
from issues.grouping.v1 import files, names
from issues.grouping.v1.library import FAMILIES, NEVER_OWN, STARTER, library_of
from issues.repeated import Frames

CONTEXT_LINE_CHARS = 120
CYCLE_MAX = 8
_WORD = re.compile(r"[^\W\d_]{4,40}")
VIEWS_MAX = 4096
TRACES_MAX = 1024
GENERATED = "it was generated, and only passes the call on"
LEFT_OUT = "a rule of the project leaves it out"
TOO_FAR = "a rule of the project lets only the last frames count"

_WITH_CONTEXT_LINES = frozenset({"javascript", "python", "php", "ruby"})
_NO_FILES = (
    "<anonymous>",
    "[native code]",
    "native",
    "<native>",
    "(native)",
    "native code",
    "self-hosted",
)
# Python 3.12 runs comprehensions in the frame around them.
_PASSING = {
    "python": frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"}),
    "dart": frozenset({"<asynchronous suspension>"}),
}
_JS_HELPERS = frozenset(
    {"asyncGeneratorStep", "_asyncToGenerator", "__awaiter", "__generator", "_next"}
    | {
        "tryCatch",
        "_throw",
        "sentryWrapped",
        "__webpack_require__",
        "webpackJsonpCallback",
    }
    | {"__webpack_exec__", "__rspack_require__", "wrapped"}
)


class View(NamedTuple):
    """A frame as it counts: its text is empty where it says nothing."""

    text: str
    library: str
    part: Part


class Trace(NamedTuple):
    """The texts that count, whether they are of the app's own frames, and the part."""

    texts: tuple[str, ...]
    is_own: bool
    part: Part

    def is_source_of(self, message: str) -> bool:
        """Whether most words of the message stand in its lines of source."""
        words = set(_WORD.findall(message))
        lines = " ".join(text.rpartition("\x1f")[2] for text in self.texts)
        return bool(words) and 2 * sum(word in lines for word in words) >= len(words)


_views: dict[tuple[object, ...], View] = {}
_traces: dict[tuple[str, bytes, Verdicts | None], Trace] = {}


def view(frame: Frame, platform: str) -> View:
    """How the frame counts; the same frame is worked out once."""
    key = _key(frame, platform)
    known = _views.get(key)
    if known is None:
        if len(_views) >= VIEWS_MAX:
            _views.clear()
        known = _views[key] = _view(frame, platform)
    return known


def _view(frame: Frame, platform: str) -> View:
    family = FAMILIES.get(frame.get("platform", platform), "other")
    place = _place(frame, family)
    if family == "java" and names.is_generated(frame.get("module", "")):
        return View("", "", Part("frame", (place,), GENERATED))
    function = _function(frame, family)
    line = _context_line(frame, family)
    if function is None or not (function or line or _is_telling(place, frame, family)):
        return View("", "", Part("frame", (), "it names no function"))
    if place and function and line:
        values: tuple[str, ...] = (place, function, line)
    else:
        values = tuple(filter(None, (place, function, line)))
    text = f"{place}\x1f{function}\x1f{line}"
    return View(text, library_of(frame, platform), Part("frame", values))


def _is_telling(place: str, frame: Frame, family: str) -> bool:
    """Whether the place alone is worth counting."""
    if family == "native":
        return bool(place) and not frame.get("function")
    return bool(place)


def _place(frame: Frame, family: str) -> str:
    """The module, else the file, else (native code) the binary."""
    module = frame.get("module")
    if module:
        name = names.module_name(module, family)
        if name:
            return name
    location = frame.get("filename") or frame.get("abs_path") or ""
    if location and location not in _NO_FILES:
        if family == "javascript":
            name = files.script_name(location)
            if name or "://" in location or "?" in location or location[:5] == "data:":
                return name
        return files.file_name(location)
    if family == "native" and not frame.get("function"):
        return files.file_name(frame.get("package", ""))
    return ""


def _function(frame: Frame, family: str) -> str | None:
    """The function's name, empty for a nameless one, None if the frame never counts."""
    name = frame.get("function") or ""
    if family == "javascript":
        return _script_function(frame, name)
    if name in _PASSING.get(family, ()):
        return None
    if family == "csharp":
        name = frame.get("raw_function") or name
        machine = names.csharp_state_machine(frame.get("module", ""))
        if machine and name.startswith(("MoveNext", "Void MoveNext")):
            return machine
    if family == "native" and name.startswith("0x"):
        return ""
    return names.function_name(name, family)


def _script_function(frame: Frame, name: str) -> str | None:
    location = frame.get("filename") or frame.get("abs_path") or ""
    if location in _NO_FILES or name in ("eval", "eval code"):
        return None
    if name.startswith("Generator.") or location.endswith("InternalBytecode.js"):
        return None
    if "eval at " in location or "> eval" in location or " line " in location:
        return None
    if location.startswith("index ") and "Promise." in name:
        return None  # As in "Promise.all (index 0)", which only Chrome has.
    if name.startswith("(missing: "):  # The text of the error, read as a frame.
        return None
    if "data" in frame and frame["data"].get("sourcemap") and frame.get("context_line"):
        return ""  # Mapped code tells more by its line than by a minified name.
    name = names.function_name(name, "javascript")
    return None if name in _JS_HELPERS else name


def _context_line(frame: Frame, family: str) -> str:
    line = frame.get("context_line")
    if not line or family not in _WITH_CONTEXT_LINES:
        return ""
    line = line.strip()
    if "  " in line or "\t" in line:
        line = " ".join(line.split())
    return line if len(line) <= CONTEXT_LINE_CHARS else ""


def trace(
    frames: list[Frame], platform: str, verdicts: Verdicts | None = None
) -> Trace:
    """The frames that count: the app's own, without repetitions.

    Where the SDK says nothing about any frame, all but those of libraries are the
    app's; where it calls all of them the app's, it did not look, and the rules do.
    Without any frame of the app all frames count. What the project's own rules say
    of a frame goes before all of this.
    """
    # Most events repeat a trace that was seen before.
    if not isinstance(frames, Frames):
        return _trace(frames, platform, verdicts)
    key = (platform, frames.static.hash, verdicts)
    known = _traces.get(key)
    if known is None:
        if len(_traces) >= TRACES_MAX:
            _traces.clear()
        known = _traces[key] = _trace(frames, platform, verdicts)
    return known


def _key(frame: Frame, platform: str) -> tuple[object, ...]:
    """All of a frame that its view is made of."""
    get = frame.get
    return (
        platform,
        get("module"),
        get("function"),
        get("context_line"),
        get("filename"),
        get("abs_path"),
        get("package"),
        get("raw_function"),
        get("platform"),
        "data" in frame and bool(frame["data"].get("sourcemap")),
    )


def _trace(frames: list[Frame], platform: str, verdicts: Verdicts | None) -> Trace:
    views = [view(frame, platform) for frame in frames]
    flags = [frame.get("in_app") for frame in frames]
    chosen = _own(views, flags)
    if verdicts is not None:
        said = [verdict.in_app for verdict in verdicts.frames]
        chosen = [
            own if word is None else word
            for own, word in zip(chosen, said, strict=True)
        ]
    is_own = _any_counts(views, chosen)
    if not is_own:
        chosen = _others(views)
    hints = [
        "" if own else _why_not(known) for known, own in zip(views, chosen, strict=True)
    ]
    if verdicts is not None:
        hints = _as_ruled(views, hints, verdicts)
    texts = [
        v.text for v, hint in zip(views, hints, strict=True) if v.text and not hint
    ]
    kept = without_cycles(texts)
    part = Part("stacktrace", (), "", _parts(views, hints, len(texts) - len(kept)))
    return Trace(tuple(kept), is_own and bool(kept), part)


def _own(views: list[View], flags: list[bool | None]) -> list[bool]:
    """Which frames are the app's, by the SDK's word and by their names and paths."""
    if True not in flags:
        return [
            flag is None and not seen.library
            for flag, seen in zip(flags, views, strict=True)
        ]
    chosen = [
        flag is True and seen.library != STARTER
        for flag, seen in zip(flags, views, strict=True)
    ]
    # An SDK that looked is believed, but for what no app is made of.
    looked = False in flags or None in flags
    ruled = [
        own and (seen.library not in NEVER_OWN if looked else not seen.library)
        for own, seen in zip(chosen, views, strict=True)
    ]
    return ruled if _any_counts(views, ruled) else chosen


def _others(views: list[View]) -> list[bool]:
    """Which frames count where none is of the app: all but what started the program.

    Runtimes begin a trace in ways that differ from version to version.
    """
    places = [i for i, v in enumerate(views) if v.text and v.library not in NEVER_OWN]
    first = places[0] if places else 0
    return [place >= first for place in range(len(views))]


def _as_ruled(views: list[View], hints: list[str], verdicts: Verdicts) -> list[str]:
    """The hints after what the project's rules say of single frames."""
    hints = [
        hint if said.counts is None else "" if said.counts else LEFT_OUT
        for hint, said in zip(hints, verdicts.frames, strict=True)
    ]
    if verdicts.max_frames:
        places = [i for i, v in enumerate(views) if v.text and not hints[i]]
        for place in places[: -verdicts.max_frames]:
            hints[place] = TOO_FAR
    return hints


def _any_counts(views: list[View], chosen: list[bool]) -> bool:
    return any(counts and v.text for v, counts in zip(views, chosen, strict=True))


def _parts(views: list[View], hints: list[str], dropped: int) -> tuple[Part, ...]:
    parts = []
    seen: set[str] = set()
    for known, hint in zip(views, hints, strict=True):
        if hint:
            parts.append(_hinted(known, hint))
        elif dropped and known.text in seen:
            parts.append(_hinted(known, "it repeats frames before it"))
            dropped -= 1
        else:
            seen.add(known.text)
            parts.append(known.part)
    return tuple(parts)


def _why_not(known: View) -> str:
    return f"it belongs to {known.library}" if known.library else "it is not of the app"


def _hinted(known: View, hint: str) -> Part:
    part = known.part
    return part if part.hint else Part(part.component, part.values, hint, part.parts)


def without_cycles(texts: list[str]) -> list[str]:
    """The texts with each immediate repetition of up to eight of them once."""
    if len(set(texts)) == len(texts):
        return texts
    for period in range(1, CYCLE_MAX + 1):
        kept: list[str] = []
        for text in texts:
            kept.append(text)
            if (
                len(kept) >= 2 * period
                and kept[-period:] == kept[-2 * period : -period]
            ):
                del kept[-period:]
        texts = kept
    return texts


def cycle(texts: Sequence[str]) -> list[str]:
    """The functions that recur, for a stack that overflowed: sorted, each once.

    Where such a stack ends, and what it called last, is a matter of its depth.
    """
    counts: dict[str, int] = {}
    for text in texts:
        name = text.rpartition("\x1f")[0]
        counts[name] = counts.get(name, 0) + 1
    often = max(3, max(counts.values(), default=0) // 4)
    return sorted(name for name, count in counts.items() if count >= often)
