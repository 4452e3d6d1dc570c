"""A search within an issue: which of its events a query asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from issues.conditions.names import user_ids
from issues.models import Level
from issues.search import LEVELS, IssueFilter, TagTerm, UserTerm, parse

_LEVEL = {name: Level[name.upper()].value for name in LEVELS}
_ESCAPE = re.compile(r"\\(.)|(\*)|([%_\\])", re.DOTALL)


class NotOfEvents(ValueError):
    """The query asks for what only issues have, or for free text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What an event must be to be listed: every field narrows."""

    # Of each group of tags the event carries one, of `no_tags` none.
    tags: tuple[tuple[int, ...], ...] = ()
    no_tags: tuple[int, ...] = ()
    # As the column holds them; None for any.
    levels: tuple[int, ...] | None = None
    # One of each group; none of `no_users`.
    users: tuple[tuple[int, ...], ...] = ()
    no_users: tuple[int, ...] = ()
    # Bounds of the event's own time: the first is included, the second is not.
    since: datetime | None = None
    until: datetime | None = None

    @property
    def finds_all(self) -> bool:
        return self == EventFilter()

    @property
    def finds_nothing(self) -> bool:
        """Nothing that was ever counted for the issue can match."""
        return not all((*self.tags, *self.users, self.levels is None or self.levels))


# Which of the issues' tags a term names.
_TAGS = """
SELECT DISTINCT t.id FROM issues_issuetags it, unnest(it.tag_ids) AS one(id)
JOIN issues_tag t ON t.id = one.id
WHERE it.issue_id = ANY(%(issues)s::int4[]) AND t.key = %(key)s AND t.value <> ''
  AND (%(any)s OR t.value = ANY(%(exact)s::text[])
       OR t.value LIKE ANY(%(like)s::text[]))
"""


def read_query(
    text: str,
    *,
    issue_ids: Sequence[int],
    project_id: int,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> EventFilter:
    """What the query asks for among the events of the issues.

    Tags, levels and users, each also negated. Raises SearchError for what cannot be
    read, NotOfEvents for what is no part of an event's row.
    """
    asked = parse(text, now=now)
    tags = [term for term in asked.terms if isinstance(term, TagTerm)]
    users = [term for term in asked.terms if isinstance(term, UserTerm)]
    rest = replace(asked, levels=LEVELS, terms=())
    if rest != IssueFilter() or len(tags) + len(users) < len(asked.terms):
        raise NotOfEvents(text)
    found = EventFilter(since=since, until=until)
    if asked.levels != LEVELS:
        found = replace(found, levels=tuple(sorted(_LEVEL[n] for n in asked.levels)))
    for tag in tags:
        ids = _tag_ids(tag, issue_ids)
        if tag.is_negated:
            found = replace(found, no_tags=(*found.no_tags, *ids))
        else:
            found = replace(found, tags=(*found.tags, ids))
    for user in users:
        ids = _user_ids(user, project_id)
        if user.is_negated:
            found = replace(found, no_users=(*found.no_users, *ids))
        else:
            found = replace(found, users=(*found.users, ids))
    return found


def _tag_ids(term: TagTerm, issue_ids: Sequence[int]) -> tuple[int, ...]:
    """The tags of the issues that the term names; events hold no others."""
    exact, patterns = _values(term.values)
    parameters: dict[str, Any] = {
        "issues": list(issue_ids),
        "key": term.key,
        "any": not term.values,
        "exact": exact,
        "like": patterns,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAGS, parameters)
        return tuple(sorted(row[0] for row in cursor.fetchall()))


def _user_ids(term: UserTerm, project_id: int) -> tuple[int, ...]:
    return tuple(sorted(user_ids([project_id], term.identities or ("*",))))


def _values(values: Iterable[str]) -> tuple[list[str], list[str]]:
    """Those to be found as they are, and patterns for LIKE: `*` is any text."""
    exact, patterns = [], []
    for value in values:
        parts = [match.groups() for match in _ESCAPE.finditer(value)]
        if any(star for _, star, _ in parts):
            patterns.append(_ESCAPE.sub(_liked, value))
        else:
            exact.append(re.sub(r"\\(.)", r"\1", value))
    return exact, patterns


def _liked(match: re.Match[str]) -> str:
    escaped, star, special = match.groups()
    if star:
        return "%"
    character = escaped or special
    return "\\" + character if character in "%_\\" else character
