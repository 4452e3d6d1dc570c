"""What a query asks for: conditions that an issue must all meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from issues.search.values import literal

STATUSES = frozenset({"unresolved", "resolved", "ignored"})
LEVELS = frozenset({"debug", "info", "warning", "error", "fatal"})

Instant = Literal["first_seen", "last_seen", "event"]
Number = Literal["event_count", "user_count"]
Column = Literal["type", "value", "title", "culprit", "platform", "kind"]
# Where words are looked for: all that is known of an issue, what it is called, or the
# calls that led to it.
Place = Literal["anywhere", "called", "function", "module", "filename"]
Operator = Literal["=", "<", "<=", ">", ">=", "!="]
ReleasePart = Literal["version", "package", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negatable:
    """A condition that may be turned round."""

    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTerm(Negatable):
    """Issues in whose text each word begins a word; of a phrase, side by side."""

    words: tuple[str, ...]
    place: Place = "anywhere"
    is_phrase: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTerm(Negatable):
    """Issues with an event whose tag has one of these values.

    No values: any value will do. A `*` in a value stands for any text.
    """

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTerm(Negatable):
    """Issues whose own field has one of these values (none: any but the empty one)."""

    column: Column
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReleaseTerm(Negatable):
    """Issues whose first event was of one of these releases; `*` as above."""

    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTerm(Negatable):
    """Issues with an event of a release whose part compares so, or is one of these.

    Versions are ordered by their numbers, whatever package they are of.
    """

    part: ReleasePart
    values: tuple[str, ...]
    operator: Operator = "="


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTerm(Negatable):
    """Issues that affected one of these users: "id:5", or 5 of whatever kind.

    No identities: anybody.
    """

    identities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTerm(Negatable):
    """Bounds of an instant: `since` is included, `until` is not.

    Of the instants "event", that of any event, whole hours are known.
    """

    instant: Instant
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTerm:
    """A bound of the number of events or users."""

    number: Number
    operator: Operator
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookmarkTerm(Negatable):
    """Issues that the reader has bookmarked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedTerm(Negatable):
    """Issues that the reader hears of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTerm(Negatable):
    """Issues of this status for one of these reasons, by their names in lower case."""

    status: str
    substatuses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssigneeTerm(Negatable):
    """Issues assigned to one of these: "me", "none" for nobody, "my_teams", "#team",
    or a member by address, name or id. No names: to anybody."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTerm(Negatable):
    """Issues of projects with one of these ids or slugs."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTerm(Negatable):
    """Issues with one of these ids, or of these short ids (project's slug, number)."""

    ids: tuple[int, ...] = ()
    short_ids: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTerm(Negatable):
    """Issues with one of these events, by their ids of 32 hexadecimal digits."""

    ids: tuple[str, ...]


Term: TypeAlias = (
    TextTerm
    | TagTerm
    | ColumnTerm
    | FirstReleaseTerm
    | ReleaseTerm
    | UserTerm
    | TimeTerm
    | NumberTerm
    | BookmarkTerm
    | SubscribedTerm
    | StateTerm
    | AssigneeTerm
    | ProjectTerm
    | IssueTerm
    | EventTerm
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilter:
    """What an issue must be to be listed: every field and every term narrows."""

    statuses: frozenset[str] = STATUSES
    # Names of issues.models.Substatus in lower case; None: any.
    substatuses: frozenset[str] | None = None
    levels: frozenset[str] = LEVELS
    terms: tuple[Term, ...] = ()

    def plus(self, *terms: Term) -> IssueFilter:
        """The same, narrowed by more terms."""
        return replace(self, terms=(*self.terms, *terms))

    def with_tag(self, key: str, *values: str) -> IssueFilter:
        """The same, narrowed to issues with one of the tag's values, taken as said."""
        return self.plus(TagTerm(key=key, values=tuple(map(literal, values))))


UNRESOLVED = IssueFilter(statuses=frozenset({"unresolved"}))
