"""How often an issue's events carried which tags: one row of arrays per issue.

A row per issue and tag would cost four times the CPU (measured).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from issues import names, sql
from projects import arrays

# Past this many values of one key in an issue, new values count as "other".
VALUES_OF_A_KEY = 500

# The value that stands for all others; no event can send an empty one.
OTHER = ""


class TagTally:
    """The tag counts of the issues of a batch, while it is being stored."""

    def __init__(self, projects: dict[int, int]) -> None:
        """`projects`: project id by issue id."""
        self._projects = projects
        self._counts: dict[int, dict[int, int]] = {issue: {} for issue in projects}
        # Values of each key, of the issues that are near the cap only.
        self._values: dict[int, Counter[str]] = {}

    def start_from(self, issue: int, tag_ids: list[int], counts: list[int]) -> None:
        """The counts as they are stored; their order is kept."""
        self._counts[issue] = dict(zip(tag_ids, counts, strict=True))

    def add(
        self, issue: int, tags: Sequence[names.Tag], id_of: dict[names.Tag, int]
    ) -> list[int]:
        """Counts an event's tags; gives the ids under which they count."""
        counts = self._counts[issue]
        ids = [id_of[tag] for tag in tags]
        for place, tag in enumerate(tags):
            if ids[place] not in counts:
                ids[place] = self._admit(issue, tag[0], ids[place])
                counts.setdefault(ids[place], 0)
            counts[ids[place]] += 1
        return ids

    def repeat(self, issue: int, tag_ids: Sequence[int]) -> None:
        """Counts for another issue, too, what `add` gave."""
        counts = self._counts[issue]
        for tag_id in tag_ids:
            counts[tag_id] = counts.get(tag_id, 0) + 1

    def write(self) -> None:
        """Stores the counts. Issues go in the order in which they were locked."""
        issues = sorted(issue for issue, counts in self._counts.items() if counts)
        if not issues:
            return
        rows = [self._counts[issue] for issue in issues]
        sql.run_often(
            sql.PUT_TAGS,
            arrays.of_numbers(issues),
            arrays.of_numbers(self._projects[issue] for issue in issues),
            arrays.of_texts(arrays.of_numbers(counts) for counts in rows),
            arrays.of_texts(arrays.of_numbers(counts.values()) for counts in rows),
        )

    def _admit(self, issue: int, key: str, tag_id: int) -> int:
        """The id under which a value that is new to the issue counts."""
        counts = self._counts[issue]
        if len(counts) < VALUES_OF_A_KEY:
            return tag_id
        values = self._values.get(issue)
        if values is None:
            rows = sql.run(sql.TAG_KEYS, list(counts))
            values = self._values[issue] = Counter(row[1] for row in rows)
        if values[key] < VALUES_OF_A_KEY:
            values[key] += 1
            return tag_id
        return _other(self._projects[issue], key)


def _other(project_id: int, key: str) -> int:
    return names.tags.resolve({project_id: {(key, OTHER)}})[project_id][key, OTHER]


class CountedTag(NamedTuple):
    """A tag, and how many events of an issue carried it."""

    tag_id: int
    key: str
    value: str
    events: int


@dataclass(frozen=True, slots=True)
class TagKey:
    """A tag key of an issue with its values, the most frequent first."""

    key: str
    # Events that carried the key.
    total: int
    # Pairs of value and events; the value OTHER stands for all beyond the cap.
    values: list[tuple[str, int]]
    # The tags' ids, in the same order.
    ids: list[int] = field(default_factory=list)
    # Values that are counted one by one, also those that were not asked for.
    known: int = 0

    @property
    def tags(self) -> list[CountedTag]:
        return [
            CountedTag(tag_id, self.key, value, events)
            for tag_id, (value, events) in zip(self.ids, self.values, strict=True)
        ]


# Sums and sorts in the database: of 10,000 tags all rows would take 17 ms, this 8.
_TAGS_OF_ISSUE = """
SELECT t.key, sum(c.count)::int8, count(*) FILTER (WHERE t.value <> ''),
    (array_agg(t.id ORDER BY c.count DESC, t.value))[1:%(values)s],
    (array_agg(t.value ORDER BY c.count DESC, t.value))[1:%(values)s],
    (array_agg(c.count ORDER BY c.count DESC, t.value))[1:%(values)s]
FROM issues_issuetags it, unnest(it.tag_ids, it.counts) AS c(tag_id, count)
JOIN issues_tag t ON t.id = c.tag_id
WHERE it.issue_id = %(issue)s
  AND (%(keys)s::text[] = '{}' OR t.key = ANY(%(keys)s::text[]))
GROUP BY t.key ORDER BY t.key
"""


def tags_of_issue(
    issue_id: int, *, values: int = VALUES_OF_A_KEY + 1, keys: Sequence[str] = ()
) -> list[TagKey]:
    """Every tag key of the issue in alphabetical order, or those that are named.

    `values`: how many of each key at most.
    """
    parameters: dict[str, Any] = {
        "issue": issue_id,
        "values": values,
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAGS_OF_ISSUE, parameters)
        return [
            TagKey(name, total, list(zip(named, counts, strict=True)), ids, known)
            for name, total, known, ids, named, counts in cursor.fetchall()
        ]
