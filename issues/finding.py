"""Which issues stand on a page: in the order asked for, within a bounded time.

What looks beyond an issue's state costs a look at each issue. So of what is about one
reader or user only the issues that are named there are asked. Of all else the first
issues of the order are asked one by one: of what is common they hold a page. Only for
what is rare are all asked, words by their index. A key of an order that is dear itself
is computed of those that may come first, until no other can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
# Up to so many issues that a condition names are asked instead of all.
_NAMED = 5_000
# Up to so many states of so many projects are read one after the other, each in the
# order of its index; of more, all are sorted.
_PARTS = 12
# Of so many that may come first a dear key is computed, for a page that is no further
# than a quarter of them.
_LIKELY = 1_000
# So many issues of the highest bounds are asked for their states, to find those.
_LEADING = 3_000
# Up to this share, those that meet all but the words are few: each is asked for them,
# which costs less than the words' index.
_FEW_SHARE = 0.1
# From this share on, the issues asked for a page are enough to tell a total.
_TOLD_SHARE = 0.05

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """Issues in the order of the statement: pairs of key and id."""

    pairs: list[Pair]
    # How many match in all; None where this has not come out.
    total: int | None = None
    total_is_capped: bool = False


@dataclass(frozen=True, slots=True)
class _Sample:
    """What came of asking the first issues."""

    # How many were asked, met all but the words, and matched.
    asked: int
    without_words: int
    matching: int
    pairs: list[Pair]

    @property
    def is_all(self) -> bool:
        return self.asked < _FIRST

    @property
    def words_come_last(self) -> bool:
        return self.without_words <= self.asked * _FEW_SHARE

    @property
    def is_common(self) -> bool:
        return self.matching > self.asked * _TOLD_SHARE


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
        named = self._named()
        if named is not None:
            count, pairs = self._row(_AMONG, place, limit, {"named": named})
            return Found(_pairs(pairs), count)
        found = self._likely(place, limit)
        if found:
            return found
        if not self.where.is_dear:
            pairs, count = self._row(_PLAIN, place, limit)
            return Found(_pairs(pairs), *_capped(count, TOTAL_CAP))
        return self._dear(place, limit)

    def _dear(self, place: Cursor | None, limit: int) -> Found:
        in_order = self.sort.bounds is None
        sample = self._sample(place, limit) if in_order else self._start()
        if place is None:
            self._first = sample
        if in_order and (sample.is_all or len(sample.pairs) >= limit):
            is_total = sample.is_all and place is None
            return Found(sample.pairs, sample.matching if is_total else None)
        template = _AFTERWARDS if sample.words_come_last else _BY_INDEX
        count, pairs = self._row(template, place, limit)
        return Found(_pairs(pairs), count if place is None else None)

    def _named(self) -> list[int] | None:
        """Ids among which all that match are, where few are named by a condition."""
        for select in self.where.named:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT ARRAY(SELECT n.id FROM ({select}) AS n(id) "
                    f"WHERE n.id IS NOT NULL LIMIT {_NAMED + 1})",
                    self.where.parameters,
                )
                (ids,) = cursor.fetchone()
            if len(ids) <= _NAMED:
                return list(ids)
        return None

    def _likely(self, place: Cursor | None, limit: int) -> Found | None:
        """The page in a dear order, where it comes out without all keys: those of the
        highest bounds fill it, and its last key is above all other bounds."""
        bounds, is_dear = self.sort.bounds, self.where.is_dear
        if bounds is None or not limit or (place and place.key < bounds.least):
            return None
        if limit + (place.offset if place else 0) > _LIKELY // 4:
            return None
        if is_dear and not self._start().is_common:
            return None
        for template in (_LEADERS, _LIKELIEST):
            likely, beyond, count = self._row(template, None, _LIKELY)
            pairs = self._best(_pairs(likely), beyond, place, limit)
            if pairs is not None:
                total = () if is_dear else _capped(count, TOTAL_CAP)
                return Found(pairs, *total)
        return None

    def _best(
        self, likely: Sequence[Pair], beyond: int, place: Cursor | None, limit: int
    ) -> list[Pair] | None:
        """The page from those with these bounds, the highest first; all others' are
        not above `beyond`. None where they do not tell."""
        asked, until = 0, limit + (place.offset if place else 0)
        found: list[Pair] = []
        while asked < len(likely):
            ids = [issue for _, issue in likely[asked:until]]
            found += _pairs(self._row(_KEYS, None, limit, {"named": ids})[0])
            page = _behind(found, place)[:limit]
            highest = max([beyond, *(bound for bound, _ in likely[until : until + 1])])
            if _is_whole(page, highest, place, limit):
                return page
            asked, until = until, until * 3
        return None

    def total(self) -> tuple[int, bool]:
        """How many match, and whether that is only the bound up to which is counted."""
        named = self._named()
        if named is not None:
            return self._row(_AMONG, None, 0, {"named": named})[0], False
        if not self.where.is_dear:
            return _capped(self._row(_PLAIN, None, 0)[1], TOTAL_CAP)
        sample = self._start()
        if sample.is_all:
            return _capped(sample.matching, DEAR_TOTAL_CAP)
        if sample.is_common:
            return sample.matching // 10 * 10, True
        words_last = sample.words_come_last
        template = _COUNT_AFTERWARDS if words_last else _COUNT_BY_INDEX
        count = self._row(template, None, DEAR_TOTAL_CAP + 1)[0]
        return _capped(count, DEAR_TOTAL_CAP)

    def _start(self) -> _Sample:
        if self._first is None:
            self._first = self._sample(None, 0)
        return self._first

    def _sample(self, place: Cursor | None, limit: int) -> _Sample:
        """What comes of asking the first issues behind the place; those seen last,
        where the order's own key is dear."""
        asked, without_words, matching, pairs = self._row(_SAMPLE, place, limit)
        return _Sample(asked, without_words, matching, _pairs(pairs))

    def _row(
        self,
        template: str,
        place: Cursor | None,
        limit: int,
        others: Mapping[str, Any] | None = None,
    ) -> tuple[Any, ...]:
        where, bounds = self.where, self.sort.bounds
        order = "ASC" if place and place.is_backward else "DESC"
        cheap, behind = list(where.clauses), "true"
        parameters = {
            **where.parameters,
            "limit": limit,
            "first": _FIRST,
            "cap": TOTAL_CAP + 1,
            "leading": _LEADING,
            "hour": hour_of(self.now),
            "projects": where.project_ids,
            "statuses": where.statuses,
            **(others or {}),
        }
        if place:
            compare = ">" if place.is_backward else "<"
            cheap.append(f"({self.sort.key}, s.issue_id) {compare} (%(key)s, %(id)s)")
            behind = f"(s.key, s.issue_id) {compare} (%(key)s, %(id)s)"
            parameters |= {"key": place.key, "id": place.issue_id}
            if bounds:
                cheap += _worth_a_look(bounds, place)
        statement = template.format(
            ctes="".join(f"{cte},\n" for cte in where.ctes),
            first=_in_order(
                where, Sort.LAST_SEEN if bounds else self.sort, cheap, order, "first"
            ),
            page=_in_order(where, self.sort, cheap, order, "limit"),
            cheap=joined(cheap),
            anywhere=joined(where.clauses),
            dear=joined(where.dear),
            each_dear=each(where.dear),
            texts=each(where.texts),
            indexed=joined(where.indexed),
            behind=behind,
            key=self.sort.key,
            bounds=bounds,
            order=order,
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            row: tuple[Any, ...] = cursor.fetchone()
            return row


def _in_order(
    where: Condition, sort: Sort, cheap: Sequence[str], order: str, limit: str
) -> str:
    """Ids and keys of the first states in the order, read from its index if it has
    one: of each project and status apart, for the index is ordered within them."""
    ordered = f"ORDER BY {{key}} {order}, s.issue_id {order} LIMIT %({limit})s"
    by_key = ordered.format(key=sort.key)
    states = f"SELECT s.issue_id, {sort.key} AS key FROM issues_issuestate s"
    parts = len(where.project_ids) * len(where.statuses)
    if sort != Sort.LAST_SEEN or parts > _PARTS:
        return f"{states} WHERE {joined(cheap)} {by_key}"
    return f"""SELECT s.issue_id, s.key
        FROM unnest(%(projects)s::int4[]) AS project(id),
        unnest(%(statuses)s::int2[]) AS status(value),
        LATERAL ({states} WHERE s.project_id = project.id AND s.status = status.value
            AND {joined(cheap)} {by_key}) s
        {ordered.format(key="s.key")}"""


def _worth_a_look(bounds: Bounds, place: Cursor) -> list[str]:
    """Clauses that spare dear keys which cannot be beyond the place."""
    if place.key < bounds.least:
        return [] if place.is_backward else [f"NOT ({bounds.where})"]
    return [bounds.where] if place.is_backward else []


def _behind(pairs: Sequence[Pair], place: Cursor | None) -> list[Pair]:
    """Those that follow the place in its direction, the next one first."""
    if place is None:
        return sorted(pairs, reverse=True)
    here = place.key, place.issue_id
    if place.is_backward:
        return sorted(pair for pair in pairs if pair > here)
    return sorted((pair for pair in pairs if pair < here), reverse=True)


def _is_whole(
    page: Sequence[Pair], beyond: int, place: Cursor | None, limit: int
) -> bool:
    """No key that is at most `beyond` belongs on the page."""
    if place and place.is_backward:
        return beyond < place.key
    return len(page) == limit and page[-1][0] > beyond


def _pairs(found: list[list[int]]) -> list[Pair]:
    return [(key, issue_id) for key, issue_id in found]


def _capped(count: int, cap: int) -> tuple[int, bool]:
    return min(count, cap), count > cap


# Each statement answers with one row, that has what is found as an array.
_ORDERED = "ORDER BY s.key {order}, s.issue_id {order} LIMIT %(limit)s"
_STATES = "SELECT s.issue_id, {key} AS key FROM issues_issuestate s WHERE {cheap}"
_ARRAY = "ARRAY(SELECT ARRAY[s.key::int8, s.issue_id] FROM hits s " + _ORDERED + ")"
_COUNTED = """(SELECT count(*) FROM
    (SELECT FROM issues_issuestate s WHERE {anywhere} LIMIT %(cap)s) AS matching)"""

_PLAIN = (
    "SELECT ARRAY(SELECT ARRAY[s.key::int8, s.issue_id] FROM ({page}) s "
    f"ORDER BY s.key {{order}}, s.issue_id {{order}}), {_COUNTED}"
)
_AMONG = f"""
WITH hits AS MATERIALIZED (
    SELECT s.issue_id, {{key}} AS key FROM issues_issuestate s
    WHERE s.issue_id = ANY(%(named)s::int4[]) AND {{anywhere}} AND {{each_dear}}
      AND {{texts}})
SELECT (SELECT count(*) FROM hits),
    ARRAY(SELECT ARRAY[s.key::int8, s.issue_id] FROM hits s WHERE {{behind}} {_ORDERED})
"""
# Bounds of the keys that may be highest, a bound of all others, and the total.
_LIKELIEST = f"""
WITH bounds AS MATERIALIZED ({{bounds.bounds}}
), likely AS MATERIALIZED (
    SELECT s.issue_id, coalesce(b.bound, 0)::int8 AS bound
    FROM issues_issuestate s LEFT JOIN bounds b ON b.issue_id = s.issue_id
    WHERE {{anywhere}} AND {{bounds.where}} ORDER BY bound DESC LIMIT %(limit)s
)
SELECT ARRAY(SELECT ARRAY[s.bound, s.issue_id] FROM likely s ORDER BY s.bound DESC),
    (SELECT CASE WHEN count(*) = %(limit)s THEN min(bound) ELSE {{bounds.least}} END
        FROM likely), {_COUNTED}
"""
# The same of the leading issues only, for conditions that many meet: their states are
# looked up, where else all of the last day are read.
_LEADERS = f"""
WITH leaders AS MATERIALIZED (
    SELECT b.issue_id, b.bound FROM ({{bounds.bounds}}) b
    ORDER BY b.bound DESC LIMIT %(leading)s
), likely AS MATERIALIZED (
    SELECT s.issue_id, b.bound::int8 AS bound
    FROM leaders b CROSS JOIN LATERAL (SELECT * FROM issues_issuestate s
        WHERE s.issue_id = b.issue_id AND {{anywhere}} AND {{bounds.where}} OFFSET 0) s
    ORDER BY bound DESC LIMIT %(limit)s
)
SELECT ARRAY(SELECT ARRAY[s.bound, s.issue_id] FROM likely s ORDER BY s.bound DESC),
    (SELECT CASE WHEN count(*) = %(limit)s THEN min(bound) ELSE
        (SELECT coalesce(min(bound), 0) FROM leaders) END FROM likely), {_COUNTED}
"""
_KEYS = """
SELECT ARRAY(SELECT ARRAY[{key}, s.issue_id] FROM issues_issuestate s
    WHERE s.issue_id = ANY(%(named)s::int4[]) AND {each_dear} AND {texts})
"""
_SAMPLE = f"""
WITH asked AS MATERIALIZED ({{first}}
), others AS MATERIALIZED (SELECT * FROM asked s WHERE {{each_dear}}
), hits AS MATERIALIZED (SELECT * FROM others s WHERE {{texts}})
SELECT (SELECT count(*) FROM asked), (SELECT count(*) FROM others),
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
