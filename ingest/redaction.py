"""JSON without secrets: fields with telling names, and telling signs within texts.

All signs are looked for together, in one pass of an Aho-Corasick automaton; only
where one stands is looked closer. 4 µs for a KB of an ordinary event, where the
patterns of ``ingest.secrets`` would take fifty. The JSON is orjson's: without blanks
between its parts, and with each quote within a text behind a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import orjson
from ahocorasick_rs import BytesAhoCorasick, Implementation

from ingest.secrets import (
    FILTERED,
    NAMES_WHOLE,
    NAMES_WITHIN,
    Secrets,
    holds_card,
)
from projects.rules import ScrubbingRules

_FILTERED = orjson.dumps(FILTERED)
# In small letters, and with zeros for all digits.
_PLAIN = bytes(48 if 48 <= code <= 57 else code for code in bytes(range(256)).lower())
_NAME_CHARS = 256
_PRIVATE_KEY_CHARS = 48

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')
_SCALAR = re.compile(rb"[^,\]}]*")
_DIGITS = re.compile(rb"[0 -]+")
# What follows a word that tells a secret within a text: its value, or a token.
_VALUE = re.compile(rb"[a-z0_-]{0,32}(?:(?:\\{1,15}\"|') {0,2}:| {0,2}=)")
_OF_FIELD = re.compile(rb"(?:(?<=\\)\\{0,15}\")? {0,2}:")
_PASSWORD = re.compile(rb"ord:|" + _VALUE.pattern)
_TOKEN = re.compile(rb"[: ]{0,2}[a-z0~+/=_.-]{6}")
_CREDENTIALS = re.compile(rb"[: ]{1,2}[a-z0~+/=_. -]{6}")
_USER = re.compile(rb"://[^ /?#@:\"'\\]{0,256}:[^ /?#@\"'\\]{1,256}@")
_USER_CHARS = 3 + 2 * 256 + 1
_ANYTHING = re.compile(rb"[^ \"]")
_REST_OF_KEY = re.compile(rb"[a-z0_-]{10}")
# What a field may hold that is no secret, as its value begins.
_HARMLESS = (b'"[filtered]"', b'""', b"null", b"true", b"false", b"{}", b"[]")


class Place(NamedTuple):
    """A value or a text in the JSON, its quotes included."""

    start: int
    end: int
    # A field's value is filtered whole, a text is cleaned.
    is_value: bool


class _Json:
    """The JSON that is looked at, from its start to its end."""

    def __init__(self, data: bytes, secrets: Secrets) -> None:
        self.data = data
        self.secrets = secrets
        self.plain = data.translate(_PLAIN)
        # Up to where digits are known to be no card's, and the last name looked at:
        # each is looked at once, however many signs stand in it.
        self.cardless_until = 0
        self._clean_name = -1
        self._strings: Iterator[re.Match[bytes]] | None = None
        self._string: re.Match[bytes] | None = None

    def text_around(self, place: int) -> Place | None:
        """The text or the field's name with the place in it; None in a number."""
        if self._strings is None:
            self._strings = _STRING.finditer(self.data)
            self._string = next(self._strings, None)
        while self._string and self._string.end() <= place:
            self._string = next(self._strings, None)
        if self._string is None or self._string.start() > place:
            return None
        start, end = self._string.span()
        if self.plain[end : end + 1] == b":":
            # A name; mostly it only tells of what it names.
            if start == self._clean_name or not self._is_secret_itself(start, end):
                self._clean_name = start
                return None
        elif self.secrets.has_safe_names and self.is_safe(start):
            return None
        return Place(start, end, False)

    def _is_secret_itself(self, start: int, end: int) -> bool:
        name = orjson.loads(self.data[start:end])
        return bool(self.secrets.cleaned(name) != name)

    def is_safe(self, start: int) -> bool:
        """Whether the value that begins there is of a field that is to be kept."""
        before = self.plain[max(start - _NAME_CHARS, 0) : start]
        if not before.endswith((b'":', b'",')):
            return False
        # A field's name, or that of a pair; of other lists it is the text before.
        name = before[:-2].rpartition(b'"')[2]
        return self.secrets.is_safe(name.decode(errors="replace"))

    def value_at(self, start: int) -> Place:
        """The value that begins there, or behind the blanks there."""
        while self.plain[start : start + 1].isspace():
            start += 1
        first = self.plain[start : start + 1]
        if first not in (b"[", b"{"):
            pattern = _STRING if first == b'"' else _SCALAR
            found = pattern.match(self.data, start)
            return Place(start, found.end() if found else len(self.data), True)
        depth = 0
        for mark in _MARK.finditer(self.data, start):
            sign = mark[0]
            depth += (sign in b"[{") - (sign in b"]}")
            if not depth:
                return Place(start, mark.end(), True)
        return Place(start, len(self.data), True)


