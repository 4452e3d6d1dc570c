"""Conditions on what an issue is: its state, its columns, its people."""

from __future__ import annotations

import math

from issues.conditions.sql import EACH, Condition, Scope, matches, one_of
from issues.models import Level, Status, Substatus
from issues.search.terms import (
    LEVELS,
    STATUSES,
    AssigneeTerm,
    BookmarkTerm,
    ColumnTerm,
    EventTerm,
    IssueFilter,
    IssueTerm,
    NumberTerm,
    ProjectTerm,
    StateTerm,
    SubscribedTerm,
    TimeTerm,
)
from projects.hours import hour_of

_STATUS = {name: Status[name.upper()].value for name in STATUSES}
_LEVEL = {name: Level[name.upper()].value for name in LEVELS}


def add_state(condition: Condition, filter: IssueFilter) -> None:
    """The clauses on status, substatus and level.

    The status is always asked for: issues of others are not for lists.
    """
    condition.statuses = sorted(_STATUS[status] for status in filter.statuses)
    chosen = one_of(condition, condition.statuses, "int2")
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
    if not is_event:
        condition.add(clause, is_negated=term.is_negated)
        if not term.is_negated:
            _add_minutes(condition, term)
        return
    condition.add_dear(
        "EXISTS (SELECT FROM issues_hourcount h "
        f"WHERE h.issue_id = s.issue_id AND {clause} {EACH})",
        is_negated=term.is_negated,
    )


def _add_minutes(condition: Condition, term: TimeTerm) -> None:
    """What the bounds say of the minute last seen, which the index holds: an issue was
    not last seen before it was first seen."""
    until = term.until if term.instant == "last_seen" else None
    for compare, bound in ((">=", term.since), ("<=", until)):
        if bound:
            minute = condition.bind(math.floor(bound.timestamp() / 60))
            condition.add(f"s.last_seen_minute {compare} {minute}")


def add_number(condition: Condition, scope: Scope, term: NumberTerm) -> None:
    operator = "<>" if term.operator == "!=" else term.operator
    condition.add(f"s.{term.number} {operator} {condition.bind(term.count)}")


def add_column(condition: Condition, scope: Scope, term: ColumnTerm) -> None:
    column = f"i.{term.column}"
    test = matches(condition, column, term.values) if term.values else f"{column} <> ''"
    condition.add_dear(
        "EXISTS (SELECT FROM issues_issue i "
        f"WHERE i.id = s.issue_id AND {test} {EACH})",
        is_negated=term.is_negated,
    )


def add_bookmark(condition: Condition, scope: Scope, term: BookmarkTerm) -> None:
    reader = condition.bind(scope.user.pk if scope.user else None)
    condition.add_dear(
        "EXISTS (SELECT FROM issues_bookmark "
        f"WHERE issue_id = s.issue_id AND user_id = {reader}::int8 {EACH})",
        is_negated=term.is_negated,
        named=f"SELECT issue_id FROM issues_bookmark WHERE user_id = {reader}::int8",
    )


def add_subscribed(condition: Condition, scope: Scope, term: SubscribedTerm) -> None:
    """A survivor's own row speaks before those of what was merged into it."""
    reader = condition.bind(scope.user.pk if scope.user else None)
    own = (
        "EXISTS (SELECT FROM issues_subscription b WHERE b.issue_id = s.issue_id "
        f"AND b.user_id = {reader}::int4"
    )
    condition.add_dear(
        f"{own} AND b.is_active {EACH}) OR (NOT {own} {EACH}) AND EXISTS ("
        "SELECT FROM issues_familymember m "
        "JOIN issues_subscription b ON b.issue_id = m.source_id "
        "WHERE m.survivor_id = s.issue_id "
        f"AND b.user_id = {reader}::int4 AND b.is_active {EACH}))",
        is_negated=term.is_negated,
        named="SELECT unnest(ARRAY[b.issue_id, m.survivor_id]) "
        "FROM issues_subscription b "
        "LEFT JOIN issues_familymember m ON m.source_id = b.issue_id "
        f"WHERE b.user_id = {reader}::int4 AND b.is_active",
    )


