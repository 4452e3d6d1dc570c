"""An IssueFilter as SQL over issue states, with named parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from issues.models import Level, Status, Substatus
from issues.search import (
    LEVELS,
    STATUSES,
    ColumnTerm,
    FirstReleaseTerm,
    IssueFilter,
    TagTerm,
    UserTerm,
    literal,
)
from projects.models import Project, User
from releases.latest import latest_release

_STATUS = {name: Status[name.upper()].value for name in STATUSES}
_LEVEL = {name: Level[name.upper()].value for name in LEVELS}
# Up to here an array's overlap is cheaper than hashing.
_FEW_IDS = 8
# In a query this is no release's name, but means the latest one of each project.
_LATEST = "latest"
_ESCAPE = re.compile(r"\\(.)|(\*)|([%_\\])", re.DOTALL)


@dataclass(slots=True)
class Condition:
    """What stands before the statement and in its WHERE, and their parameters."""

    ctes: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """A placeholder for the value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    @property
    def with_(self) -> str:
        return "WITH " + ",\n".join(self.ctes) if self.ctes else ""

    @property
    def where(self) -> str:
        return " AND ".join(self.clauses)


def conditions(
    projects: Sequence[Project], filter: IssueFilter, user: User | None
) -> Condition | None:
    """The filter within the projects; None where nothing can match.

    `user` is whose bookmarks count.
    """
    if not projects or not filter.statuses or not filter.levels:
        return None
    if filter.substatuses is not None and not filter.substatuses:
        return None
    condition = Condition()
    ids = _one_of(condition, [project.pk for project in projects], "int4")
    condition.clauses.append(f"s.project_id {ids}")
    _add_state(condition, filter)
    if filter.words:
        _add_words(condition, filter.words, ids)
    if filter.is_bookmarked is not None:
        _add_bookmark(condition, filter.is_bookmarked, user)
    for tag in filter.tags:
        _add_tag(condition, tag, projects)
    for column in filter.columns:
        _add_column(condition, column)
    for first in filter.first_releases:
        _add_first_release(condition, first, projects)
    for term in filter.users:
        _add_user(condition, term, ids)
    return condition


def _add_state(condition: Condition, filter: IssueFilter) -> None:
    """The clauses on the state's own columns."""
    if filter.statuses != STATUSES:
        chosen = _one_of(condition, [_STATUS[s] for s in filter.statuses], "int2")
        condition.clauses.append(f"s.status {chosen}")
    if filter.levels != LEVELS:
        chosen = _one_of(condition, [_LEVEL[name] for name in filter.levels], "int2")
        condition.clauses.append(f"s.level {chosen}")
    if filter.substatuses is not None:
        values = [Substatus[name.upper()].value for name in filter.substatuses]
        condition.clauses.append(f"s.substatus {_one_of(condition, values, 'int2')}")
    for bound in filter.times:
        if bound.since:
            since = condition.bind(bound.since)
            condition.clauses.append(f"s.{bound.instant} >= {since}")
        if bound.until:
            until = condition.bind(bound.until)
            condition.clauses.append(f"s.{bound.instant} < {until}")
    for count in filter.counts:
        number = condition.bind(count.count)
        condition.clauses.append(f"s.event_count {count.operator} {number}")


def _add_words(condition: Condition, words: Sequence[str], ids: str) -> None:
    """Every word must begin a word of the issue's text.

    Materialized, because the planner thinks rare words common: 250 ms instead of
    0.1 ms at 100,000 issues.
    """
    query = condition.bind(" & ".join(f"'{word}':*" for word in words))
    condition.ctes.append(
        "matched AS MATERIALIZED (SELECT id FROM issues_issue WHERE project_id "
        f"{ids} AND search @@ to_tsquery('pg_catalog.simple', {query}))"
    )
    condition.clauses.append("s.issue_id IN (SELECT id FROM matched)")


def _add_bookmark(condition: Condition, wanted: bool, user: User | None) -> None:
    reader = condition.bind(user.pk if user else None)
    condition.clauses.append(
        f"{_not(not wanted)}EXISTS (SELECT FROM issues_bookmark "
        f"WHERE issue_id = s.issue_id AND user_id = {reader})"
    )


