"""Which issues stand on a page: in the order asked for, within a bounded time.

What looks beyond an issue's state costs a look at each issue. So the first issues of
the order are asked one by one: of what is common they hold a page. Only for what is
rare are all asked, words by their index. Measured at 100,000 issues: a common word 15
instead of 400 ms. A key of an order that is dear itself is computed of those that may
come first, until no other can: a page by trend 35 instead of 130 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from issues.conditions import Condition, each, joined
from issues.cursors import Bounds, Cursor, Sort
from projects.hours import hour_of

# Totals are exact up to here; beyond, "10k+" is shown. Of what is dear, "1k+", or less
# where it is common.
TOTAL_CAP = 10_000
DEAR_TOTAL_CAP = 1_000
# So many are asked one by one: for a page, and for the total of what is common.
_FIRST = 500
_SOME = 2_000
# So many that may come first by their state are looked at closer, for a page that is no
# further than a twentieth; of so many for each row up to it the dear key is computed.
_LIKELY = (1_500, 5_000)
_BEST = 4
# From this share on, words are common: asking some issues is cheaper than the index.
_COMMON_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """Issues in the order of the statement: pairs of key and id."""

    pairs: list[tuple[int, int]]
    # How many match in all; None where this has not come out.
    total: int | None = None
    total_is_capped: bool = False


@dataclass(frozen=True, slots=True)
class _Sample:
    """What came of asking the first issues."""

    # How many were asked, had the words, and matched.
    asked: int
    with_words: int
    matching: int
    pairs: list[tuple[int, int]]

    @property
    def is_all(self) -> bool:
        return self.asked < _FIRST

    @property
    def words_are_common(self) -> bool:
        return self.with_words > self.asked * _COMMON_SHARE

    @property
    def is_common(self) -> bool:
        return self.matching > self.asked * _COMMON_SHARE


@dataclass(slots=True)
class Search:
    """A condition with the order in which its issues stand."""

    where: Condition
    sort: Sort
    now: datetime
    # What came of asking the first issues of all.
    _first: _Sample | None = None

    def page(self, place: Cursor | None, limit: int) -> Found:
        """The first `limit` issues behind the place, read in its direction."""
        if not self.where.is_dear:
            return self._likely(place, limit) or self._plain(place, limit)
        sample = self._sample(place, limit)
        if place is None:
            self._first = sample
        if sample.is_all or len(sample.pairs) >= limit:
            is_total = sample.is_all and place is None
            count = sample.matching if is_total else None
            return Found(sample.pairs, count)
        template = _AFTERWARDS if sample.words_are_common else _BY_INDEX
        row = self._row(template, place, limit)
        return Found(_pairs(row[1]), row[0] if place is None else None)

    def _plain(self, place: Cursor | None, limit: int) -> Found:
        pairs, count = self._row(_PLAIN, place, limit)
        return Found(_pairs(pairs), *_capped(count, TOTAL_CAP))

    def _likely(self, place: Cursor | None, limit: int) -> Found | None:
        """The page in a dear order, where it comes out without all keys: those of the
        highest bounds fill it, and its last key is above all other bounds."""
        if self.sort.bounds is None or not limit or (place and place.is_backward):
            return None
        last = limit + (place.offset if place else 0)
        for first in _LIKELY:
            if last > first // 20:
                continue
            sizes = {"first": first, "best": last * _BEST}
            found, count, bound = self._row(_LIKELIEST, place, limit, sizes)
            pairs = _pairs(found)
            if len(pairs) == limit and pairs[-1][0] > bound:
                return Found(pairs, *_capped(count, TOTAL_CAP))
        return None

    def total(self) -> tuple[int, bool]:
        """How many match, and whether that is only the bound up to which is counted."""
        if not self.where.is_dear:
            return _capped(self._row(_PLAIN, None, 0)[1], TOTAL_CAP)
        sample = self._first or self._sample(None, 0)
        if sample.is_all:
            return _capped(sample.matching, DEAR_TOTAL_CAP)
        if sample.is_common:
            return self._at_least()
        words = sample.words_are_common
        template = _COUNT_AFTERWARDS if words else _COUNT_BY_INDEX
        count = self._row(template, None, DEAR_TOTAL_CAP + 1)[0]
        return _capped(count, DEAR_TOTAL_CAP)

    def _at_least(self) -> tuple[int, bool]:
        """A round number of issues that match, of what is common."""
        asked, count = self._row(_COUNT_SOME, None, _SOME)
        if asked < _SOME:
            return _capped(count, DEAR_TOTAL_CAP)
        return min(count // 100 * 100, DEAR_TOTAL_CAP), True

    def _sample(self, place: Cursor | None, limit: int) -> _Sample:
        asked, with_words, matching, pairs = self._row(_SAMPLE, place, limit)
        return _Sample(asked, with_words, matching, _pairs(pairs))

    def _row(
        self,
        template: str,
        place: Cursor | None,
        limit: int,
        sizes: Mapping[str, int] | None = None,
    ) -> tuple[Any, ...]:
        where, sort, bounds = self.where, self.sort, self.sort.bounds
        cheap, behind = list(where.clauses), "true"
        parameters = where.parameters | {
            "limit": limit,
            "first": _FIRST,
            "cap": TOTAL_CAP + 1,
            "hour": hour_of(self.now),
        }
        is_backward = place is not None and place.is_backward
        if place:
            compare = ">" if is_backward else "<"
            cheap.append(f"({sort.key}, s.issue_id) {compare} (%(key)s, %(id)s)")
            behind = f"(s.key, s.issue_id) {compare} (%(key)s, %(id)s)"
            parameters |= {"key": place.key, "id": place.issue_id}
            if bounds:
                cheap += _worth_a_look(bounds, place)
        statement = template.format(
            ctes="".join(f"{cte},\n" for cte in where.ctes),
            cheap=joined(cheap),
            anywhere=joined(where.clauses),
            dear=joined(where.dear),
            each_dear=each(where.dear),
            texts=each(where.texts),
            indexed=joined(where.indexed),
            behind=behind,
            key=sort.key,
            bounds=bounds,
            order="ASC" if is_backward else "DESC",
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, {**parameters, **(sizes or {})})
            row: tuple[Any, ...] = cursor.fetchone()
            return row


def _worth_a_look(bounds: Bounds, place: Cursor) -> list[str]:
    """Clauses that spare dear keys which cannot be beyond the place."""
    if place.key < bounds.least:
        return [] if place.is_backward else [f"NOT ({bounds.where})"]
    if place.is_backward:
        return [bounds.where, f"{bounds.cheap} >= %(key)s"]
    return []


def _pairs(found: list[list[int]]) -> list[tuple[int, int]]:
    return [(key, issue_id) for key, issue_id in found]


def _capped(count: int, cap: int) -> tuple[int, bool]:
    return min(count, cap), count > cap


# Each statement answers with one row, that has what is found as an array.
_ORDERED = "ORDER BY s.key {order}, s.issue_id {order} LIMIT %(limit)s"
_STATES = "SELECT s.issue_id, {key} AS key FROM issues_issuestate s WHERE {cheap}"
_ARRAY = "ARRAY(SELECT ARRAY[s.key::int8, s.issue_id] FROM hits s " + _ORDERED + ")"

_PLAIN = (
    "SELECT ARRAY(SELECT ARRAY[s.key::int8, s.issue_id] FROM ("
    + _STATES
    + " ORDER BY {key} {order}, s.issue_id {order} LIMIT %(limit)s) s "
    "ORDER BY s.key {order}, s.issue_id {order}), (SELECT count(*) FROM "
    "(SELECT FROM issues_issuestate s WHERE {anywhere} LIMIT %(cap)s) AS matching)"
)
# OFFSET has each key and bound computed once.
_LIKELIEST = f"""
WITH likely AS MATERIALIZED (
    SELECT s.issue_id, s.last_seen_minute, {{bounds.cheap}} AS bound
    FROM issues_issuestate s WHERE {{anywhere}} AND {{bounds.where}}
    ORDER BY bound DESC LIMIT %(first)s
), best AS MATERIALIZED (
    SELECT s.issue_id, s.last_seen_minute, {{bounds.close}} AS bound FROM likely s
    ORDER BY bound DESC LIMIT %(best)s
), hits AS MATERIALIZED (
    SELECT * FROM (SELECT s.issue_id, {{key}} AS key FROM best s OFFSET 0) s
    WHERE {{behind}})
