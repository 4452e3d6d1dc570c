"""Conditions on words: what an issue is called, and the calls that led to it.

`issues_issue.search` has the words of title, value and culprit as they are now;
`issues_issuetext.search` those, the frames and the chain of the first event, by weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from issues.conditions.sql import EACH, Condition, Scope, one_of
from issues.search.terms import Place, TextTerm

# The weight of a place's words, as issues.sql.INSERT_TEXTS gives them.
_WEIGHTS: dict[Place, str] = {"function": "A", "module": "B", "filename": "C"}


def add_texts(condition: Condition, scope: Scope, terms: Iterable[TextTerm]) -> None:
    """Those of one place as one look-up."""
    wanted: dict[Place, list[TextTerm]] = {}
    for term in terms:
        if term.is_negated:
            _add_text(condition, scope, [term])
        else:
            wanted.setdefault(term.place, []).append(term)
    for of_place in wanted.values():
        _add_text(condition, scope, of_place)


# What stands in the words of an issue, and in those of the table of their own.
_SOURCES: dict[Place, tuple[str, ...]] = {
    "anywhere": ("issues_issue", "issues_issuetext"),
    "called": ("issues_issue",),
}
_ID_OF = {"issues_issue": "id", "issues_issuetext": "issue_id"}


def _add_text(condition: Condition, scope: Scope, terms: Sequence[TextTerm]) -> None:
    """By index, materialized: the planner thinks rare words common, and would take
    250 ms instead of 0.1 ms at 100,000 issues. A survivor has its members' words, too.
    """
    name = f"matched{len(condition.ctes)}"
    ids = one_of(condition, scope.project_ids, "int4")
    query = f"to_tsquery('pg_catalog.simple', {condition.bind(_tsquery(terms))})"
    tables = _SOURCES.get(terms[0].place, ("issues_issuetext",))
    named = " UNION ALL ".join(
        f"SELECT {_ID_OF[table]} FROM {table} "
        f"WHERE project_id {ids} AND search @@ {query}"
        for table in tables
    )
    own = [
        f"EXISTS (SELECT FROM {table} x "
        f"WHERE x.{_ID_OF[table]} = s.issue_id AND x.search @@ {query} {EACH})"
        for table in tables
    ]
    of_members = [
        f"EXISTS (SELECT FROM issues_familymember m JOIN {table} x "
        f"ON x.{_ID_OF[table]} = m.source_id "
        f"WHERE m.survivor_id = s.issue_id AND x.search @@ {query} {EACH})"
        for table in tables
    ]
    condition.add_text(
        " OR ".join([*own, *of_members]),
        f"{name}(id) AS MATERIALIZED (SELECT coalesce(m.survivor_id, x.id) "
        f"FROM ({named}) AS x(id) "
        "LEFT JOIN issues_familymember m ON m.source_id = x.id)",
        f"s.issue_id IN (SELECT id FROM {name})",
        is_negated=terms[0].is_negated,
    )


def _tsquery(terms: Iterable[TextTerm]) -> str:
    """Every word may be the beginning of one; of a phrase, the last."""
    return " & ".join(map(_of_term, terms))


def _of_term(term: TextTerm) -> str:
    weight = _WEIGHTS.get(term.place, "")
    if not term.is_phrase:
        return " & ".join(f"'{word}':*{weight}" for word in term.words)
    whole = [f"'{word}'{weight and ':' + weight}" for word in term.words[:-1]]
    return "(" + " <-> ".join([*whole, f"'{term.words[-1]}':*{weight}"]) + ")"