Look = Callable[[_Json, int, int], Place | None]
"""Looks closer at a sign that stands between two places of the JSON."""


def _rewritten(text: str) -> bytes:
    """JSON as orjson writes it; what is none stays as it is."""
    try:
        return orjson.dumps(orjson.loads(text))
    except ValueError:
        return text.encode()


class Redactor:
    """Takes out of JSON what is secret by one set of rules."""

    def __init__(self, rules: ScrubbingRules) -> None:
        self._secrets = Secrets(rules)
        signs = _signs_of(self._secrets)
        self._looks = list(signs.values())
        # Own words may be part of others, which are to be found all the same.
        self._is_own = bool(self._secrets.words)
        self._find_signs = BytesAhoCorasick(
            list(signs),
            # Faster, and fifteen times as large: for nearly all projects.
            implementation=Implementation.ContiguousNFA
            if self._is_own
            else Implementation.DFA,
        ).find_matches_as_indexes

    def redacted(self, data: bytes) -> bytes:
        """The JSON without secrets; the same object if it holds none."""
        json = _Json(data, self._secrets)
        looks = self._looks
        kept = []
        done = 0
        for sign, start, end in self._find_signs(json.plain, self._is_own):
            if start < done:
                # What lies within a place that was replaced has been looked at.
                continue
            for look in looks[sign]:
                if place := look(json, start, end):
                    kept += [data[done : place.start], self._replacement(data, place)]
                    done = place.end
                    break
        return b"".join([*kept, data[done:]]) if kept else data

    def _replacement(self, data: bytes, place: Place) -> bytes:
        if place.is_value:
            return _FILTERED
        text = orjson.loads(data[place.start : place.end])
        return orjson.dumps(self._cleaned(text))

    def _cleaned(self, text: str) -> str:
        """The text without secrets; of one that is JSON itself, its fields, too."""
        if text.startswith(('{"', "[")):
            # It may have been cut, or be none after all.
            with suppress(ValueError):
                text = self.redacted(_rewritten(text)).decode()
        return self._secrets.cleaned(text)


def _within_name(json: _Json, start: int, end: int) -> Place | None:
    """The word may be part of a field's name, or of the first text of a pair."""
    plain = json.plain
    quote = plain.find(b'"', end, end + _NAME_CHARS)
    while plain[quote - 1 : quote] == b"\\":
        quote = plain.find(b'"', quote + 1, end + _NAME_CHARS)
    after = plain[quote + 1 : quote + 2]
    if after == b":":
        return _field(json, start, quote + 2)
    opening = plain.rfind(b'"', max(start - _NAME_CHARS, 0), start)
    if after == b"," and plain[opening - 2 : opening] in (b"[[", b",["):
        return _pair(json, start, quote + 2)
    return None


def _field(json: _Json, _: int, end: int) -> Place | None:
    """A field whose value begins at `end`, behind its name, a quote and a sign."""
    plain = json.plain
    if plain.startswith(_HARMLESS, end):
        return None
    first = max(end - _NAME_CHARS, 0)
    opening = plain.rfind(b'"', first, end - 2)
    while plain[opening - 1 : opening] == b"\\":
        opening = plain.rfind(b'"', first, opening)
    name = json.data[opening + 1 : end - 2]
    if not json.secrets.is_written_name(name) or _are_filtered(plain, end):
        return None
    return json.value_at(end)


def _pair(json: _Json, start: int, end: int) -> Place | None:
    """A header, a field of a query, a tag: a list of a name and a text."""
    value = _field(json, start, end)
    is_last = value is not None and json.plain[value.end : value.end + 1] == b"]"
    return value if is_last else None


def _are_filtered(plain: bytes, start: int) -> bool:
    """Whether a list of pairs begins there whose values are all filtered."""
    if not plain.startswith(b"[[", start):
        return False
    pairs = plain[start : plain.find(b"]]", start) + 2]
    filtered = pairs.count(b',"[filtered]"]')
    # A cookie without a name has been filtered whole.
    nameless = pairs.count(b'["[filtered]","[filtered]"]')
    # The list, and each pair with its filtered text, have a bracket each.
    return filtered > 0 and pairs.count(b"[") == 1 + 2 * filtered + nameless