def add_reason(condition: Condition, scope: Scope, term: StateTerm) -> None:
    status = condition.bind(_STATUS[term.status])
    values = [Substatus[name.upper()].value for name in term.substatuses]
    condition.add(
        f"s.status = {status} AND s.substatus {one_of(condition, values, 'int2')}",
        is_negated=term.is_negated,
    )


def add_assignee(condition: Condition, scope: Scope, term: AssigneeTerm) -> None:
    """The members and teams are looked up in the statement: there are few."""
    reader = condition.bind(scope.user.pk if scope.user else None)
    names = {name.lower() for name in term.names}
    tests = [] if names else ["true"]
    if "me" in names:
        tests.append(f"m.user_id = {reader}::int8")
    if "my_teams" in names:
        tests.append(
            "a.team_id IN (SELECT tm.team_id FROM projects_team_members tm "
            "JOIN projects_membership mine ON mine.id = tm.membership_id "
            f"WHERE mine.user_id = {reader}::int8)"
        )
    if teams := [name[1:] for name in names if name.startswith("#")]:
        tests.append(f"t.slug = ANY({condition.bind(teams)}::text[])")
    if people := sorted(names - {"me", "none", "my_teams"}):
        who = condition.bind(people)
        tests.append(
            f"lower(u.email) = ANY({who}::text[]) OR u.id::text = ANY({who}::text[]) "
            f"OR lower(u.first_name || ' ' || u.last_name) = ANY({who}::text[])"
        )
    whose = f"({' OR '.join(tests)})"
    clauses = [f"EXISTS (SELECT {_ASSIGNED} AND {whose} {EACH})"] if tests else []
    if "none" in names:
        clauses.append(f"NOT EXISTS (SELECT {_ASSIGNED} {EACH})")
    condition.add_dear(
        f"({' OR '.join(clauses)})",
        is_negated=term.is_negated,
        named="" if "none" in names else f"SELECT a.issue_id {_TO} WHERE {whose}",
    )


_TO = (
    "FROM issues_assignment a "
    "LEFT JOIN projects_membership m ON m.id = a.member_id "
    "LEFT JOIN projects_user u ON u.id = m.user_id "
    "LEFT JOIN projects_team t ON t.id = a.team_id"
)
_ASSIGNED = f"{_TO} WHERE a.issue_id = s.issue_id"


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
    shorts = [(slugs[s], n) for s, n in term.short_ids if s in slugs]
    ids = condition.bind(list(term.ids))
    of_project = condition.bind([project for project, _ in shorts])
    number = condition.bind([number for _, number in shorts])
    named = (
        f"SELECT unnest({ids}::int4[]) UNION ALL SELECT coalesce(m.survivor_id, i.id) "
        f"FROM unnest({of_project}::int4[], {number}::int4[]) AS n(project, number) "
        "JOIN issues_issue i ON i.project_id = n.project AND i.number = n.number "
        "LEFT JOIN issues_familymember m ON m.source_id = i.id"
    )
    condition.add_dear(
        f"s.issue_id IN ({named})", is_negated=term.is_negated, named=named
    )


def add_event(condition: Condition, scope: Scope, term: EventTerm) -> None:
    ids = condition.bind(list(term.ids))
    projects = condition.bind(scope.project_ids)
    named = (
        "SELECT coalesce(m.survivor_id, e.issue_id) FROM issues_event e "
        "LEFT JOIN issues_familymember m ON m.source_id = e.issue_id "
        f"WHERE e.project_id = ANY({projects}::int4[]) "
        f"AND e.event_id = ANY({ids}::uuid[])"
    )
    condition.add_dear(
        f"s.issue_id IN ({named})", is_negated=term.is_negated, named=named
    )
