"""What a release's name says: package, version, and its place among others."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

# Longer runs of digits are no version number that anybody counts up.
_DIGITS = r"\d{1,18}"
# Numbers that a version may have; those that it lacks are zeros.
_PARTS = 6
_NUMBERS = re.compile(
    rf"""
    (?P<v>[vV])?
    (?P<numbers>{_DIGITS}(?:\.{_DIGITS}){{0,{_PARTS - 1}}})
    (?P<rest>[-.+A-Za-z].*)?
    """,
    re.VERBOSE | re.ASCII,
)
_DATE = re.compile(
    r"""
    (?P<date>(?:19|20)\d\d-\d\d-\d\d)
    (?:[T_. -](?P<clock>\d\d[:.-]?\d\d(?:[:.-]?\d\d)?))?
    (?P<rest>[-.+A-Za-z].*)?
    """,
    re.VERBOSE | re.ASCII,
)
# Of a version that is one number: counted builds, dates and times without marks.
_ONE_NUMBER = re.compile(r"[0-9]{1,6}|(?:19|20)[0-9]{6}(?:[0-9]{4}|[0-9]{6})?")
_REST = re.compile(
    r"[-.]?(?P<stage>[0-9A-Za-z][0-9A-Za-z.-]*)?(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
_RUN = re.compile(r"[0-9]+|[a-z-]+")
_HASH = re.compile(r"[0-9a-f]{12,64}")
_SHOWN_OF_HASH = 12
# Of the whole name.
NAME_CHARS = 200
_BAD = re.compile(r"[/\\\t\r\n\f\0]")
SORT_KEY_CHARS = 512


class Version(NamedTuple):
    """A release's name taken apart.

    `sort_key` orders the versions of one package as text, byte by byte; empty for a
    name that says nothing of its order, such as a commit's hash.
    """

    package: str
    # What stands behind the package.
    number: str
    sort_key: str

    @property
    def shown(self) -> str:
        """The version without its package, a hash cut to its first digits."""
        if not self.sort_key and _HASH.fullmatch(self.number.lower()):
            return self.number[:_SHOWN_OF_HASH]
        return self.number


class Dated(NamedTuple):
    """A version with the time of its release, for those that say no order."""

    version: Version
    released_at: datetime


def parse(name: str) -> Version:
    """The version that a release is called: `package@1.2.3-beta.1+build`, a date, or
    anything else.

    >>> parse("shop@1.2.3").package, parse("shop@1.2.3").shown
    ('shop', '1.2.3')
    >>> parse("1.2.3").sort_key < parse("1.10.0").sort_key
    True
    >>> parse("0123456789abcdef0123456789abcdef01234567")[2]
    ''
    """
    package, _, number = name.rpartition("@")
    if not package or not number:
        package, number = "", name
    return Version(package, number, _sort_key(number))


def is_name(text: str) -> bool:
    """Whether a release may be called so: a name can stand in an address.

    Source: protocol, "Ground rules" of the web API.
    """
    if not text or len(text) > NAME_CHARS or text.lower() in {".", "..", "latest"}:
        return False
    return text == text.strip() and not _BAD.search(text)


def is_later(one: Dated, other: Dated) -> bool:
    """Whether `one` came after `other`: by their numbers where both are versions of
    one package, else by their times.
    """
    mine, its = one.version, other.version
    if mine.sort_key and its.sort_key and mine.package == its.package:
        return mine.sort_key > its.sort_key
    return one.released_at > other.released_at


def _sort_key(number: str) -> str:
    """Numbers, then stage, then build, each so that text order is their order."""
    parsed = _by_date(number) or _by_numbers(number)
    if parsed is None:
        return ""
    numbers, rest = parsed
    found = _REST.fullmatch(rest)
    if found is None:
        return ""
    padded = (*numbers, *[0] * _PARTS)[:_PARTS]
    key = "".join(map(_counted, padded)) + _stage_key(found["stage"])
    if found["build"]:
        key += f"+{_words_key(found['build'])}"
    return key[:SORT_KEY_CHARS]


def _by_date(number: str) -> tuple[tuple[int, ...], str] | None:
    found = _DATE.fullmatch(number)
    if found is None:
        return None
    clock = re.sub(r"[^0-9]", "", found["clock"] or "")
    day = [int(part) for part in found["date"].split("-")]
    # Six digits, so that 10:00 and 10:00:30 are of one kind.
    return (*day, int(clock.ljust(6, "0") or 0)), found["rest"] or ""


def _by_numbers(number: str) -> tuple[tuple[int, ...], str] | None:
    found = _NUMBERS.fullmatch(number)
    if found is None:
        return None
    numbers, rest = found["numbers"], found["rest"] or ""
    is_marked = found["v"] or "." in numbers
    if not is_marked and not _ONE_NUMBER.fullmatch(numbers):
        return None
    if not is_marked and rest[:1].isalpha():
        # The start of a hash rather than a number with a stage.
        return None
    return tuple(map(int, numbers.split("."))), rest


def _stage_key(stage: str | None) -> str:
    """Pre-releases stand before the release, what came after it behind."""
    if not stage:
        return "~"
    words = _words_key(stage)
    return f"~{words}" if stage.lower().startswith(("post", "patch")) else f"-{words}"


def _words_key(text: str) -> str:
    """Words and numbers in turn: numbers before words, each by its value."""
    return "".join(
        f"0{_counted(int(run))}," if run.isdecimal() else f"1{run},"
        for word in text.lower().split(".")
        for run in _RUN.findall(word)
    )


def _counted(number: int) -> str:
    """A number with its length in front: 9 stands before 10.

    >>> _counted(9), _counted(10)
    ('a9', 'b10')
    """
    digits = str(number)[:26]
    return f"{chr(96 + len(digits))}{digits}"
