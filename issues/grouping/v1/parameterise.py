"""Messages without their variable data: ids, numbers, dates, addresses, paths.

First what has an inner structure (UUIDs, JSON and its kin), then one pass with one
pattern: the alternatives are tried from the most to the least telling at each place
where data may begin, and none of them can backtrack far.
"""

from __future__ import annotations

import re
from functools import lru_cache

from issues.grouping.v1 import patterns, quotes, words
from issues.grouping.v1.objects import without_objects

LINES = 2
CHARS_MAX = 768
"""What lies behind is left out: messages of one template differ or agree before."""

_SIGNS = re.compile(
    r"[\d@\"='`“«„\u2018「『《]|://|\.[a-z]{2}|[{\[]|/(?:home|Users|tmp)/|[a-f]{8}"
    r"|[A-F]{8}|Bearer |:[A-Fa-f]{2}:|Basic |#[A-F]{3}\b"
)
_UUID = re.compile(
    r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"
    r"[0-9a-fA-F]{12}(?![0-9a-fA-F])"
)
# Scripts without spaces between words leave none around numbers either.
_UNSPACED_SIGNS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_UNSPACED = re.compile(
    rf"(?<=[{_UNSPACED_SIGNS}])(?=[\d\"'“\u2018「『《])"
    rf"|(?<=[\d\"'”\u2019」』》])(?=[{_UNSPACED_SIGNS}])"
)
_LIST = re.compile(
    r"<(number|hex|id|uuid|quoted|ip|duration|size|json)>(?:(?:,\ ?|\ |;\ ?)<\1>)+"
)
_ROWS = re.compile(r"(\(<\w{2,9}>(?:,\ ?<\w{2,9}>){0,40}\))(?:,\ ?\1)+")
_COUNTED = re.compile(r"(?<=<number>)(?:\ [a-z]{2,24}){1,4}(?![\w-])")
_SHOWN = {
    "dates": "date",
    "version_": "version",
    "base64": "id",
    "digits": "id",
    "form": "query",
}
_VERBS = {"was": "were", "is": "are", "has": "have", "does": "do"}
_NO_PLURALS = ("ss", "us", "is")


@lru_cache(maxsize=2048)
def parameterised(message: str) -> str:
    """The first two lines of the message, each piece of variable data as ``<kind>``."""
    lines = [line for line in message.splitlines() if line.strip()]
    text = "\n".join(lines[:LINES])[:CHARS_MAX]
    if len(lines) > LINES:
        text += "..."
    if not _SIGNS.search(text):
        return text
    if not text.isascii():
        text = _UNSPACED.sub(" ", text)[:CHARS_MAX]
    if text.count("-") >= 4:
        text = _UUID.sub("<uuid>", text)
    if "{" in text or "[" in text:
        text = without_objects(text)
    text = patterns.VARIABLE.sub(_placeholder, text)
    if "<" not in text:
        return text
    text = _LIST.sub(r"<\1>", text)
    text = _ROWS.sub(r"\1", text)
    return _COUNTED.sub(_plural, text) if "<number> " in text else text


def _placeholder(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "word":
        return words.word(match[0])
    if kind == "assigned":
        return match[0] if words.is_name(match[0]) else "<id>"
    if kind == "fixed":
        return match[0]
    if kind == "quoted":
        return quotes.quoted(match, _inner)
    if kind == "measure":
        return f"<number>{match['unit'].replace(' ', '').rstrip('NSEW')}"
    if kind == "home":
        return f"{match[0][: match.end('place') - match.start()]}<user>"
    if kind == "repr":
        return f"<{match['class']}>"
    return f"<{_SHOWN.get(kind, kind)}>"


def _inner(text: str) -> str:
    return patterns.VARIABLE.sub(_placeholder, text)


def _plural(match: re.Match[str]) -> str:
    """What is counted, in a form that is the same for one and for many.

    A verb right behind the number says that the number is a name.
    """
    blank, first, *others = match[0].split(" ")
    if first in _VERBS:
        return match[0]
    words = [_VERBS.get(word) or _singular(word) for word in others]
    return " ".join([blank, _singular(first), *words])


def _singular(word: str) -> str:
    if len(word) < 4 or word[-1] != "s" or word.endswith(_NO_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]
