"""A query read term by term into an IssueFilter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from issues import shortid
from issues.search.errors import Reason, SearchError
from issues.search.keys import Key, Kind, key_named
from issues.search.lexing import Token, tokens
from issues.search.terms import (
    LEVELS,
    STATUSES,
    AssigneeTerm,
    BookmarkTerm,
    ColumnTerm,
    EventTerm,
    FirstReleaseTerm,
    IssueFilter,
    IssueTerm,
    NumberTerm,
    ProjectTerm,
    ReleaseTerm,
    StateTerm,
    SubscribedTerm,
    TagTerm,
    Term,
    TextTerm,
    TimeTerm,
    UserTerm,
)
from issues.search.values import (
    bounds_of,
    compared,
    number_of,
    unescape,
    values_of,
    words_of,
)

# Every term costs a look at each issue; nobody writes as many.
MAX_TERMS = 50

SUBSTATUSES = frozenset(
    {"none", "new", "ongoing", "regressed", "in_release", "until_condition"}
    | {"until_escalating", "escalating", "by_age"}
)
_LEVEL_WORDS = {**{level: level for level in LEVELS}, "critical": "fatal"}
_WHY = ("new", "ongoing", "escalating", "regressed")
# What `is:` may ask of statuses and substatuses; None: whichever.
_STATES: dict[str, tuple[str | None, frozenset[str] | None]] = {
    **{status: (status, None) for status in STATUSES},
    "archived": ("ignored", None),
    "muted": ("ignored", None),
    **{one: (None, frozenset({one})) for one in _WHY},
    "for_review": ("unresolved", frozenset({"new", "regressed", "escalating"})),
    "until_condition_met": ("ignored", frozenset({"until_condition"})),
    "until_escalating": ("ignored", frozenset({"until_escalating"})),
    "forever": ("ignored", frozenset({"none"})),
}
STATE_WORDS = ("assigned", "unassigned", "bookmarked", *_STATES)
_OPPOSITE = {"=": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_PRIORITIES = {
    "high": ("fatal", "error"),
    "medium": ("warning",),
    "low": ("info", "debug"),
}
# What says whether there is a value at all.
_TAG_OF_KIND = {Kind.RELEASE_PART: "release", Kind.YES_OR_NO: "handled"}
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
# Other words in parentheses are what a message says.
_GROUP = re.compile(r"!?\(+!?(?P<key>[\w.\-]+):")
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def parse(query: str, *, now: datetime | None = None) -> IssueFilter:
    """What a query asks for; terms are joined by AND, an empty query asks for all.

    Raises SearchError for the first term that makes no sense. Relative times
    ("-24h") count from `now`.
    """
    reader = _Reader(now=now or datetime.now(UTC))
    token = None
    for place, token in enumerate(tokens(query.replace("\0", ""))):
        if place >= MAX_TERMS:
            raise SearchError(Reason.TOO_MANY, token.text, at=token.at)
        reader.take(token)
    if token is not None and _is_bare_key(token):
        raise _error(Reason.EMPTY, token)
    return reader.filter


def _is_bare_key(last: Token) -> bool:
    """Whether the query ends with a key that still lacks its value.

    Between other words it is one of them, as in "wrong user: nobody".
    """
    name = last.text.removesuffix(":")
    return name != last.text and key_named(name).kind is not Kind.TAG


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Takes the terms one by one."""

    now: datetime
    filter: IssueFilter = field(default_factory=IssueFilter)

    def take(self, token: Token) -> None:
        if not token.key:
            self._take_text(token)
            return
        key = key_named(token.key)
        values = values_of(token.value)
        if not values or not token.value:
            raise _error(Reason.EMPTY, token)
        if values == ("",):
            # Asks for what has no value.
            self._take_has((token.key,), not token.is_negated, token)
            return
        readers[key.kind](self, key, values, token)

    def _add(self, *terms: Term) -> None:
        self.filter = self.filter.plus(*terms)

    def _take_text(self, token: Token) -> None:
        if token.text in {"AND", "OR"}:
            raise _error(Reason.OPERATOR, token)
        group = _GROUP.match(token.text)
        if group and key_named(group["key"]).kind is not Kind.TAG:
            raise _error(Reason.GROUP, token)
        is_phrase = token.quoted is not None
        text = token.text if token.quoted is None else unescape(token.quoted)
        if words := words_of(text):
            is_phrase = is_phrase and len(words) > 1
            negated = token.is_negated
            self._add(TextTerm(words=words, is_phrase=is_phrase, is_negated=negated))

    def _take_is(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        word = _one(values, token).lower()
        if word == "bookmarked":
            self._add(BookmarkTerm(is_negated=token.is_negated))
        elif word in {"assigned", "unassigned"}:
            is_none = (word == "unassigned") is not token.is_negated
            self._add(AssigneeTerm(names=(), is_negated=is_none))
        elif word in _STATES:
            self._narrow(*_STATES[word], token)
        elif word in {"linked", "unlinked"}:
            raise _error(Reason.NOT_LINKED, token)
        else:
            raise _error(Reason.IS, token)

    def _narrow(
        self, status: str | None, substatuses: frozenset[str] | None, token: Token
    ) -> None:
        now = self.filter
        if token.is_negated and status and substatuses:
            # Either of them may differ, which narrows neither.
            self._add(
                StateTerm(status=status, substatuses=substatuses, is_negated=True)
            )
            return
        if status:
            chosen = frozenset({status})
            chosen = STATUSES - chosen if token.is_negated else chosen
            now = replace(now, statuses=now.statuses & chosen)
        if substatuses:
            chosen = SUBSTATUSES - substatuses if token.is_negated else substatuses
            before = SUBSTATUSES if now.substatuses is None else now.substatuses
            now = replace(now, substatuses=before & chosen)
        self.filter = now

    def _take_has(self, names: tuple[str, ...], is_negated: bool, token: Token) -> None:
        for name in names:
            key = key_named(name)
            if key.kind is Kind.NOT_KEPT:
                raise _error(Reason.NOT_KEPT, token)
            if key.kind is Kind.TAG:
                self._add(TagTerm(key=key.of, values=(), is_negated=is_negated))
            elif key.kind is Kind.COLUMN:
                column: Any = key.of
                self._add(ColumnTerm(column=column, values=(), is_negated=is_negated))
            elif key.kind is Kind.ASSIGNED:
                self._add(AssigneeTerm(names=(), is_negated=is_negated))
            elif key.kind is Kind.USER and not key.of:
                self._add(UserTerm(identities=(), is_negated=is_negated))
            elif key.kind is Kind.USER:
                one = UserTerm(identities=(f"{key.of}:*",), is_negated=is_negated)
                self._add(one)
            elif key.kind is Kind.FIRST_RELEASE:
                self._add(FirstReleaseTerm(versions=("*",), is_negated=is_negated))
            elif key.kind in _TAG_OF_KIND:
                tag = _TAG_OF_KIND[key.kind]
                self._add(TagTerm(key=tag, values=(), is_negated=is_negated))
            else:
                raise _error(Reason.HAS, token)

    def _take_level(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        chosen = frozenset(_LEVEL_WORDS.get(value.lower(), "") for value in values)
        if "" in chosen:
            raise _error(Reason.LEVEL, token)
        chosen = LEVELS - chosen if token.is_negated else chosen
        self.filter = replace(self.filter, levels=self.filter.levels & chosen)

    def _take_priority(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        """As the API tells it, which is by the level."""
        found = [_PRIORITIES.get(value.lower()) for value in values]
        if None in found:
            raise _error(Reason.PRIORITY, token)
        chosen = frozenset(level for levels in found for level in levels or ())
        chosen = LEVELS - chosen if token.is_negated else chosen
        self.filter = replace(self.filter, levels=self.filter.levels & chosen)

    def _take_category(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        """All that is kept are errors."""
        is_error = "error" in {value.lower() for value in values}
        if is_error is token.is_negated:
            self.filter = replace(self.filter, statuses=frozenset())

    def _take_not_kept(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        raise _error(Reason.NOT_KEPT, token)

    def _take_subscribed(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        if _one(values, token).lower() != "me":
            raise _error(Reason.ME, token)
        self._add(SubscribedTerm(is_negated=token.is_negated))

    def _take_bookmarks(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        if _one(values, token).lower() != "me":
            raise _error(Reason.ME, token)
        self._add(BookmarkTerm(is_negated=token.is_negated))

    def _take_assigned(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        names = tuple(map(unescape, values))
        self._add(AssigneeTerm(names=names, is_negated=token.is_negated))

    def _take_time(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        bounds = bounds_of(token.value, self.now)
        if bounds is None:
            raise _error(Reason.DATE, token)
        since, until = bounds
        instant: Any = key.of
        self._add(
            TimeTerm(
                instant=instant, since=since, until=until, is_negated=token.is_negated
            )
        )

    def _take_number(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        found = number_of(token.value)
        if found is None:
            raise _error(Reason.NUMBER, token)
        number: Any = key.of
        operator: Any = _OPPOSITE[found[0]] if token.is_negated else found[0]
        self._add(NumberTerm(number=number, operator=operator, count=found[1]))

    def _take_words(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        place: Any = key.of
        words = words_of(" ".join(values))
        if not words:
            raise _error(Reason.EMPTY, token)
        is_phrase = token.value.startswith('"') or place != "called"
        self._add(
            TextTerm(
                words=words,
                place=place,
                is_phrase=is_phrase and len(words) > 1,
                is_negated=token.is_negated,
            )
        )

    def _take_column(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        column: Any = key.of
        self._add(ColumnTerm(column=column, values=values, is_negated=token.is_negated))

    def _take_first_release(
        self, key: Key, values: tuple[str, ...], token: Token
    ) -> None:
        self._add(FirstReleaseTerm(versions=values, is_negated=token.is_negated))

    def _take_release_part(
        self, key: Key, values: tuple[str, ...], token: Token
    ) -> None:
        part: Any = key.of
        operator: Any = "="
        if part == "version" and len(values) == 1:
            operator, version = compared(values[0])
            values = (version,)
        self._add(
            ReleaseTerm(
                part=part,
                values=values,
                operator=operator,
                is_negated=token.is_negated,
            )
        )

    def _take_user(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        prefix = f"{key.of}:" if key.of else ""
        identities = tuple(f"{prefix}{value}" for value in values)
        self._add(UserTerm(identities=identities, is_negated=token.is_negated))

    def _take_project(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        names = tuple(map(unescape, values))
        self._add(ProjectTerm(names=names, is_negated=token.is_negated))

    def _take_issue(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        found = [shortid.decode(value) for value in values]
        known = tuple(one for one in found if one is not None)
        if len(known) < len(found):
            raise _error(Reason.ID, token)
        self._add(IssueTerm(short_ids=known, is_negated=token.is_negated))

    def _take_issue_id(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        if not all(re.fullmatch(r"[0-9]{1,9}", value) for value in values):
            raise _error(Reason.ID, token)
        ids = tuple(map(int, values))
        self._add(IssueTerm(ids=ids, is_negated=token.is_negated))

    def _take_event(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        ids = tuple(value.replace("-", "").lower() for value in values)
        if not all(map(_EVENT_ID.fullmatch, ids)):
            raise _error(Reason.ID, token)
        self._add(EventTerm(ids=ids, is_negated=token.is_negated))

    def _take_yes_or_no(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        said = _YES.get(values[0].lower())
        if said is None or len(values) > 1:
            raise _error(Reason.YES_OR_NO, token)
        value = "yes" if said is (key.of == "yes") else "no"
        self._add(TagTerm(key="handled", values=(value,), is_negated=token.is_negated))

    def _take_tag(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        self._add(TagTerm(key=key.of, values=values, is_negated=token.is_negated))

    def _take_names(self, key: Key, values: tuple[str, ...], token: Token) -> None:
        self._take_has((_one(values, token),), token.is_negated, token)


readers: dict[Kind, Callable[[_Reader, Key, tuple[str, ...], Token], None]] = {
    Kind.IS: _Reader._take_is,
    Kind.HAS: _Reader._take_names,
    Kind.LEVEL: _Reader._take_level,
    Kind.BOOKMARKS: _Reader._take_bookmarks,
    Kind.SUBSCRIBED: _Reader._take_subscribed,
    Kind.PRIORITY: _Reader._take_priority,
    Kind.CATEGORY: _Reader._take_category,
    Kind.NOT_KEPT: _Reader._take_not_kept,
    Kind.ASSIGNED: _Reader._take_assigned,
    Kind.TIME: _Reader._take_time,
    Kind.NUMBER: _Reader._take_number,
    Kind.TEXT: _Reader._take_words,
    Kind.COLUMN: _Reader._take_column,
    Kind.FIRST_RELEASE: _Reader._take_first_release,
    Kind.RELEASE_PART: _Reader._take_release_part,
    Kind.USER: _Reader._take_user,
    Kind.PROJECT: _Reader._take_project,
    Kind.ISSUE: _Reader._take_issue,
    Kind.ISSUE_ID: _Reader._take_issue_id,
    Kind.EVENT: _Reader._take_event,
    Kind.YES_OR_NO: _Reader._take_yes_or_no,
    Kind.TAG: _Reader._take_tag,
}


def _one(values: tuple[str, ...], token: Token) -> str:
    """The value of a key that takes no lists. Raises SearchError."""
    if token.value.startswith("["):
        raise _error(Reason.LIST, token)
    return values[0]


def _error(reason: Reason, token: Token) -> SearchError:
    return SearchError(reason, token.text, at=token.at, key=token.key)
