"""Which releases and environments a query is about, without a look at the database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_TERM = re.compile(
    r"""
    \s*(?P<not>!)?(?P<key>[\w.]+):
    (?P<value>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s"\[]\S*)(?=\s|$)
    """,
    re.VERBOSE,
)
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]+?))\s*(?:,|$)')
_PIECE = re.compile(r"\\(.)|(\*)|([^\\*]+|\\)", re.DOTALL)
_KEYS = ("release", "environment")
# No release is called so: it means the latest one.
LATEST = "latest"


class SelectionError(ValueError):
    """A query that cannot be read; says which part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name must match one of the patterns, or none."""

    key: str
    patterns: tuple[re.Pattern[str], ...]
    is_negated: bool


@dataclass(slots=True)
class Selection:
    """Every term narrows what is taken."""

    terms: list[Term] = field(default_factory=list)

    def takes(self, version: str, environment: str) -> bool:
        names = {"release": version, "environment": environment}
        return all(
            any(pattern.fullmatch(names[term.key]) for pattern in term.patterns)
            != term.is_negated
            for term in self.terms
        )

    def narrow(self, key: str, values: Iterable[str]) -> None:
        """Takes only what is called exactly so."""
        patterns = tuple(re.compile(re.escape(value)) for value in values)
        self.terms.append(Term(key=key, patterns=patterns, is_negated=False))


def read_selection(query: str, *, latest: Iterable[str]) -> Selection:
    """The releases and environments that `release:1.* !environment:dev` asks for.

    `latest`: what `release:latest` stands for. Raises SelectionError.

    >>> read_selection("release:[1.0,2.*]", latest=()).takes("2.1", "")
    True
    >>> read_selection("!release:latest", latest=["1.0"]).takes("1.0", "")
    False
    """
    selection = Selection()
    position = 0
    query = query.strip()
    while position < len(query):
        match = _TERM.match(query, position)
        if match is None or match["key"] not in _KEYS:
            rest = query[position:].strip()
            raise SelectionError(
                f"expected release:… or environment:…, got {rest[:80]!r}"
            )
        position = match.end()
        while position < len(query) and query[position].isspace():
            position += 1
        selection.terms.append(_term(match, tuple(latest)))
    return selection


def _term(match: re.Match[str], latest: tuple[str, ...]) -> Term:
    patterns = []
    for value in _values(match["value"]):
        if match["key"] == "release" and value == LATEST:
            patterns += [re.compile(re.escape(version)) for version in latest]
        else:
            patterns.append(_pattern(value))
    return Term(
        key=match["key"],
        patterns=tuple(patterns),
        is_negated=match["not"] is not None,
    )


def _values(value: str) -> list[str]:
    if value.startswith("["):
        found = _ITEM.finditer(value[1:-1])
        return [quoted or bare for quoted, bare in (item.groups() for item in found)]
    return [value[1:-1] if value.startswith('"') else value]


def _pattern(value: str) -> re.Pattern[str]:
    """The value with `*` for any text; a backslash takes its meaning away."""
    pieces = []
    for escaped, star, plain in _PIECE.findall(value):
        pieces.append(".*" if star else re.escape(escaped or plain))
    return re.compile("".join(pieces), re.DOTALL)
