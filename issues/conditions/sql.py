"""A WHERE in the making: clauses, what stands before them, and their parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.models import Project, User

# Stands at the end of a subquery that is to be run for each issue, not for all at once.
EACH = "/* each */"

_ESCAPE = re.compile(r"\\(.)|(\*)|([%_\\])", re.DOTALL)


@dataclass(slots=True)
class Condition:
    """Clauses by what they cost, and their parameters.

    `clauses` are about columns of the state `s`; `dear` ones look elsewhere, by its
    `issue_id`. What is about words has two forms that say the same: `texts` ask each
    issue, `indexed` take what an index names in `ctes`. Of dear ones some also say by
    a SELECT in `named` which issues can match at all.
    """

    # Of these projects and statuses an issue is; the clauses say so, too.
    project_ids: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    dear: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    indexed: list[str] = field(default_factory=list)
    ctes: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    # Tests of tags until they are closed, and whether one of them needs a tag.
    tags: list[str] = field(default_factory=list)
    has_tags: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """A placeholder for the value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def add(self, clause: str, *, is_negated: bool = False) -> None:
        """A clause on the state's own columns."""
        self.clauses.append(_signed(clause, is_negated))

    def add_dear(
        self, clause: str, *, is_negated: bool = False, named: str = ""
    ) -> None:
        """A clause on what stands elsewhere; `named` selects the ids, by an index, of
        all issues that can meet it."""
        self.dear.append(_signed(clause, is_negated))
        if named and not is_negated:
            self.named.append(named)

    def add_tags(self, test: str, *, is_negated: bool = False) -> None:
        """A test of an issue's tags, the row `it`."""
        self.tags.append(_signed(test, is_negated))
        self.has_tags = self.has_tags or not is_negated

    def close(self) -> None:
        """Makes one clause of all tests of tags, for which their rows are read once.

        An issue without tags meets what is negated.
        """
        if not self.tags:
            return
        tests = joined(self.tags)
        exists = (
            "EXISTS (SELECT FROM issues_issuetags it WHERE it.issue_id = s.issue_id "
            f"AND {{}} {EACH})"
        )
        if self.has_tags:
            self.dear.append(f"({exists.format(tests)})")
        else:
            self.dear.append(f"(NOT {exists.format(f'NOT ({tests})')})")
        self.tags.clear()

    def add_text(
        self, by_row: str, cte: str, by_index: str, *, is_negated: bool = False
    ) -> None:
        """A clause on words, in both forms."""
        self.texts.append(_signed(by_row, is_negated))
        self.ctes.append(cte)
        self.indexed.append(_signed(by_index, is_negated))

    @property
    def is_dear(self) -> bool:
        return bool(self.dear or self.texts)

    @property
    def with_(self) -> str:
        return "WITH " + ",\n".join(self.ctes) if self.ctes else ""

    @property
    def where(self) -> str:
        """All of it, words by index."""
        return joined([*self.clauses, *self.indexed, *self.dear])


def joined(clauses: Sequence[str]) -> str:
    return " AND ".join(clauses) or "true"


def each(clauses: Sequence[str]) -> str:
    """The clauses, their subqueries run issue by issue.

    OFFSET keeps the planner from joining instead, for which it reads whole tables.
    """
    return joined(clauses).replace(EACH, "OFFSET 0")


def _signed(clause: str, is_negated: bool) -> str:
    return f"NOT ({clause})" if is_negated else f"({clause})"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is searched, and for whom."""

    projects: Sequence[Project]
    # Whose bookmarks count, if anybody's.
    user: User | None

    @property
    def project_ids(self) -> list[int]:
        return [project.pk for project in self.projects]


def one_of(condition: Condition, values: Sequence[int], of_type: str) -> str:
    """`= value` where there is one, so that an index's order can be used."""
    if len(values) == 1:
        return f"= {condition.bind(values[0])}"
    return f"= ANY({condition.bind(sorted(values))}::{of_type}[])"


def matches(condition: Condition, column: str, values: Sequence[str]) -> str:
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

    # Two stars say no more than one, and cost PostgreSQL the more.
    return _ESCAPE.sub(one, re.sub(r"(?<!\\)\*{2,}", "*", value)), has_star
