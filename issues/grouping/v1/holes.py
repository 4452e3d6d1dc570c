"""What of a message counts: its words, and where the gaps between them are.

What fills a gap varies in kind as well: an id may be a number one day and hexadecimal
the next, a list may hold one value or many. Pages show the kinds; hashes do not.
"""

from __future__ import annotations

import re

GAP = "<*>"
_KINDS = (
    "number|id|hex|uuid|mac|trace|token|date|time|duration|size|version|email|url|ip"
    "|hostname|phone|quoted|json|list|value|bool"
)
_GAP = re.compile(rf"<(?:{_KINDS})>")
_QUERY = re.compile(r"(?<=[\w>/])<query>")
# Folders of caches and stores are called by the start of a hash, as in "ab/3f/ab3f9c".
_HASHED = re.compile(
    r"(?<![\w>-])(?:(?:[0-9a-f]{2}|<number>|<id>)/){1,4}(?=<(?:number|id|hex|uuid)>)"
)
_SERIES = re.compile(
    r"<\*>(?:(?:[,;]?\ ?|-)<\*>|-(?:(?=[A-Za-z]{0,40}\d)\w{1,40}+"
    r"|(?:[A-Za-z]{0,20}?[a-z][A-Z]){2}\w{0,40}+)){1,100}+(?:,(?=\)))?|<\*>,(?=\))"
)
_NUMBERS = re.compile(r"(?<![\w\])])\[<\*>(?:(?:,\ ?|\ )<\*>){0,100}\](?![\[(.])")
_REPEATED = re.compile(r"(<[\w.:]{1,80}>)(?:(?:,\ ?|\ |;\ ?)\1)+")
_THERE = re.compile(r"(?<=\b[Tt]here )(?:is|are|was|were)(?= <number>)")
_COUNTED = re.compile(r"(?<=<number> )[^\W\d_]{4,40}(?![\w-])")
_ENDINGS = "enrs" + "".join(
    map(chr, (*range(0x430, 0x43A), 0x43C, 0x43E, 0x443, 0x445))
)
_ENDINGS += "".join(map(chr, range(0x44B, 0x450)))
_STEM_CHARS = 3
_ENDING_CHARS = 2
# Of two forms the one depends on how the number before is read aloud.
_PARTICLES = re.compile(r"(?<=<number> )(?:을|를|이|가|은|는|과|와|으로|로)(?=\s|$)")


def without_kinds(message: str) -> str:
    """The message without variable data as it counts for grouping."""
    if "<" not in message:
        return message
    if "<query>" in message:
        message = _QUERY.sub("", message)
    if "/<" in message:
        message = _HASHED.sub(_gaps, message)
    if "<number> " in message:
        message = _COUNTED.sub(_stem, _THERE.sub("is", message))
        if not message.isascii():
            message = _PARTICLES.sub("", message)
    message = _REPEATED.sub(r"\1", message)
    return _SERIES.sub(GAP, _NUMBERS.sub(GAP, _GAP.sub(GAP, message)))


def _gaps(match: re.Match[str]) -> str:
    return f"{GAP}/" * match[0].count("/")


def _stem(match: re.Match[str]) -> str:
    """What is counted without the ending that says how many; English has none here."""
    word = match[0]
    if word.isascii() and word.islower():
        return word
    start = max(_STEM_CHARS, len(word) - _ENDING_CHARS)
    return word[:start] + word[start:].rstrip(_ENDINGS)
