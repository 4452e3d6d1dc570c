"""Quoted words in messages: values, which vary, and names, which tell."""

from __future__ import annotations

import re
from collections.abc import Callable


def _words(text: str) -> list[str]:
    return text.split()


_BEFORE_CHARS = 40
_FOREIGN = "b“«„\u2018「『《"
"""What values of bytes and the quotes of texts for people begin with."""
_VALUE_AFTER = ("=", "= ")
# What a name of the program stands behind.
_NAMED_AFTER = frozenset(
    _words(
        "action argument arguments attribute bean class column columns command "
        "component const constant constraint controller directive enum evaluating "
        "execute extension field function getter header index interface key library "
        "method middleware module modules operator option package param parameter "
        "plugin procedure properties property provider reading relation role route "
        "schema selector service setter setting symbol table template trait trigger "
        "type variable view "
    )
)
_NAMED_AFTER_TWO = frozenset(("module named", "import name", "has no", "modules named"))
_NAMED_BEFORE = re.compile(
    r"\s(?:object\b|has no (?:attribute|member|method|property|field|column|element|key"
    r"|exported|default|constructor)\b|is required|is undefined|field is"
    r"|is not (?:defined|a function|a constructor|callable|iterable))"
)
# Types that interpreters speak of, and calls: "Cart.total()".
_TYPES = frozenset(
    _words(
        "int str float bool list dict tuple set bytes complex NoneType object string "
        "number boolean undefined null Null None nil String Integer Long Double Object "
        "Boolean Array Hash Symbol function symbol array double resource"
    )
)
_CALL = re.compile(r"[A-Za-z_$<][\w.$:<>-]*\([\w., $\[\]<>]*\)")
_IMPORTED_FROM = re.compile(r"import name ['\"][\w.]+['\"] from $")
_STATEMENTS = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ")
_ALONE = re.compile(r"(?:\w*(?:Error|Exception): )?")


def quoted(match: re.Match[str], parameterised: Callable[[str], str]) -> str:
    """``<quoted>``, or the name with its quotes and without variable data in it."""
    whole = match[0]
    if not _is_name(match):
        return "<quoted>"
    start = 2 if whole[0] in "bru" else 1
    return whole[:start] + parameterised(whole[start:-1]) + whole[-1]


def _is_name(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    before = text[max(start - _BEFORE_CHARS, 0) : start]
    if before.endswith(_VALUE_AFTER) or match[0][0] in _FOREIGN:
        return False
    inner = match[0][1:-1]
    if _CALL.fullmatch(inner) or inner in _TYPES:
        return True
    if " " in inner:
        return False
    if "/" in inner or "\\" in inner or not inner:
        return True
    if _is_named(before) or _NAMED_BEFORE.match(text, end):
        return True
    if _IMPORTED_FROM.search(before):
        return True
    if match[0][0] != "'" and any(word in text for word in _STATEMENTS):
        return True
    alone = _ALONE.match(text)
    return end == len(text) and alone is not None and start == alone.end()


def _is_named(before: str) -> bool:
    words = before.rstrip(" :)").lower().replace("(", " ").split(" ")[-2:]
    return words[-1] in _NAMED_AFTER or " ".join(words) in _NAMED_AFTER_TWO
