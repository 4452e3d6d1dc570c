"""Where in a query somebody types, and which keys would go on from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from issues.search.keys import KEYS, Key, Kind, key_named
from issues.search.lexing import tokens
from issues.search.reading import STATE_WORDS
from issues.search.values import quote

_SPANS = ("-1h", "-24h", "-7d", "-30d", "+30d")
_NUMBERS = (">10", ">100", ">1k", "1")
_FIXED = {
    Kind.IS: STATE_WORDS,
    Kind.LEVEL: ("fatal", "error", "warning", "info", "debug"),
    Kind.BOOKMARKS: ("me",),
    Kind.SUBSCRIBED: ("me",),
    Kind.PRIORITY: ("high", "medium", "low"),
    Kind.CATEGORY: ("error",),
    Kind.TIME: _SPANS,
    Kind.NUMBER: _NUMBERS,
    Kind.YES_OR_NO: ("yes", "no"),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """The part of a query that is being typed: [start:end] would be replaced."""

    start: int
    end: int
    # What stands there so far, without quotes.
    typed: str
    # The key whose value it is; None: it may become a key, or is text.
    key: Key | None


def spot(query: str, at: int) -> Spot:
    """What the cursor stands in or behind; an empty spot between terms.

    >>> spot("is:unresolved bro", 17).typed, spot("browser:Ch", 10).typed
    ('bro', 'Ch')
    """
    at = max(0, min(at, len(query)))
    for token in tokens(query):
        end = token.at + len(token.text)
        if not token.at <= at <= end:
            continue
        start = token.at + token.text.startswith("!")
        if token.quoted is not None:
            return Spot(at, at, "", None)
        name, colon, value = token.text[start - token.at :].partition(":")
        if not colon or at <= start + len(name):
            return Spot(start, min(end, start + len(name)), query[start:at], None)
        start += len(name) + 1
        if value.startswith("["):
            # Of a list, the item that the cursor is in.
            before = query[start:at]
            start += max(before.rfind("["), before.rfind(",")) + 1
            rest = query[start:end]
            end = start + min(
                (rest.index(mark) for mark in ",]" if mark in rest), default=len(rest)
            )
        return Spot(start, end, query[start:at].strip('" '), key_named(name))
    return Spot(at, at, "", None)


def keys_like(typed: str) -> list[Key]:
    """The keys that begin so, by any of their names; then those that have it within."""
    wanted = typed.lower()
    offered = [key for key in KEYS if key.about]
    begin = [
        key
        for key in offered
        if any(name.lower().startswith(wanted) for name in (key.name, *key.others))
    ]
    within = [key for key in offered if wanted in key.name.lower()]
    return list(dict.fromkeys([*begin, *within]))


def fixed_values(key: Key, typed: str) -> list[str]:
    """The values of a key that are the same everywhere."""
    return starting(_FIXED.get(key.kind, ()), typed)


def starting(values: Iterable[str], typed: str) -> list[str]:
    return [value for value in values if value.lower().startswith(typed.lower())]


def written(value: str, key: Key) -> str:
    """The value as a query has it."""
    return value if key.kind in _FIXED else quote(value)
