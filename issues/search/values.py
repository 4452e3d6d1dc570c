"""The right sides of terms: lists, numbers, times, and text that is quoted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_SPAN = re.compile(r"([+-])(\d{1,9})([mhdw])")
_NUMBER = re.compile(r"(>=|<=|>|<|)(\d{1,12})([kmb]?)")
_COMPARED = re.compile(r"(>=|<=|>|<|)(.+)", re.DOTALL)

Bounds = tuple[datetime | None, datetime | None]


def quote(value: str) -> str:
    """A value as a term's right side, quoted where it would end or mean something.

    >>> quote("Chrome"), quote("Chrome Mobile"), quote('say "hi"')
    ('Chrome', '"Chrome Mobile"', '"say \\\\"hi\\\\""')
    """
    escaped = literal(value)
    is_plain = re.fullmatch(r'(?!:|//)[^\s"\[\]<>]+', value) and escaped == value
    if is_plain:
        return value
    return '"' + escaped.replace('"', '\\"') + '"'


def literal(value: str) -> str:
    """A value of which no character has a meaning."""
    return value.replace("\\", "\\\\").replace("*", "\\*")


def unescape(text: str) -> str:
    """The text with what follows a backslash in its place."""
    return re.sub(r"\\(.)", r"\1", text)


def words_of(text: str) -> tuple[str, ...]:
    """The words of free text, parted as the index parts them (issues_search_text).

    >>> words_of("connectionPool: can't open src/db.py")
    ('connection', 'pool', 'can', 't', 'open', 'src', 'db', 'py')
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return tuple(re.sub(r"[\W_]+", " ", parted).lower().split())


def values_of(value: str) -> tuple[str, ...]:
    """The values of a term's right side; escapes other than `\\"` stay in them."""
    if value.startswith('"'):
        return (value[1:-1].replace('\\"', '"'),)
    if not value.startswith("["):
        return (value,)
    items = (_LIST_ITEM.finditer(value[1:-1])) if value.endswith("]") else ()
    found = [(quoted or bare).strip() for quoted, bare in (m.groups() for m in items)]
    return tuple(item.replace('\\"', '"') for item in found if item)


def number_of(value: str) -> tuple[str, int] | None:
    """(operator, number) of `>1k` and the like."""
    match = _NUMBER.fullmatch(value.lower())
    if match is None:
        return None
    return match[1] or "=", int(match[2]) * _FACTORS[match[3]]


def compared(value: str) -> tuple[str, str]:
    """(operator, rest): what a value is compared with, and how.

    >>> compared(">=1.2"), compared("1.2")
    (('>=', '1.2'), ('=', '1.2'))
    """
    match = _COMPARED.fullmatch(value)
    return (match[1] or "=", match[2]) if match else ("=", value)


def bounds_of(value: str, now: datetime) -> Bounds | None:
    """(since, until) of a relative span, a date, an instant, or a bound of one."""
    try:
        if span := _SPAN.fullmatch(value.lower()):
            edge = now - timedelta(seconds=int(span[2]) * _UNITS[span[3]])
            return (edge, None) if span[1] == "-" else (None, edge)
        operator, text = compared(value.strip('"'))
        at = datetime.fromisoformat(text)
        is_day = len(text) <= len("2026-01-31")
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        step = timedelta(days=1) if is_day else timedelta(microseconds=1)
        shown = step if is_day else timedelta(minutes=1)
        bounds: dict[str, Callable[[], Bounds]] = {
            "=": lambda: (at, at + shown),
            ">": lambda: (at + step, None),
            ">=": lambda: (at, None),
            "<": lambda: (None, at),
            "<=": lambda: (None, at + step),
        }
        return bounds[operator]()
    except (ValueError, OverflowError):
        return None
