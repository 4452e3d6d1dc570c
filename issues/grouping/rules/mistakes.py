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


TOO_LONG = "the rules are longer than %(found)s characters"
TOO_MANY_RULES = "there are more than %(found)s rules"
TOO_MUCH = "the patterns up to here stand for more than %(found)s texts"
NO_MATCHER = "expected a matcher such as error.type:ValueError, found %(found)s"
UNKNOWN_MATCHER = "there is no matcher called %(found)s"
NO_PATTERN = "expected a pattern right after the colon"
UNCLOSED_QUOTE = "this quotation mark is not closed"
AFTER_QUOTE = "expected a blank after the quotation mark"
BAD_GLOB = "not a pattern: %(found)s"
NO_NAME_OF_TAG = "expected the name of a tag after tags."
NOT_YES_OR_NO = "expected yes or no, found %(found)s"
UNKNOWN_FAMILY = "expected javascript, native, other or all, found %(found)s"
NO_ARROW = "expected -> and a fingerprint after the matchers"
NO_FINGERPRINT = "expected a fingerprint after the arrow"
UNCLOSED_VARIABLE = "expected }} at the end of the variable"
UNKNOWN_ATTRIBUTE = "expected title=, found %(found)s"
AFTER_TITLE = "expected nothing after the title"
NO_ACTION = "expected an action such as -app, +group or max-frames=3"
UNKNOWN_ACTION = "there is no action called %(found)s"
NO_NUMBER = "expected a number from 0 to 1000, found %(found)s"
NO_CATEGORY = "expected the name of a category after the equals sign"
ACTION_FIRST = "matchers go before actions"
UNCLOSED_NEIGHBOUR = "this bracket is not closed"
NO_BAR = "expected | between a frame and its neighbour"
EMPTY_NEIGHBOUR = "expected a matcher in the brackets"
NOT_OF_FRAME = "%(found)s is not about one frame, so it cannot tell of a neighbour"

SENTENCES = tuple(
    value
    for name, value in sorted(globals().items())
    if name.isupper() and isinstance(value, str)
)
