"""An IssueFilter as SQL over issue states, with named parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from issues.conditions import names, states
from issues.conditions.sql import Condition, Scope, each, joined, one_of
from issues.conditions.text import add_texts
from issues.search.terms import (
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
    TextTerm,
    TimeTerm,
    UserTerm,
)
from projects.models import Project, User

_ADD: dict[type[Any], Callable[[Condition, Scope, Any], None]] = {
    TagTerm: names.add_tag,
    ReleaseTerm: names.add_release,
    FirstReleaseTerm: names.add_first_release,
    UserTerm: names.add_user,
    TimeTerm: states.add_time,
    NumberTerm: states.add_number,
    ColumnTerm: states.add_column,
    AssigneeTerm: states.add_assignee,
    BookmarkTerm: states.add_bookmark,
    SubscribedTerm: states.add_subscribed,
    StateTerm: states.add_reason,
    ProjectTerm: states.add_project,
    IssueTerm: states.add_issue,
    EventTerm: states.add_event,
}


def conditions(
    projects: Sequence[Project], filter: IssueFilter, user: User | None
) -> Condition | None:
    """The filter within the projects; None where nothing can match.

    `user` is whose bookmarks and subscriptions count.
    """
    if not projects or not filter.statuses or not filter.levels:
        return None
    if filter.substatuses is not None and not filter.substatuses:
        return None
    scope = Scope(projects, user)
    condition = Condition(project_ids=scope.project_ids)
    condition.add(f"s.project_id {one_of(condition, scope.project_ids, 'int4')}")
    states.add_state(condition, filter)
    add_texts(condition, scope, [t for t in filter.terms if isinstance(t, TextTerm)])
    for term in filter.terms:
        if not isinstance(term, TextTerm):
            _ADD[type(term)](condition, scope, term)
    condition.close()
    return condition


__all__ = ["Condition", "conditions", "each", "joined"]
