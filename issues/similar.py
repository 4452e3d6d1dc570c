"""Issues that may have the same cause as another: found by their words, then scored.

No event is read. Each of a few searches of the index over titles and culprits gives
a bounded number of candidates; what their first events were grouped by stands in
their rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import connection

from issues.likeness import Likeness, Traits, likeness, traits, words_of
from issues.models import VISIBLE_STATUSES, Issue

SHOWN = 20
# Of each search; the first ones are the narrowest.
CANDIDATES = 60
# What is less alike than this is no help.
LEAST_SCORE = 15
_PAIRS = 6
_HUMP = re.compile(r"([a-z0-9])([A-Z])")

# The words are looked for first: left to itself the planner reads the issues of a
# project one by one when it thinks a word common. Parameters: query, project, issue,
# the most candidates.
_FIND = """
WITH matched AS MATERIALIZED (
    SELECT id FROM issues_issue
    WHERE search @@ %s::tsquery AND project_id = %s AND id <> %s AND number > 0
    LIMIT %s
) SELECT id FROM matched
"""


@dataclass(frozen=True, slots=True)
class Similar:
    """An issue with its state, and what it has in common with the one asked for."""

    issue: Issue
    likeness: Likeness


def similar_to(issue: Issue) -> list[Similar]:
    """Those of the same project that are most alike, the likest first."""
    found: dict[int, None] = {}
    for query in _queries(issue):
        found |= dict.fromkeys(_candidates(issue, query))
    own = traits_of(issue)
    alike = []
    for pk, count, told in _told(list(found)):
        score = likeness(own, traits(**told))
        if score.score >= LEAST_SCORE:
            alike.append((-score.score, -count, pk, score))
    alike.sort(key=lambda one: one[:3])
    shown = {pk: score for _, _, pk, score in alike[:SHOWN]}
    issues = Issue.objects.select_related("state").defer("search").in_bulk(shown)
    for one in issues.values():
        one.project = issue.project
    return [Similar(issues[pk], score) for pk, score in shown.items() if pk in issues]


def _told(ids: list[int]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Of each visible issue its id, its events and what it is compared by."""
    rows = Issue.objects.filter(pk__in=ids, state__status__in=VISIBLE_STATUSES)
    names = ("type", "value", "culprit", "grouping_parts")
    for pk, count, kind, value, culprit, parts in rows.values_list(
        "pk", "state__event_count", *names
    ):
        told = {"type": kind, "value": value, "culprit": culprit, "parts": parts}
        yield pk, count, told


def traits_of(issue: Issue) -> Traits:
    return traits(
        type=issue.type,
        value=issue.value,
        culprit=issue.culprit,
        parts=issue.grouping_parts,
    )


def _candidates(issue: Issue, query: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [query, issue.project_id, issue.pk, CANDIDATES])
        return [row[0] for row in cursor.fetchall()]


def _queries(issue: Issue) -> Iterator[str]:
    """Searches from narrow to wide: place and type, place, pairs of words, type."""
    place, kind = _lexemes(issue.culprit), _lexemes(issue.type)
    words = words_of(issue.value)
    if place and kind:
        yield " & ".join([*place, *kind])
    if place:
        yield " & ".join(place)
    pairs = [f"({_quoted(a)} & {_quoted(b)})" for a, b in pairwise(words)]
    if pairs:
        yield " | ".join(pairs[:_PAIRS])
    if kind:
        yield " & ".join(kind)


def _lexemes(text: str) -> list[str]:
    """The words of a name, parted as the index parts them."""
    parted = _HUMP.sub(r"\1 \2", text)
    parts = "".join(c if c.isalnum() else " " for c in parted).lower().split()
    return [_quoted(part) for part in dict.fromkeys(parts)][:8]


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
