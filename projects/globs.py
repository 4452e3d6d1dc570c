"""Patterns as people write them for texts: ``*``, ``?``, ``[a-z]``, ``{this,that}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

PATTERN_CHARS = 512
# What the braces of one pattern may stand for, multiplied.
ALTERNATIVES_MAX = 64


class BadGlob(ValueError):
    """The pattern's braces or brackets are not closed, or it stands for too much."""


@lru_cache(maxsize=1024)
def compile_globs(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """What matches a text that one of the patterns stands for, whatever its case.

    Takes time in proportion to the text's length, however many stars there are.
    Patterns that are none are passed over; None where nothing is left.
    """
    expressions = []
    for pattern in patterns:
        try:
            expressions += [_expression(plain) for plain in without_braces(pattern)]
        except BadGlob:
            continue
    if not expressions:
        return None
    return re.compile("|".join(expressions), re.IGNORECASE | re.DOTALL)


def check_globs(patterns: Iterable[str]) -> None:
    """Raises BadGlob."""
    for pattern in patterns:
        for plain in without_braces(pattern):
            _expression(plain)


def without_braces(pattern: str) -> list[str]:
    """The patterns without braces that the pattern stands for. Raises BadGlob."""
    if len(pattern) > PATTERN_CHARS:
        raise BadGlob(f"expected at most {PATTERN_CHARS} characters")
    found = [""]
    for piece in pieces(pattern):
        if piece[0] == "{":
            found = [start + end for start in found for end in piece[1:-1].split(",")]
        else:
            found = [start + piece for start in found]
        if len(found) > ALTERNATIVES_MAX:
            raise BadGlob(f"{pattern}: its braces stand for too many texts")
    return found


_PIECE = re.compile(
    r"\\.|\\$"  # An escaped character, or a last backslash.
    r"|\[!?\]?[^\]]*\]"  # A set of characters; a bracket may be its first.
    r"|\{[^{}]*\}"
    r"|.",
    re.DOTALL,
)


def pieces(pattern: str) -> Iterator[str]:
    """Stars, question marks, sets, braces, and single characters. Raises BadGlob."""
    for match in _PIECE.finditer(pattern):
        piece = match[0]
        if piece in ("[", "{", "}"):
            raise BadGlob(
                f"{pattern}: {piece} needs its counterpart, or a \\ before it"
            )
        yield piece


def _expression(pattern: str) -> str:
    """The regular expression of a pattern without braces.

    What stands between two stars is looked for once, at its first place: no later one
    could do better.
    """
    parts = [""]
    for piece in pieces(pattern):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += one_character(piece)
    if len(parts) == 1:
        return rf"\A{parts[0]}\Z"
    first, *between, last = parts
    middle = "".join(f"(?>.*?{part})" for part in between if part)
    return rf"\A{first}{middle}.*{last}\Z"


def one_character(piece: str) -> str:
    """The regular expression for a piece that is neither a star nor braces."""
    if piece == "?":
        return "."
    if piece[0] == "[" and len(piece) > 2:
        return _set(piece[1:-1])
    # A backslash before what has no meaning is none itself.
    return re.escape(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)


_MEMBER = re.compile(r"(.)-(.)|(.)", re.DOTALL)


def _set(characters: str) -> str:
    negation = "^" if characters[0] == "!" and len(characters) > 1 else ""
    members = _MEMBER.finditer(characters[1:] if negation else characters)
    return f"[{negation}{''.join(map(_member, members))}]"


def _member(match: re.Match[str]) -> str:
    if match[3] is not None:
        return re.escape(match[3])
    # A range that runs backwards is meant all the same.
    return "-".join(re.escape(end) for end in sorted((match[1], match[2])))
