"""Objects and lists written into messages: JSON, and what languages print like it."""

from __future__ import annotations

import re

_START = re.compile(
    r"""\bmap\[(?=[\w"'.-]{1,40}:) | &\{ | (?<=\w)\[(?=[a-z]\w{0,40}=)
      | (?<!\$)\{(?!closure)(?=\s?(?:["':]|[A-Za-z_][\w.-]{0,40}\s?(?:=|:)))
      | (?<![\w\])])\[(?=\s?(?:["']|\{\s?["':]|[A-Z]\w{0,60}[({]
          |-?\d[\d.]{0,20},\s?["'{\[]))""",
    re.VERBOSE,
)
_MARK = re.compile(r"""[\[\](){}"']""")
_CLOSES = {"]": "[", ")": "(", "}": "{"}
_BEFORE_TEXT = frozenset("{[(,:=> ")


def without_objects(text: str) -> str:
    """The text with each object as ``<json>`` and each list of texts as ``<list>``.

    An object that is cut off reaches to the end of the text.
    """
    kept = []
    done = 0
    while (start := _START.search(text, done)) is not None:
        opening = start.end() - 1
        kept += [text[done : start.start()], _name(text, opening)]
        done = _end(text, opening)
    kept.append(text[done:])
    return "".join(kept)


def _name(text: str, opening: int) -> str:
    is_list = (
        text[opening] == "[" and text[opening + 1 : opening + 3].strip()[:1] != "{"
    )
    is_map = text[max(opening - 3, 0) : opening] == "map"
    return "<list>" if is_list and not is_map else "<json>"


def _end(text: str, opening: int) -> int:
    """The place behind the bracket that closes the one at the place."""
    depth = 0
    place = opening
    while (mark := _MARK.search(text, place)) is not None:
        sign, place = mark[0], mark.end()
        if sign in _CLOSES:
            depth -= 1
            if depth == 0:
                return place
        elif sign not in "\"'":
            depth += 1
        elif text[mark.start() - 1] in _BEFORE_TEXT:
            place = _end_of_text(text, place, sign)
    return len(text)


def _end_of_text(text: str, place: int, quote: str) -> int:
    """The place behind the closing quote; where there is none, the text goes on."""
    start = place
    while (place := text.find(quote, place)) >= 0:
        place += 1
        if text[place - 2] != "\\":
            return place
    return start
