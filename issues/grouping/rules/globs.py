"""Globs of rules as fast tests of a text; none takes time beyond its length squared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from projects.globs import BadGlob, one_character, pieces, without_braces

# What a glob looks at: paths and names are shorter, and a message that differs only
# after this is none that a rule can mean.
TEXT_CHARS = 2048
# Of a path, whose end tells more. A stretch between double stars may be tried at each
# place of a folder's name, so time grows with the square of this: 6 ms at the worst.
PATH_CHARS = 512

Test = Callable[[str], bool]

_SPECIAL = re.compile(r"[*?\[{\\}\]]")
# A backslash that does not take away the meaning of what follows.
_PLAIN_BACKSLASH = re.compile(r"\\(?![\[\]{}*?!\\])")


@lru_cache(maxsize=4096)
def glob_test(pattern: str, *, ignores_case: bool) -> Test:
    """Whether a whole text is what the pattern stands for. Raises BadGlob.

    ``*`` stands for any text, ``?`` for a character, ``[a-z]`` for one of these,
    ``{a,b}`` for either; a backslash takes away the meaning.
    """
    if not _SPECIAL.search(pattern):
        return _equals(pattern, ignores_case=ignores_case)
    pattern = _PLAIN_BACKSLASH.sub(r"\\\\", pattern)
    found = [_expression(plain) for plain in without_braces(pattern)]
    return _matches(found, ignores_case=ignores_case)


@lru_cache(maxsize=4096)
def path_test(pattern: str) -> Test:
    """The same for a path, whatever its case. Raises BadGlob.

    ``*`` stays within a folder, ``**`` does not, and ``**/`` also stands for no
    folder at all. Backslashes of paths are slashes.
    """
    pattern = _PLAIN_BACKSLASH.sub("/", pattern)
    found = [_path_expression(plain) for plain in without_braces(pattern)]
    matches = _matches(found, ignores_case=True)
    return lambda path: matches(path[-PATH_CHARS:])


def _equals(expected: str, *, ignores_case: bool) -> Test:
    if not ignores_case:
        return expected.__eq__
    lowered = expected.lower()
    return lambda text: text.lower() == lowered


def _matches(expressions: list[str], *, ignores_case: bool) -> Test:
    flags = re.DOTALL | (re.IGNORECASE if ignores_case else 0)
    match = re.compile("|".join(expressions), flags).match
    return lambda text: match(text[:TEXT_CHARS]) is not None


def _expression(pattern: str) -> str:
    """What stands between two stars is looked for once, at its first place."""
    first, *others = _split(pattern)
    if not others:
        return rf"{first}\Z"
    *between, last = others
    middle = "".join(f"(?>.*?{part})" for part in between if part)
    end = rf".*{last}\Z" if last else ""
    return f"{first}{middle}{end}"


def _split(pattern: str) -> list[str]:
    parts = [""]
    for piece in pieces(pattern):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += one_character(piece)
    return parts


def _path_expression(pattern: str) -> str:
    """As above for ``**``, between which single stars stay within a folder.

    The first place does for these too: no later one ends in an earlier folder, or
    earlier in the same.
    """
    first, *others = _stretches(pattern)
    if not others:
        return _last_stretch(first)
    *between, last = others
    middle = "".join(f"(?>.*?{_earliest(each)})" for each in between)
    return f"{_earliest(first)}{middle}.*{_last_stretch(last)}"


# Stands in a stretch of pieces for the start of a file or folder.
_BOUNDARY = "**/"


def _stretches(pattern: str) -> list[list[str]]:
    """The pieces between the double stars."""
    found: list[list[str]] = [[]]
    waiting = ""
    for piece in (*pieces(pattern), ""):
        if piece == "*":
            waiting += "*"
            continue
        if len(waiting) > 1:
            # "a**/b": there the double star is not a folder's name.
            before = found[-1][-1:]
            is_folder = piece == "/" and before in ([], ["/"], [_BOUNDARY])
            found.append([_BOUNDARY] if is_folder else [])
            if not is_folder and piece:
                found[-1].append(piece)
        else:
            found[-1] += [*waiting, piece] if piece else [*waiting]
        waiting = ""
    return found


def _earliest(stretch: list[str]) -> str:
    """Matches up to the first place where the stretch may end."""
    first, *others = _between_stars(stretch)
    return first + "".join(f"(?>[^/]*?{group})" for group in others)


def _last_stretch(stretch: list[str]) -> str:
    *before, last = _between_stars(stretch)
    if not before:
        return rf"{last}\Z"
    first, *others = before
    middle = "".join(f"(?>[^/]*?{group})" for group in others)
    return rf"{first}{middle}[^/]*{last}\Z"


def _between_stars(stretch: list[str]) -> list[str]:
    groups = [""]
    for piece in stretch:
        if piece == "*":
            groups.append("")
        else:
            groups[-1] += _piece_of_path(piece)
    return groups


def _piece_of_path(piece: str) -> str:
    if piece == _BOUNDARY:
        return r"(?:\A|(?<=/))"
    expression = one_character(piece)
    is_wild = piece == "?" or (piece[0] == "[" and len(piece) > 2)
    return f"(?!/){expression}" if is_wild else expression


__all__ = ["TEXT_CHARS", "BadGlob", "Test", "glob_test", "path_test"]
