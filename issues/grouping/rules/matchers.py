"""The matchers of rules: what they are called, and what they look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from issues.event import Event, Exception_, Frame
from issues.grouping.rules import mistakes
from issues.grouping.rules.globs import BadGlob, Test, glob_test, path_test
from issues.grouping.rules.scanner import Scanner
from issues.grouping.v1.library import FAMILIES

EventTest = Callable[[Event], bool]
ExceptionTest = Callable[[Exception_], bool]
FrameTest = Callable[[Frame, str], bool]


class Subject(Enum):
    """What a matcher looks at; several of one subject are about the same one."""

    EVENT = "event"
    EXCEPTION = "exception"
    FRAME = "frame"


class Matcher(NamedTuple):
    """``name`` is one of the names below; of a tag, "tags." and what it is called."""

    name: str
    pattern: str
    is_negated: bool


_ALIASES = {
    "type": "error.type",
    "value": "error.value",
    "mechanism": "error.mechanism",
    "module": "stack.module",
    "function": "stack.function",
    "path": "stack.abs_path",
    "abs_path": "stack.abs_path",
    "package": "stack.package",
}
_OF_EXCEPTION = frozenset({"error.type", "error.value", "error.mechanism"})
_OF_FRAME = frozenset(
    {"stack.module", "stack.function", "stack.abs_path", "stack.package"}
    | {"app", "category"}
)
_FIELDS = frozenset(
    {"logger", "level", "release", "transaction", "environment", "dist", "platform"}
    | {"server_name"}
)
_OF_EVENT = _FIELDS | {"message", "sdk"}
_TAG_FIELDS = _FIELDS - {"platform"}
_EXACT_CASE = frozenset(
    {"error.type", "error.mechanism", "stack.module", "stack.function", "logger"}
)
_NAMES = _OF_EVENT | _OF_EXCEPTION | _OF_FRAME | {"family"}
_PATHS = frozenset({"stack.abs_path", "stack.package"})

_YES = frozenset({"yes", "1", "true"})
_NO = frozenset({"no", "0", "false"})
_FAMILIES = frozenset({"javascript", "native", "other", "all"})

_NAME = re.compile(r'[^\s:"\[\]|!]+')


def subject_of(matcher: Matcher) -> Subject:
    if matcher.name in _OF_FRAME:
        return Subject.FRAME
    return Subject.EXCEPTION if matcher.name in _OF_EXCEPTION else Subject.EVENT


def read_matcher(scanner: Scanner, *, without: Iterable[str] = ()) -> Matcher:
    """The matcher that stands here. Raises BadRule."""
    start = scanner.place
    is_negated = scanner.starts("!")
    scanner.place += is_negated
    name_at = scanner.place
    match = scanner.take(_NAME)
    if match is None or not scanner.starts(":"):
        word = scanner.text[start:].split(maxsplit=1)[0] if not scanner.at_end else ""
        scanner.fail(mistakes.NO_MATCHER, found=word or _text_of(match), at=start)
    name = _ALIASES.get(match[0], match[0])
    if name == "tags.":
        scanner.fail(mistakes.NO_NAME_OF_TAG, at=name_at)
    is_known = (name in _NAMES and name not in without) or name.startswith("tags.")
    if not is_known:
        scanner.fail(mistakes.UNKNOWN_MATCHER, found=name, at=name_at)
    scanner.place += 1
    pattern_at = scanner.place
    matcher = Matcher(name, _pattern(scanner), is_negated)
    _check(matcher, scanner, pattern_at)
    return matcher


def _text_of(match: re.Match[str] | None) -> str:
    return match[0] if match else ""


def _pattern(scanner: Scanner) -> str:
    if scanner.starts('"'):
        pattern = scanner.quoted(keeps_escapes=True)
        if scanner.word() not in ("", "]") and not scanner.starts("]"):
            scanner.fail(mistakes.AFTER_QUOTE)
        return pattern
    word = scanner.word()
    # As in "[category:ui]", where it is the neighbour that ends.
    if word.endswith("]") and word.count("]") > word.count("["):
        word = word[:-1]
    if not word:
        scanner.fail(mistakes.NO_PATTERN)
    scanner.place += len(word)
    return word


def _check(matcher: Matcher, scanner: Scanner, at: int) -> None:
    said = matcher.pattern.lower()
    if matcher.name == "app":
        if said not in _YES | _NO:
            scanner.fail(mistakes.NOT_YES_OR_NO, found=matcher.pattern, at=at)
    elif matcher.name == "family":
        for family in said.split(","):
            if family.strip() not in _FAMILIES:
                scanner.fail(mistakes.UNKNOWN_FAMILY, found=family, at=at)
    else:
        try:
            _text_test(matcher)
        except BadGlob as error:
            scanner.fail(mistakes.BAD_GLOB, found=str(error), at=at)


def _text_test(matcher: Matcher) -> Test:
    if matcher.name in _PATHS:
        return path_test(matcher.pattern)
    ignores_case = matcher.name not in _EXACT_CASE
    return glob_test(matcher.pattern, ignores_case=ignores_case)


def wants_app(matcher: Matcher) -> bool:
    """Whether an ``app`` matcher is about frames of the app."""
    return (matcher.pattern.lower() in _YES) != matcher.is_negated


def category_test(matcher: Matcher) -> Test:
    test = _text_test(matcher)
    return (lambda text: not test(text)) if matcher.is_negated else test


def event_test(matcher: Matcher) -> EventTest:
    """Whether the event has a text that matches; negated: whether it has none."""
    if matcher.name == "family":
        wanted = _families(matcher)
        return lambda event: family_of(event["platform"]) in wanted
    test = _text_test(matcher)
    texts = _texts(matcher.name)
    if matcher.is_negated:
        return lambda event: not any(map(test, texts(event)))
    return lambda event: any(map(test, texts(event)))


def exception_test(matcher: Matcher) -> ExceptionTest:
    test = _text_test(matcher)
    negated = matcher.is_negated
    if matcher.name == "error.mechanism":
        return lambda error: (
            test(error.get("mechanism", _NO_MECHANISM)["type"]) != (negated)
        )
    field = "type" if matcher.name == "error.type" else "value"
    return lambda error: test(str(error.get(field, ""))) != negated


_NO_MECHANISM = Exception_(mechanism={"type": ""})["mechanism"]


def frame_test(matcher: Matcher) -> FrameTest:
    """A test of a frame and its event's platform; not for app and category."""
    negated = matcher.is_negated
    if matcher.name == "family":
        wanted = _families(matcher)
        return lambda frame, platform: (
            family_of(frame.get("platform", platform)) in wanted
        )
    test = _text_test(matcher)
    if matcher.name == "stack.abs_path":
        return lambda frame, _: _path_matches(test, frame) != negated
    if matcher.name == "stack.package":
        return lambda frame, _: _package_matches(test, frame) != negated
    if matcher.name == "stack.module":
        return lambda frame, _: test(frame.get("module", "")) != negated
    return lambda frame, _: test(frame.get("function", "")) != negated


