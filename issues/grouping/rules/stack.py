"""Rules for stack traces: which frames are the app's, and which count."""

from __future__ import annotations

import re
from typing import NamedTuple

from issues.grouping.rules import mistakes
from issues.grouping.rules.matchers import Matcher, Subject, read_matcher, subject_of
from issues.grouping.rules.scanner import Scanner

_FLAG = re.compile(r"([\^v]?)([+-])(app|group)(?=\s|$)")
_VARIABLE = re.compile(r"(max-frames|category)\s*=\s*(\S*)")
_LOOKS_LIKE_ACTION = re.compile(r"[\^v]?[+-]|[\w-]+\s*=")
_BAR = re.compile(r"\|")

MAX_FRAMES = 1000

# These are of events as a whole; the documented ones tell of frames and exceptions.
_NOT_HERE = (
    *("message", "logger", "level", "release", "transaction", "environment"),
    *("dist", "platform", "server_name", "sdk"),
)


class Flag(NamedTuple):
    """``reach`` is "" for the frame itself, "^" for those after, "v" for before it.

    Frames run from the oldest call to the crash site.
    """

    reach: str
    value: bool
    name: str


class StackRule(NamedTuple):
    """A line; the neighbours are empty where it does not ask for any."""

    matchers: tuple[Matcher, ...]
    caller: tuple[Matcher, ...]
    callee: tuple[Matcher, ...]
    flags: tuple[Flag, ...]
    max_frames: int | None
    category: str
    written: str


def read_stack_rule(scanner: Scanner) -> StackRule:
    """The rule of a line. Raises BadRule."""
    caller: tuple[Matcher, ...] = ()
    callee: tuple[Matcher, ...] = ()
    scanner.skip_blanks()
    if scanner.starts("["):
        caller = _neighbour(scanner)
        _bar(scanner)
    matchers = _matchers(scanner)
    if scanner.starts("|"):
        _bar(scanner)
        callee = _neighbour(scanner)
    flags, max_frames, category = _actions(scanner)
    written = scanner.text.strip()
    return StackRule(matchers, caller, callee, flags, max_frames, category, written)


def _matchers(scanner: Scanner) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    while True:
        scanner.skip_blanks()
        if found and (scanner.at_end or scanner.starts("|", "]")):
            return tuple(found)
        if found and _LOOKS_LIKE_ACTION.match(scanner.text, scanner.place):
            return tuple(found)
        start = scanner.place
        matcher = read_matcher(scanner, without=_NOT_HERE)
        if matcher.name.startswith("tags."):
            scanner.fail(mistakes.UNKNOWN_MATCHER, found=matcher.name, at=start)
        found.append(matcher)


def _neighbour(scanner: Scanner) -> tuple[Matcher, ...]:
    """The matchers in brackets. Raises BadRule."""
    scanner.skip_blanks()
    start = scanner.place
    if not scanner.starts("["):
        scanner.fail(mistakes.NO_MATCHER, found=scanner.word())
    scanner.place += 1
    scanner.skip_blanks()
    if scanner.starts("]"):
        scanner.fail(mistakes.EMPTY_NEIGHBOUR)
    found = _matchers(scanner)
    for matcher in found:
        if subject_of(matcher) is Subject.EXCEPTION:
            scanner.fail(mistakes.NOT_OF_FRAME, found=matcher.name, at=start)
    if not scanner.starts("]"):
        scanner.fail(mistakes.UNCLOSED_NEIGHBOUR, at=start)
    scanner.place += 1
    return found


def _bar(scanner: Scanner) -> None:
    scanner.skip_blanks()
    if not scanner.take(_BAR):
        scanner.fail(mistakes.NO_BAR)
    scanner.skip_blanks()


def _actions(scanner: Scanner) -> tuple[tuple[Flag, ...], int | None, str]:
    flags: list[Flag] = []
    max_frames: int | None = None
    category = ""
    scanner.skip_blanks()
    while not scanner.at_end:
        start = scanner.place
        if flag := scanner.take(_FLAG):
            flags.append(Flag(flag[1], flag[2] == "+", flag[3]))
        elif variable := scanner.take(_VARIABLE):
            if variable[1] == "category":
                category = variable[2]
                if not category:
                    scanner.fail(mistakes.NO_CATEGORY)
            else:
                max_frames = _number(scanner, variable)
        else:
            word = scanner.word()
            is_matcher = ":" in word and not _LOOKS_LIKE_ACTION.match(word)
            sentence = mistakes.ACTION_FIRST if is_matcher else mistakes.UNKNOWN_ACTION
            scanner.fail(sentence, found=word, at=start)
        scanner.skip_blanks()
    if not flags and max_frames is None and not category:
        scanner.fail(mistakes.NO_ACTION)
    return tuple(flags), max_frames, category


def _number(scanner: Scanner, variable: re.Match[str]) -> int:
    text = variable[2]
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    if not is_number or int(text) > MAX_FRAMES:
        scanner.fail(mistakes.NO_NUMBER, found=text, at=variable.start(2))
    return int(text)
