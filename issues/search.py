"""The query box's language: text to IssueFilter, without a look at the database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

STATUSES = frozenset({"unresolved", "resolved", "ignored"})
LEVELS = frozenset({"debug", "info", "warning", "error", "fatal"})
SUBSTATUSES = frozenset({"new", "ongoing", "regressed"})

_STATUS_WORDS = {
    **{status: status for status in STATUSES},
    "archived": "ignored",
    "muted": "ignored",
}
_LEVEL_WORDS = {**{level: level for level in LEVELS}, "critical": "fatal"}

Instant = Literal["first_seen", "last_seen"]
Column = Literal["type", "platform", "culprit"]
Operator = Literal["=", "<", "<=", ">", ">="]

_INSTANTS: dict[str, Instant] = {
    "firstseen": "first_seen",
    "first_seen": "first_seen",
    "age": "first_seen",
    "lastseen": "last_seen",
    "last_seen": "last_seen",
}
_COLUMNS: dict[str, Column] = {
    "error.type": "type",
    "platform": "platform",
    "culprit": "culprit",
}
_FIRST_RELEASE = frozenset({"firstrelease", "first-release", "first_release"})
_USER_KEYS = {
    "user.id": "id",
    "user.email": "email",
    "user.username": "username",
    "user.ip": "ip",
}
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}

# A term is key:value, the value bare, quoted or a list; or quoted or bare text.
_TERM = re.compile(
    r"""
    \s*(?:
        (?P<not>!)?(?P<key>[\w.\-]+(?:\[[\w.:\-]+\])?):
        (?P<value>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s"]\S*|(?=\s|$))
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<bare>\S+)
    )""",
    re.VERBOSE,
)
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_TAG_KEY = re.compile(r"tags\[(.+)\]")
_SPAN = re.compile(r"([+-])(\d{1,9})([mhdw])")
_NUMBER = re.compile(r"(>=|<=|>|<|)(\d{1,12})([kmb]?)")
_DATE = re.compile(r"(>=|<=|>|<|)(.+)", re.DOTALL)


class Reason(StrEnum):
    """Why a query cannot be read."""

    IS = "is"
    LEVEL = "level"
    NUMBER = "number"
    DATE = "date"
    EMPTY = "empty"
    BOOKMARKS = "bookmarks"
    OPERATOR = "operator"


def _(text: str) -> str:
    """Marks text for translation, which is done where an error is shown."""
    return text


_MESSAGES = {
    Reason.IS: _(
        "{term} is not known; try is:unresolved, is:resolved, is:ignored, is:new, "
        "is:ongoing, is:regressed or is:bookmarked."
    ),
    Reason.LEVEL: _("{term} needs one of debug, info, warning, error, fatal."),
    Reason.NUMBER: _("{term} needs a number, for example {key}:>100."),
    Reason.DATE: _("{term} needs a time, for example {key}:-24h or {key}:>2026-01-31."),
    Reason.EMPTY: _("{term} needs a value after the colon."),
    Reason.BOOKMARKS: _("{term} is not known; try bookmarks:me."),
    Reason.OPERATOR: _(
        "{term} is not an operator here: every term must match. "
        "Quote it to search for the word."
    ),
}


class SearchError(ValueError):
    """A query that cannot be read; says which term and why."""

    def __init__(self, reason: Reason, term: str, key: str = "") -> None:
        self.reason = reason
        self.term = term
        self.key = key
        super().__init__(self.explain(self.template))

    @property
    def template(self) -> str:
        """The explanation before its names are filled in, for translation."""
        return _MESSAGES[self.reason]

    def explain(self, template: str) -> str:
        """The (translated) template with the term in its place."""
        return template.format(term=self.term, key=self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTerm:
    """Issues with an event whose tag has one of these values, or without one.

    No values: any value will do. A `*` in a value stands for any text.
    """

    key: str
    values: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTerm:
    """Issues whose own field has one of these values; `*` stands for any text."""

    column: Column
    values: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReleaseTerm:
    """Issues whose first event was of one of these releases; `*` as above."""

    versions: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTerm:
    """Issues that affected a user of this identity ("id:5")."""

    identity: str
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTerm:
    """A bound of an instant: `since` is included, `until` is not."""

    instant: Instant
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTerm:
    """A bound of the number of events."""

    operator: Operator
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilter:
    """What an issue must be to be listed: every field narrows."""

    statuses: frozenset[str] = STATUSES
    substatuses: frozenset[str] | None = None
    levels: frozenset[str] = LEVELS
    is_bookmarked: bool | None = None
    words: tuple[str, ...] = ()
    tags: tuple[TagTerm, ...] = ()
    columns: tuple[ColumnTerm, ...] = ()
    first_releases: tuple[FirstReleaseTerm, ...] = ()
    users: tuple[UserTerm, ...] = ()
    times: tuple[TimeTerm, ...] = ()
    counts: tuple[CountTerm, ...] = ()

    def with_tag(self, key: str, value: str) -> IssueFilter:
        """The same, narrowed by one more tag."""
        return replace(
            self, tags=(*self.tags, TagTerm(key=key, values=(literal(value),)))
        )


UNRESOLVED = IssueFilter(statuses=frozenset({"unresolved"}))


def parse(query: str, *, now: datetime | None = None) -> IssueFilter:
    """What a query asks for; terms are joined by AND, an empty query asks for all.

    Raises SearchError for the first term that makes no sense. Relative times
    ("-24h") count from `now`.
    """
    reader = _Reader(now=now or datetime.now(UTC))
    for match in _TERM.finditer(query.replace("\0", "")):
        reader.take(match)
    return reader.filter


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


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Takes the terms one by one."""

    now: datetime
    filter: IssueFilter = field(default_factory=IssueFilter)

    def take(self, match: re.Match[str]) -> None:
        if match["key"] is None:
            self._take_text(match)
            return
        key, value = match["key"], match["value"]
        # "https://…", "std::vector" and "TypeError: …" are text, not terms.
        if value.startswith(("//", ":")) or (not value and not match["not"]):
            self._add_words(match[0].strip())
            return
        self._take_term(key, value, match["not"] is not None, match[0].strip())

    def _take_text(self, match: re.Match[str]) -> None:
        if match["bare"] in {"AND", "OR"}:
            raise SearchError(Reason.OPERATOR, match["bare"])
        quoted = match["quoted"]
        self._add_words(match["bare"] if quoted is None else _unescape(quoted))

    def _add_words(self, text: str) -> None:
        self.filter = replace(self.filter, words=(*self.filter.words, *words_of(text)))

    def _take_term(self, key: str, value: str, is_negated: bool, term: str) -> None:
        name = key.lower()
        values = _values(value)
        if not values or values == ("",):
            raise SearchError(Reason.EMPTY, term)
        if name == "is":
            for one in values:
                self._take_is(one.lower(), is_negated, term)
        elif name == "level":
            self._take_level(values, is_negated, term)
        elif name in {"bookmarks", "bookmarked"}:
            self._take_bookmarks(values, is_negated, term)
        elif name in _INSTANTS:
            self._take_time(_INSTANTS[name], value, is_negated, term, key)
        elif name in {"timesseen", "times_seen"}:
            self._take_count(value, is_negated, term, key)
        elif name in {"message", "title"}:
            self._add_words(" ".join(values))
        else:
            self._take_pair(key, values, is_negated)

    def _take_is(self, word: str, is_negated: bool, term: str) -> None:
        now = self.filter
        if word in _STATUS_WORDS:
            chosen = frozenset({_STATUS_WORDS[word]})
            chosen = STATUSES - chosen if is_negated else chosen
            self.filter = replace(now, statuses=now.statuses & chosen)
        elif word in SUBSTATUSES:
            chosen = frozenset({word})
            chosen = SUBSTATUSES - chosen if is_negated else chosen
            before = SUBSTATUSES if now.substatuses is None else now.substatuses
            self.filter = replace(now, substatuses=before & chosen)
        elif word == "bookmarked":
            self.filter = replace(now, is_bookmarked=not is_negated)
        else:
            raise SearchError(Reason.IS, term)

    def _take_level(self, values: tuple[str, ...], is_negated: bool, term: str) -> None:
        chosen = frozenset(_LEVEL_WORDS.get(value.lower(), "") for value in values)
        if "" in chosen:
            raise SearchError(Reason.LEVEL, term)
        chosen = LEVELS - chosen if is_negated else chosen
        self.filter = replace(self.filter, levels=self.filter.levels & chosen)

    def _take_bookmarks(
        self, values: tuple[str, ...], is_negated: bool, term: str
    ) -> None:
        if values != ("me",):
            raise SearchError(Reason.BOOKMARKS, term)
        self.filter = replace(self.filter, is_bookmarked=not is_negated)

    def _take_time(
        self, instant: Instant, value: str, is_negated: bool, term: str, key: str
    ) -> None:
        since, until = _bounds(value, self.now, SearchError(Reason.DATE, term, key))
        if is_negated:
            if since and until:
                raise SearchError(Reason.DATE, term, key)
            since, until = until, since
        bound = TimeTerm(instant=instant, since=since, until=until)
        self.filter = replace(self.filter, times=(*self.filter.times, bound))

    def _take_count(self, value: str, is_negated: bool, term: str, key: str) -> None:
        match = _NUMBER.fullmatch(value.lower())
        if match is None or is_negated:
            raise SearchError(Reason.NUMBER, term, key)
        operator: Operator = match[1] or "="  # type: ignore[assignment]  # By _NUMBER.
        bound = CountTerm(operator=operator, count=int(match[2]) * _FACTORS[match[3]])
        self.filter = replace(self.filter, counts=(*self.filter.counts, bound))

    def _take_pair(self, key: str, values: tuple[str, ...], is_negated: bool) -> None:
        now = self.filter
        name = key.lower()
        if name == "has":
            has = tuple(
                TagTerm(key=v, values=(), is_negated=is_negated) for v in values
            )
            self.filter = replace(now, tags=(*now.tags, *has))
        elif name in _COLUMNS:
            column = ColumnTerm(
                column=_COLUMNS[name], values=values, is_negated=is_negated
            )
            self.filter = replace(now, columns=(*now.columns, column))
        elif name in _FIRST_RELEASE:
            first = FirstReleaseTerm(versions=values, is_negated=is_negated)
            self.filter = replace(now, first_releases=(*now.first_releases, first))
        elif name == "user" or name in _USER_KEYS:
            prefix = f"{_USER_KEYS[name]}:" if name in _USER_KEYS else ""
            users = tuple(
                UserTerm(identity=f"{prefix}{_unescape(v)}", is_negated=is_negated)
                for v in values
            )
            self.filter = replace(now, users=(*now.users, *users))
        else:
            named = _TAG_KEY.fullmatch(key)
            tag = TagTerm(
                key=named[1] if named else key, values=values, is_negated=is_negated
            )
            self.filter = replace(now, tags=(*now.tags, tag))


