"""Conditions on what an issue is: its state, its columns, its people."""

from __future__ import annotations

from issues.conditions.sql import Condition, Scope, matches, one_of
from issues.models import Level, Status, Substatus
from issues.search.terms import (
    LEVELS,
    STATUSES,
    BookmarkTerm,
    ColumnTerm,
    EventTerm,
    IssueFilter,
    IssueTerm,
    NumberTerm,
    ProjectTerm,
    TimeTerm,
)
from projects.hours import hour_of

_STATUS = {name: Status[name.upper()].value for name in STATUSES}
_LEVEL = {name: Level[name.upper()].value for name in LEVELS}


def add_state(condition: Condition, filter: IssueFilter) -> None:
    """The clauses on status, substatus and level.

    The status is always asked for: issues of others are not for lists.
    """
    chosen = one_of(condition, [_STATUS[s] for s in filter.statuses], "int2")
    condition.add(f"s.status {chosen}")
    if filter.levels != LEVELS:
        chosen = one_of(condition, [_LEVEL[name] for name in filter.levels], "int2")
        condition.add(f"s.level {chosen}")
    if filter.substatuses is not None:
        values = [Substatus[name.upper()].value for name in filter.substatuses]
        condition.add(f"s.substatus {one_of(condition, values, 'int2')}")


def add_time(condition: Condition, scope: Scope, term: TimeTerm) -> None:
    bounds = []
    is_event = term.instant == "event"
    column = "h.hour" if is_event else f"s.{term.instant}"
    if term.since:
        since = hour_of(term.since) if is_event else term.since
        bounds.append(f"{column} >= {condition.bind(since)}")
    if term.until:
        until = hour_of(term.until) if is_event else term.until
        compare = "<=" if is_event else "<"
        bounds.append(f"{column} {compare} {condition.bind(until)}")
    clause = " AND ".join(bounds)
    if is_event:
        clause = (
            "EXISTS (SELECT FROM issues_hourcount h "
            f"WHERE h.issue_id = s.issue_id AND {clause})"
        )
    condition.add(clause, is_negated=term.is_negated)


def add_number(condition: Condition, scope: Scope, term: NumberTerm) -> None:
    operator = "<>" if term.operator == "!=" else term.operator
    condition.add(f"s.{term.number} {operator} {condition.bind(term.count)}")


def add_column(condition: Condition, scope: Scope, term: ColumnTerm) -> None:
    column = f"i.{term.column}"
    test = matches(condition, column, term.values) if term.values else f"{column} <> ''"
    condition.add(
        f"EXISTS (SELECT FROM issues_issue i WHERE i.id = s.issue_id AND {test})",
        is_negated=term.is_negated,
    )


def add_bookmark(condition: Condition, scope: Scope, term: BookmarkTerm) -> None:
    reader = condition.bind(scope.user.pk if scope.user else None)
    condition.add(
        "EXISTS (SELECT FROM issues_bookmark "
        f"WHERE issue_id = s.issue_id AND user_id = {reader}::int8)",
        is_negated=term.is_negated,
    )


def add_project(condition: Condition, scope: Scope, term: ProjectTerm) -> None:
    names = {name.lower() for name in term.names}
    ids = [
        p.pk for p in scope.projects if p.slug.lower() in names or str(p.pk) in names
    ]
    condition.add(
        f"s.project_id = ANY({condition.bind(ids)}::int4[])", is_negated=term.is_negated
    )


def add_issue(condition: Condition, scope: Scope, term: IssueTerm) -> None:
    slugs = {project.slug.lower(): project.pk for project in scope.projects}
    named = [(slugs[s], n) for s, n in term.short_ids if s in slugs]
    ids = condition.bind(list(term.ids))
    of_project = condition.bind([project for project, _ in named])
    number = condition.bind([number for _, number in named])
    condition.add(
        f"s.issue_id = ANY({ids}::int4[]) OR s.issue_id IN ("
        "SELECT coalesce(m.survivor_id, i.id) "
        f"FROM unnest({of_project}::int4[], {number}::int4[]) AS n(project, number) "
        "JOIN issues_issue i ON i.project_id = n.project AND i.number = n.number "
        "LEFT JOIN issues_familymember m ON m.source_id = i.id)",
        is_negated=term.is_negated,
    )
    if not term.is_negated:
        condition.clauses[-1] = f"({condition.clauses[-1]})"


def add_event(condition: Condition, scope: Scope, term: EventTerm) -> None:
    ids = condition.bind(list(term.ids))
    projects = condition.bind(scope.project_ids)
    condition.add(
        "s.issue_id IN (SELECT coalesce(m.survivor_id, e.issue_id) "
        "FROM issues_event e "
        "LEFT JOIN issues_familymember m ON m.source_id = e.issue_id "
        f"WHERE e.project_id = ANY({projects}::int4[]) "
        f"AND e.event_id = ANY({ids}::uuid[]))",
        is_negated=term.is_negated,
    )