def _followed_by(pattern: re.Pattern[bytes]) -> Look:
    def look(json: _Json, start: int, end: int) -> Place | None:
        return json.text_around(start) if pattern.match(json.plain, end) else None

    return look


def _user(json: _Json, start: int, _: int) -> Place | None:
    """The end of an address's user and password: rarer than addresses are."""
    address = json.plain.rfind(b"://", max(start - _USER_CHARS, 0), start)
    if address < 0 or not _USER.match(json.plain, address, start + 1):
        return None
    return json.text_around(start)


def _private_key(json: _Json, start: int, _: int) -> Place | None:
    before = json.plain[max(start - _PRIVATE_KEY_CHARS, 0) : start]
    return json.text_around(start) if b"begin" in before else None


def _digits(json: _Json, start: int, _: int) -> Place | None:
    """Digits that are a card's number; long decimals are many, and are none."""
    before = json.plain[start - 1 : start]
    if before in (b"0", b".") or start < json.cardless_until:
        return None
    run = _DIGITS.match(json.plain, start)
    end = run.end() if run else start
    json.cardless_until = end
    if not holds_card(json.data[start - 1 : end + 2].decode(errors="replace")):
        return None
    is_number = before in (b":", b",", b"[") and end - start <= 19
    if text := json.text_around(start):
        return text
    if not is_number or json.is_safe(start):
        return None
    return json.value_at(start)


def _signs_of(secrets: Secrets) -> dict[bytes, tuple[Look, ...]]:
    """What is looked for, and how it is looked at."""
    signs = dict(_SIGNS) if secrets.has_defaults else {}
    for word in secrets.words:
        # Bytes beyond ASCII are as they are written, also in capitals.
        for cased in {word, word.upper(), word.capitalize()}:
            for spelling in _spellings(cased):
                sign = spelling.translate(_PLAIN)
                signs.setdefault(sign, (_within_name, _followed_by(_VALUE)))
    return signs


def _usual_signs() -> dict[bytes, tuple[Look, ...]]:
    """Those of what usually is a secret.

    Of signs that overlap the one that ends first is found, so that a shorter one has
    to do for a longer one as well.
    """
    in_text = _followed_by(_VALUE)
    of_field = _followed_by(_OF_FIELD)
    signs: dict[bytes, tuple[Look, ...]] = {}
    for word in NAMES_WITHIN:
        signs |= dict.fromkeys(_spellings(word), (_within_name, in_text))
    for word in NAMES_WHOLE:
        for name in _spellings(word):
            signs |= {b'"%s":' % name: (_field,), b'["%s",' % name: (_pair,)}
            # In a text that is JSON, or Python's.
            signs |= dict.fromkeys((b'"%s\\' % name, b"'%s'" % name), (of_field,))
    looks = (_within_name, in_text, _private_key)
    signs |= dict.fromkeys(_spellings("private+key"), looks)
    return signs | {
        b"passw": (_within_name, _followed_by(_PASSWORD)),
        b"pwd=": (_followed_by(_ANYTHING),),
        b"authorization": (_within_name, _followed_by(_CREDENTIALS), in_text),
        b"bearer": (_within_name, _followed_by(_TOKEN)),
        b"eyj": (_followed_by(_TOKEN),),
        **dict.fromkeys(_KEY_STARTS, (_followed_by(_REST_OF_KEY),)),
        b"@": (_user,),
        b"0000000000000": (_digits,),
        **dict.fromkeys((b"0000 0000 0000", b"0000-0000-0000"), (_digits,)),
        **dict.fromkeys((b"0000 000000 0000", b"0000-000000-0000"), (_digits,)),
    }


def _spellings(word: str) -> list[bytes]:
    return [word.replace("+", sign).encode() for sign in ("", "_", "-", ".", " ")]


# See secrets._KEYS.
_KEY_STARTS = (
    *(b"akia", b"asia", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
    *(b"glpat-", b"xoxa-", b"xoxb-", b"xoxe-", b"xoxp-", b"xoxr-", b"xoxs-"),
    *(b"k_live_", b"k_test_", b"aiza", b"sntrys_", b"sntryu_", b"sntrya_"),
)
_SIGNS = _usual_signs()


@lru_cache(maxsize=256)
def redactor_of(rules: ScrubbingRules) -> Redactor:
    return Redactor(rules)
