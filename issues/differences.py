"""What is different about an issue: tags that its events carry more than others do."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from issues.models.issue import VISIBLE_STATUSES
from issues.tagcounts import CountedTag

# At most so many are told: the greatest.
TOLD = 5
# Fewer events, of the issue, of those with the value, of others, or fewer other issues
# say nothing.
ENOUGH_EVENTS = 20
ENOUGH_WITH_VALUE = 10
ENOUGH_OTHER_EVENTS = 100
ENOUGH_OTHER_ISSUES = 3
# A difference worth telling: in percentage points, and as a factor.
_MIN_POINTS = 0.20
_MIN_FACTOR = 1.5
# Standard errors between the two shares. An issue has hundreds of values that are
# tried; of as many without a difference, one in 30,000 looks so different by chance.
_MIN_Z = 4.0
# The other issues of the project that were seen last stand for all of them. Of
# those with 60 tags each, 500 are summed in 8 ms (one core of two).
OTHER_ISSUES = 500
# Told elsewhere on the page.
_UNTOLD = frozenset({"level"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The project's other issues together."""

    issues: int
    events: int
    # Events by tag.
    counts: dict[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value that the issue's events have more often than others' do."""

    key: str
    value: str
    count: int
    events: int
    other_count: int
    other_events: int

    @property
    def share(self) -> float:
        return self.count / self.events

    @property
    def other_share(self) -> float:
        return self.other_count / self.other_events

    @property
    def points(self) -> float:
        return self.share - self.other_share

    @property
    def is_telling(self) -> bool:
        """Whether it is great, and more than chance does.

        The shares are compared as those of two samples: z = p1 - p2 over the root of
        p(1-p)(1/n1 + 1/n2), with p the share in both together.
        """
        both = self.events + self.other_events
        share = (self.count + self.other_count) / both
        error = math.sqrt(
            share * (1 - share) * (1 / self.events + 1 / self.other_events)
        )
        return (
            self.points >= _MIN_POINTS
            and self.share >= _MIN_FACTOR * self.other_share
            and self.points >= _MIN_Z * error
        )


def differences(
    tags: Sequence[CountedTag],
    *,
    events: int,
    project_id: int,
    but: Collection[int],
) -> list[Difference]:
    """What tells the issue of these tags from the project's others, greatest first.

    `events`: all that the issue counts; `but`: the issues that are no others.
    """
    if events < ENOUGH_EVENTS:
        return []
    candidates = [
        tag
        for tag in tags
        if tag.value
        and tag.key not in _UNTOLD
        and tag.events >= max(ENOUGH_WITH_VALUE, _MIN_POINTS * events)
    ]
    if not candidates:
        return []
    others = others_of(project_id, but, [tag.tag_id for tag in candidates])
    return compared(candidates, events, others)


def compared(
    tags: Sequence[CountedTag], events: int, others: Others
) -> list[Difference]:
    """Those of the tags that differ, one of a kind of key, the greatest first."""
    if others.issues < ENOUGH_OTHER_ISSUES or others.events < ENOUGH_OTHER_EVENTS:
        return []
    found = [
        Difference(
            key=tag.key,
            value=tag.value,
            count=min(tag.events, events),
            events=events,
            other_count=min(others.counts.get(tag.tag_id, 0), others.events),
            other_events=others.events,
        )
        for tag in tags
    ]
    greatest: dict[str, Difference] = {}
    for one in sorted(found, key=lambda one: (-one.points, one.key, one.value)):
        if one.is_telling:
            # "os" and "os.name" say the same.
            greatest.setdefault(one.key.removesuffix(".name"), one)
    return list(greatest.values())[:TOLD]


# Each status has an order of its own in the list's index. Gives a row without a tag
# for all events, and one for each of the tags that occurs.
_OTHERS = """
WITH others AS MATERIALIZED (
    SELECT s.issue_id, s.event_count FROM unnest(%(statuses)s::int2[]) AS one(status)
    CROSS JOIN LATERAL (
        SELECT issue_id, event_count, last_seen_minute FROM issues_issuestate
        WHERE project_id = %(project)s AND status = one.status
          AND issue_id <> ALL(%(but)s::int4[])
        ORDER BY last_seen_minute DESC LIMIT %(limit)s
    ) s
    ORDER BY s.last_seen_minute DESC, s.issue_id LIMIT %(limit)s
)
SELECT NULL, count(*), coalesce(sum(event_count), 0)::int8 FROM others
UNION ALL
SELECT c.tag_id, 0, sum(c.count)::int8
FROM others JOIN issues_issuetags it ON it.issue_id = others.issue_id
CROSS JOIN LATERAL unnest(it.tag_ids, it.counts) AS c(tag_id, count)
WHERE c.tag_id = ANY(%(tags)s::int4[])
GROUP BY c.tag_id
"""


def others_of(
    project_id: int, but: Collection[int], tag_ids: Collection[int]
) -> Others:
    """The issues of the project that were seen last, but these, and their tags."""
    parameters: dict[str, Any] = {
        "statuses": [int(status) for status in VISIBLE_STATUSES],
        "project": project_id,
        "but": list(but),
        "limit": OTHER_ISSUES,
        "tags": list(tag_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, parameters)
        rows = cursor.fetchall()
    issues, events = next((row[1], row[2]) for row in rows if row[0] is None)
    return Others(
        issues=issues,
        events=events,
        counts={tag_id: count for tag_id, _, count in rows if tag_id is not None},
    )
