"""A query cut into its terms, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A term is key:value, the value bare, quoted or a list; or quoted or bare text.
_TERM = re.compile(
    r"""
    \s*(?P<term>
        (?P<not>!)?(?P<key>[\w.\-]+(?:\[[\w.:\-]+\])?):
        (?P<value>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s"]\S*|(?=\s|$))
      | !?"(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<bare>\S+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A term as it was written, and where it begins in the query."""

    text: str
    at: int
    # Empty for free text.
    key: str = ""
    value: str = ""
    is_negated: bool = False
    # The inside of quotes around free text.
    quoted: str | None = None


def tokens(query: str) -> Iterator[Token]:
    """The terms from left to right; a key needs no value behind its colon."""
    for match in _TERM.finditer(query):
        text, at = match["term"], match.start("term")
        if match["key"] is None:
            is_negated = text.startswith("!")
            quoted = match["quoted"]
            yield Token(text=text, at=at, is_negated=is_negated, quoted=quoted)
            continue
        key, value, is_negated = match["key"], match["value"], match["not"] is not None
        # "https://…", "std::vector" and "TypeError: …" are text, not terms.
        if value.startswith(("//", ":")) or (not value and not is_negated):
            yield Token(text=text, at=at)
            continue
        yield Token(text=text, at=at, key=key, value=value, is_negated=is_negated)
