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


def _add_text(condition: Condition, scope: Scope, terms: Sequence[TextTerm]) -> None:
    """By index, materialized: the planner thinks rare words common, and would take
    250 ms instead of 0.1 ms at 100,000 issues.
    """
    name = f"matched{len(condition.ctes)}"
    ids = one_of(condition, scope.project_ids, "int4")
    query = f"to_tsquery('pg_catalog.simple', {condition.bind(_tsquery(terms))})"
    of_issue = (
        f"SELECT id FROM issues_issue WHERE project_id {ids} AND search @@ {query}"
    )
    of_text = (
        "SELECT issue_id FROM issues_issuetext "
        f"WHERE project_id {ids} AND search @@ {query}"
    )
    row_of_issue = (
        "EXISTS (SELECT FROM issues_issue i "
        f"WHERE i.id = s.issue_id AND i.search @@ {query} {EACH})"
    )
    row_of_text = (
        "EXISTS (SELECT FROM issues_issuetext x "
        f"WHERE x.issue_id = s.issue_id AND x.search @@ {query} {EACH})"
    )
    either = {
        "anywhere": (f"{of_issue} UNION {of_text}", f"{row_of_issue} OR {row_of_text}"),
        "called": (of_issue, row_of_issue),
    }
    by_index, by_row = either.get(terms[0].place, (of_text, row_of_text))
    condition.add_text(
        by_row,
        f"{name}(id) AS MATERIALIZED ({by_index})",
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