def _add_tag(condition: Condition, term: TagTerm, projects: Sequence[Project]) -> None:
    """The tag's ids among those of the issue; they are looked up beforehand.

    A scan of the arrays, no index: a GIN of them would cost each event more than
    its other index entries, and 10,000 arrays of 50 ids are read in 8 ms (12 ms by
    unnest, which pays off when there are many ids, for they are hashed).
    """
    ids = _tag_ids(projects, term)
    bound = f"{condition.bind(ids)}::int4[]"
    has_one = (
        f"it.tag_ids && {bound}"
        if len(ids) <= _FEW_IDS
        else f"EXISTS (SELECT FROM unnest(it.tag_ids) AS id WHERE id = ANY({bound}))"
    )
    condition.clauses.append(
        f"{_not(term.is_negated)}EXISTS (SELECT FROM issues_issuetags it "
        f"WHERE it.issue_id = s.issue_id AND {has_one})"
    )


def _tag_ids(projects: Sequence[Project], term: TagTerm) -> list[int]:
    values = term.values
    if term.key == "release":
        values = _without_latest(values, projects)
        if term.values and not values:
            return []
    lookup = Condition()
    ids = _one_of(lookup, [project.pk for project in projects], "int4")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM issues_tag WHERE project_id {ids} "
            f"AND key = {lookup.bind(term.key)} "
            f"AND {_matches(lookup, 'value', values)}",
            lookup.parameters,
        )
        return [row[0] for row in cursor.fetchall()]


def _without_latest(
    versions: Sequence[str], projects: Sequence[Project]
) -> tuple[str, ...]:
    """The versions with the projects' latest releases in place of `latest`."""
    if _LATEST not in versions:
        return tuple(versions)
    latest = filter(None, map(latest_release, projects))
    return (
        *(version for version in versions if version != _LATEST),
        *(literal(release.version) for release in latest),
    )


def _add_first_release(
    condition: Condition, term: FirstReleaseTerm, projects: Sequence[Project]
) -> None:
    """The releases are looked up beforehand, as tags are."""
    ids = condition.bind(_release_ids(projects, term.versions))
    condition.clauses.append(
        f"{_not(term.is_negated)}EXISTS (SELECT FROM issues_issue i "
        f"WHERE i.id = s.issue_id AND i.first_release_id = ANY({ids}::int4[]))"
    )


def _release_ids(projects: Sequence[Project], versions: Sequence[str]) -> list[int]:
    named = _without_latest(versions, projects)
    if not named:
        return []
    lookup = Condition()
    ids = _one_of(lookup, [project.pk for project in projects], "int4")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM releases_release r "
            f"WHERE {_matches(lookup, 'r.version', named)} AND EXISTS "
            "(SELECT FROM releases_releaseproject m "
            f"WHERE m.release_id = r.id AND m.project_id {ids})",
            lookup.parameters,
        )
        return [row[0] for row in cursor.fetchall()]


def _add_column(condition: Condition, term: ColumnTerm) -> None:
    values = _matches(condition, f"i.{term.column}", term.values)
    condition.clauses.append(
        f"{_not(term.is_negated)}EXISTS (SELECT FROM issues_issue i "
        f"WHERE i.id = s.issue_id AND {values})"
    )


def _add_user(condition: Condition, term: UserTerm, ids: str) -> None:
    condition.clauses.append(
        f"{_not(term.is_negated)}EXISTS (SELECT FROM issues_issueuser iu "
        "WHERE iu.issue_id = s.issue_id AND iu.user_id IN (SELECT id FROM "
        f"issues_eventuser WHERE project_id {ids} "
        f"AND identity = {condition.bind(term.identity)}))"
    )


def _not(is_negated: bool) -> str:
    return "NOT " if is_negated else ""


def _one_of(condition: Condition, values: Sequence[int], of_type: str) -> str:
    """`= value` where there is one, so that an index's order can be used."""
    if len(values) == 1:
        return f"= {condition.bind(values[0])}"
    return f"= ANY({condition.bind(sorted(values))}::{of_type}[])"


def _matches(condition: Condition, column: str, values: Sequence[str]) -> str:
    """The column has one of the values, in which `*` stands for any text."""
    if not values:
        return "true"
    tests = []
    plain = []
    for value in values:
        pattern, is_pattern = _like(value)
        if is_pattern:
            tests.append(f"{column} LIKE {condition.bind(pattern)}")
        else:
            plain.append(value)
    if plain:
        exact = [re.sub(r"\\(.)", r"\1", value) for value in plain]
        tests.append(f"{column} = ANY({condition.bind(exact)}::text[])")
    return "(" + " OR ".join(tests) + ")"


def _like(value: str) -> tuple[str, bool]:
    """The value as a LIKE pattern, and whether it has a `*` that means any text."""
    has_star = False

    def one(match: re.Match[str]) -> str:
        nonlocal has_star
        escaped, star, special = match.groups()
        if star:
            has_star = True
            return "%"
        character = escaped or special
        return "\\" + character if character in "%_\\" else character

    return _ESCAPE.sub(one, value), has_star