SELECT {_ARRAY}, (SELECT count(*) FROM
    (SELECT FROM issues_issuestate s WHERE {{anywhere}} LIMIT %(cap)s) AS matching),
    greatest(
        (SELECT CASE WHEN count(*) = %(first)s THEN min(bound) END FROM likely),
        (SELECT CASE WHEN count(*) = %(best)s THEN min(bound) END FROM best),
        {{bounds.least}})
"""
_SAMPLE = f"""
WITH asked AS MATERIALIZED (
    {_STATES} ORDER BY {{key}} {{order}}, s.issue_id {{order}} LIMIT %(first)s
), said AS MATERIALIZED (SELECT * FROM asked s WHERE {{texts}}
), hits AS MATERIALIZED (SELECT * FROM said s WHERE {{each_dear}})
SELECT (SELECT count(*) FROM asked), (SELECT count(*) FROM said),
    (SELECT count(*) FROM hits), {_ARRAY}
"""
_BY_INDEX = f"""
WITH {{ctes}} hits AS MATERIALIZED ({_STATES} AND {{indexed}} AND {{dear}})
SELECT (SELECT count(*) FROM hits), {_ARRAY}
"""
_AFTERWARDS = f"""
WITH others AS MATERIALIZED ({_STATES} AND {{dear}}
), hits AS MATERIALIZED (SELECT * FROM others s WHERE {{texts}})
SELECT (SELECT count(*) FROM hits), {_ARRAY}
"""
_COUNT_SOME = """
WITH asked AS MATERIALIZED (
    SELECT s.issue_id FROM issues_issuestate s WHERE {cheap} LIMIT %(limit)s)
SELECT (SELECT count(*) FROM asked),
    (SELECT count(*) FROM asked s WHERE {each_dear} AND {texts})
"""
_COUNT_BY_INDEX = """
WITH {ctes} hits AS (SELECT FROM issues_issuestate s
    WHERE {cheap} AND {indexed} AND {dear} LIMIT %(limit)s)
SELECT count(*) FROM hits
"""
_COUNT_AFTERWARDS = """
WITH others AS MATERIALIZED (
    SELECT s.issue_id FROM issues_issuestate s WHERE {cheap} AND {dear})
SELECT count(*) FROM (
    SELECT FROM others s WHERE {texts} LIMIT %(limit)s
) AS matching
"""