def words_of(text: str) -> tuple[str, ...]:
    """The words of free text, parted as the index parts them (issues_search_text).

    >>> words_of("connectionPool: can't open src/db.py")
    ('connection', 'pool', 'can', 't', 'open', 'src', 'db', 'py')
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return tuple(re.sub(r"[\W_]+", " ", parted).lower().split())


def _values(value: str) -> tuple[str, ...]:
    """The values of a term's right side; escapes other than `\\"` stay in them."""
    if value.startswith('"'):
        return (value[1:-1].replace('\\"', '"'),)
    if not value.startswith("["):
        return (value,)
    items = (_LIST_ITEM.finditer(value[1:-1])) if value.endswith("]") else ()
    found = [(quoted or bare).strip() for quoted, bare in (m.groups() for m in items)]
    return tuple(item.replace('\\"', '"') for item in found if item)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _bounds(
    value: str, now: datetime, error: SearchError
) -> tuple[datetime | None, datetime | None]:
    """(since, until) of a relative span, a date, an instant, or a bound of one."""
    if span := _SPAN.fullmatch(value.lower()):
        try:
            edge = now - timedelta(seconds=int(span[2]) * _UNITS[span[3]])
        except OverflowError:
            raise error from None
        return (edge, None) if span[1] == "-" else (None, edge)
    match = _DATE.fullmatch(value.strip('"'))
    try:
        at = datetime.fromisoformat(match[2]) if match else None
        length = timedelta(days=1) if match and len(match[2]) <= 10 else timedelta(0)
        if match is None or at is None:
            raise error
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        step = length or timedelta(microseconds=1)
        return {
            "": (at, at + (length or timedelta(minutes=1))),
            ">": (at + step, None),
            ">=": (at, None),
            "<": (None, at),
            "<=": (None, at + step),
        }[match[1]]
    except (ValueError, OverflowError):
        raise error from None
