"""Why a query cannot be read, and which of its words is to blame."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a query cannot be read."""

    IS = "is"
    LEVEL = "level"
    NUMBER = "number"
    DATE = "date"
    EMPTY = "empty"
    ME = "me"
    OPERATOR = "operator"
    GROUP = "group"
    YES_OR_NO = "yes_or_no"
    ID = "id"
    TOO_MANY = "too_many"
    LIST = "list"
    HAS = "has"
    PRIORITY = "priority"
    NOT_KEPT = "not_kept"
    NOT_LINKED = "not_linked"
    NO_TIME = "no_time"
    FUTURE = "future"
    BACKWARDS = "backwards"


def _(text: str) -> str:
    """Marks text for translation, which is done where an error is shown."""
    return text


_MESSAGES = {
    Reason.IS: _(
        "{term} is not known; try is:unresolved, is:resolved, is:ignored, is:new, "
        "is:ongoing, is:regressed, is:for_review, is:assigned or is:bookmarked."
    ),
    Reason.LEVEL: _("{term} needs one of debug, info, warning, error, fatal."),
    Reason.NUMBER: _("{term} needs a number, for example {key}:>100."),
    Reason.DATE: _("{term} needs a time, for example {key}:-24h or {key}:>2026-01-31."),
    Reason.EMPTY: _("{term} needs a value after the colon."),
    Reason.ME: _("{term} is not known; try {key}:me."),
    Reason.OPERATOR: _(
        "{term} is not an operator here: every term must match. "
        "Quote it to search for the word."
    ),
    Reason.GROUP: _(
        "{term} opens a group, and there are none here: every term must match. "
        "Quote it to search for the words."
    ),
    Reason.YES_OR_NO: _("{term} needs yes or no."),
    Reason.ID: _("{term} needs an id, for example {key}:42."),
    Reason.TOO_MANY: _("{term} is one term too many; leave some out."),
    Reason.LIST: _("{term} takes one value, not a list; write a term for each."),
    Reason.HAS: _(
        "{term} cannot be asked; ask for a value instead, for example timesSeen:>10."
    ),
    Reason.PRIORITY: _("{term} needs one of high, medium, low."),
    Reason.NOT_KEPT: _("{term} asks for what is not kept here."),
    Reason.NOT_LINKED: _(
        "{term} asks for links to other trackers, which issues do not have here."
    ),
    Reason.NO_TIME: _("{term} is no time; write 2026-01-31 or 2026-01-31T08:00."),
    Reason.FUTURE: _("{term} lies in the future: nothing has happened then."),
    Reason.BACKWARDS: _("The time asked for ends before it begins."),
}


class SearchError(ValueError):
    """A query that cannot be read; says which term, where it stands and why."""

    def __init__(
        self, reason: Reason, term: str, *, at: int | None, key: str = ""
    ) -> None:
        self.reason = reason
        self.term = term
        self.key = key
        # The term's place in the query, counted in characters; None: it is not in it.
        self.at = at
        super().__init__(self.explain(self.template))

    @property
    def template(self) -> str:
        """The explanation before its names are filled in, for translation."""
        return _MESSAGES[self.reason]

    def explain(self, template: str) -> str:
        """The (translated) template with the term in its place."""
        return template.format(term=self.term, key=self.key)
