"""Reads one line of rules from left to right."""

from __future__ import annotations

import re
from typing import NoReturn

from issues.grouping.rules import mistakes
from issues.grouping.rules.mistakes import BadRule, Mistake

FOUND_CHARS = 60

_BLANKS = re.compile(r"\s*")
_WORD = re.compile(r"\S+")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_ESCAPED_QUOTE = re.compile(r'\\(\\|")')


class Scanner:
    """A line and the place up to which it was read."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line
        self.place = 0

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.place)
        self.place = match.end() if match else self.place

    @property
    def at_end(self) -> bool:
        return self.place >= len(self.text)

    def starts(self, *words: str) -> bool:
        return self.text.startswith(words, self.place)

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, which is then read."""
        match = expression.match(self.text, self.place)
        if match is not None:
            self.place = match.end()
        return match

    def word(self) -> str:
        """What stands here up to the next blank, unread."""
        match = _WORD.match(self.text, self.place)
        return match[0] if match else ""

    def quoted(self, *, keeps_escapes: bool) -> str:
        r"""The text between the quotation marks here.

        ``\"`` is a quotation mark; other backslashes stay if escapes are kept.
        Raises BadRule.
        """
        start = self.place
        match = self.take(_QUOTED)
        if match is None:
            self.fail(mistakes.UNCLOSED_QUOTE, at=start)
        if keeps_escapes:
            # A pair of backslashes stays one, so that it hides no quotation mark.
            return _ESCAPED_QUOTE.sub(
                lambda found: '"' if found[1] == '"' else found[0], match[1]
            )
        return _ESCAPED_QUOTE.sub(r"\1", match[1])

    def fail(
        self, sentence: str, *, found: str = "", at: int | None = None
    ) -> NoReturn:
        """Raises BadRule."""
        column = (self.place if at is None else at) + 1
        if len(found) > FOUND_CHARS:
            found = found[: FOUND_CHARS - 3] + "..."
        raise BadRule(Mistake(self.line, column, sentence, found))
