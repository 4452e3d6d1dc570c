"""What is wrong with a line of rules, and where."""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """Line and column count from one; ``found`` fills the place in the sentence."""

    line: int
    column: int
    sentence: str
    found: str = ""

    def __str__(self) -> str:
        said = self.sentence % {"found": self.found}
        return f"line {self.line}, column {self.column}: {said}"


class BadRule(ValueError):
    """The line is no rule."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def gettext_noop(sentence: str) -> str:
    """Marks the sentence for translators; told in English here."""
    return sentence


TOO_LONG = gettext_noop("the rules are longer than %(found)s characters")
TOO_MANY_RULES = gettext_noop("there are more than %(found)s rules")
TOO_MUCH = gettext_noop("the patterns up to here stand for more than %(found)s texts")
NO_MATCHER = gettext_noop(
    "expected a matcher such as error.type:ValueError, found %(found)s"
)
UNKNOWN_MATCHER = gettext_noop("there is no matcher called %(found)s")
NO_PATTERN = gettext_noop("expected a pattern right after the colon")
UNCLOSED_QUOTE = gettext_noop("this quotation mark is not closed")
AFTER_QUOTE = gettext_noop("expected a blank after the quotation mark")
BAD_GLOB = gettext_noop("not a pattern: %(found)s")
NO_NAME_OF_TAG = gettext_noop("expected the name of a tag after tags.")
NOT_YES_OR_NO = gettext_noop("expected yes or no, found %(found)s")
UNKNOWN_FAMILY = gettext_noop(
    "expected javascript, native, other or all, found %(found)s"
)
NO_ARROW = gettext_noop("expected -> and a fingerprint after the matchers")
NO_FINGERPRINT = gettext_noop("expected a fingerprint after the arrow")
UNCLOSED_VARIABLE = gettext_noop("expected }} at the end of the variable")
UNKNOWN_ATTRIBUTE = gettext_noop("expected title=, found %(found)s")
AFTER_TITLE = gettext_noop("expected nothing after the title")
NO_ACTION = gettext_noop("expected an action such as -app, +group or max-frames=3")
UNKNOWN_ACTION = gettext_noop("there is no action called %(found)s")
NO_NUMBER = gettext_noop("expected a number from 0 to 1000, found %(found)s")
NO_CATEGORY = gettext_noop("expected the name of a category after the equals sign")
ACTION_FIRST = gettext_noop("matchers go before actions")
UNCLOSED_NEIGHBOUR = gettext_noop("this bracket is not closed")
NO_BAR = gettext_noop("expected | between a frame and its neighbour")
EMPTY_NEIGHBOUR = gettext_noop("expected a matcher in the brackets")
NOT_OF_FRAME = gettext_noop(
    "%(found)s is not about one frame, so it cannot tell of a neighbour"
)