def _path_matches(test: Test, frame: Frame) -> bool:
    for path in (frame.get("abs_path"), frame.get("filename")):
        if path and test(path.replace("\\", "/")):
            return True
    return False


def _package_matches(test: Test, frame: Frame) -> bool:
    package = frame.get("package")
    return bool(package) and test(str(package).replace("\\", "/"))


def family_of(platform: str) -> str:
    family = FAMILIES.get(platform, "other")
    return family if family in ("javascript", "native") else "other"


def _families(matcher: Matcher) -> frozenset[str]:
    said = frozenset(each.strip() for each in matcher.pattern.lower().split(","))
    every = _FAMILIES - {"all"}
    wanted = every if "all" in said else said
    return every - wanted if matcher.is_negated else wanted


def _texts(name: str) -> Callable[[Event], Iterable[str]]:
    if name == "message":
        return _messages
    if name == "sdk":
        return lambda event: (event.get("sdk", {}).get("name", ""),)
    if name.startswith("tags."):
        tag = name.removeprefix("tags.")
        return lambda event: _tags(event, tag)
    return lambda event: (str(event.get(name, "")),)


def _messages(event: Event) -> list[str]:
    """The message, its template, and what the exceptions say."""
    found = []
    entry = event.get("logentry")
    if entry is not None:
        found.append(entry["formatted"])
        if "message" in entry:
            found.append(entry["message"])
    if "exception" in event:
        found += [
            each["value"] for each in event["exception"]["values"] if "value" in each
        ]
    return found


def _tags(event: Event, name: str) -> list[str]:
    found = [value for key, value in event.get("tags", ()) if key == name]
    field = event.get(name) if name in _TAG_FIELDS else None
    return [*found, field] if isinstance(field, str) else found
