"""The query box's language: text to IssueFilter, without a look at the database."""

from issues.search.errors import Reason, SearchError
from issues.search.reading import parse
from issues.search.spans import checked_span
from issues.search.terms import (
    LEVELS,
    STATUSES,
    UNRESOLVED,
    ColumnTerm,
    FirstReleaseTerm,
    IssueFilter,
    NumberTerm,
    TagTerm,
    TextTerm,
    TimeTerm,
    UserTerm,
)
from issues.search.values import literal, quote, words_of

__all__ = [
    "LEVELS",
    "STATUSES",
    "UNRESOLVED",
    "ColumnTerm",
    "FirstReleaseTerm",
    "IssueFilter",
    "NumberTerm",
    "Reason",
    "SearchError",
    "TagTerm",
    "TextTerm",
    "TimeTerm",
    "UserTerm",
    "checked_span",
    "literal",
    "parse",
    "quote",
    "words_of",
]
