"""Which issues of some projects stand out in a period, and where they happen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from issues.models import Issue, Level
from issues.presentation.shares import Distribution, telling
from issues.pulse import Busy, Count, Pulse, fetch
from issues.tagcounts import OTHER, TagKey
from projects.models import Project
from projects.windows import Window

# Of so many issues, those with the most events, tags tell where it happens.
_TELLING_ISSUES = 10
_VALUES_OF_A_KEY = 20
# Hours that are summed to tell which issues have the most events in the period; 50,000
# take some 50 ms.
_HOURS_MAX = 20_000

# Events of issues by bucket. Parameters: issue ids, first hour, hours of a bucket.
_HOURS = """
SELECT issue_id, (hour - %(first)s) / %(bucket_hours)s, sum(count)
FROM issues_hourcount
WHERE issue_id = ANY(%(issues)s::int4[]) AND hour >= %(first)s
GROUP BY 1, 2
"""

# The commonest values of each key: tags are summed before they are named. Parameters:
# issue ids, values of a key. Gives key, value, count, and the count of all its values.
_TAGS = """
SELECT key, value, count, total FROM (
    SELECT t.key, t.value, c.count, sum(c.count) OVER (PARTITION BY t.key) AS total,
        row_number() OVER (PARTITION BY t.key ORDER BY c.count DESC, t.value) AS place
    FROM (
        SELECT tag_id, sum(count) AS count
        FROM issues_issuetags it, unnest(it.tag_ids, it.counts) AS one(tag_id, count)
        WHERE it.issue_id = ANY(%(issues)s::int4[]) GROUP BY 1
    ) c JOIN issues_tag t ON t.id = c.tag_id
) AS counted
WHERE place <= %(values)s
ORDER BY key, place
"""

# By issue, pairs of a bucket and its events.
_Hours = dict[int, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standout:
    """An issue as a short list shows it."""

    issue: Issue
    # In the period, and over it.
    count: int
    counts: list[int]

    @property
    def kind(self) -> str:
        return self.issue.kind

    @property
    def type(self) -> str:
        return self.issue.type

    @property
    def value(self) -> str:
        return self.issue.value

    @property
    def level(self) -> Level:
        return Level(self.issue.state.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standouts:
    """The issues with most events, the new ones, and what tags tell of the former."""

    most: list[Standout]
    new: list[Standout]
    new_count: Count
    places: list[Distribution]


def standouts_of(
    projects: Sequence[Project], window: Window, pulse: Pulse, *, rows: int
) -> Standouts:
    """Up to `rows` of the busiest; new are the unresolved ones of the last week.

    `pulse`: that of the same projects and window.
    """
    most, hours = _busiest(pulse.busiest, window, rows)
    shown = _shown({*most[:rows], *pulse.freshest}, hours, projects, window)
    return Standouts(
        most=[shown[issue] for issue in most[:rows] if issue in shown],
        new=[shown[issue] for issue in pulse.freshest if issue in shown],
        new_count=pulse.fresh,
        places=_places(most[:_TELLING_ISSUES]),
    )


def _busiest(
    found: Sequence[Busy], window: Window, rows: int
) -> tuple[list[int], _Hours]:
    """Issues by their events in the period; the first `rows` are those with the most.

    Nobody has more events in the period than in all, so those with the most of all
    are looked at in turn until the next ones cannot be among the first any more. Where
    that takes too long (very many old and busy issues, short periods), the first ones
    are those of the issues looked at. With them come the hours read for it.
    """
    counts: dict[int, int] = {}
    best: list[int] = []
    read: _Hours = {}
    cost = 0
    while len(counts) < len(found) and cost < _HOURS_MAX:
        some = found[len(counts) : 2 * len(counts) + rows + 3]
        old = [one.issue_id for one in some if not one.is_new]
        cost += len(old) * window.bucket_hours * window.buckets
        read |= _hours(old, window)
        counts |= {one.issue_id: one.events for one in some}
        counts |= {issue: sum(n for _, n in read[issue]) for issue in old}
        best = sorted(filter(counts.get, counts), key=lambda one: (-counts[one], one))
        following = found[len(counts)].events if len(counts) < len(found) else 0
        if len(best) >= rows and counts[best[rows - 1]] >= following:
            break
    return best, read


def _hours(issues: Collection[int], window: Window) -> _Hours:
    """Of each issue its buckets with their events; those beyond the window, too."""
    found: _Hours = {issue: [] for issue in issues}
    if found:
        parameters = {
            "issues": sorted(found),
            "first": window.first_hour,
            "bucket_hours": window.bucket_hours,
        }
        for issue, bucket, count in fetch(_HOURS, parameters):
            found[issue].append((bucket, int(count)))
    return found


def _shown(
    issues: set[int], hours: _Hours, projects: Sequence[Project], window: Window
) -> dict[int, Standout]:
    pairs = hours | _hours(issues - hours.keys(), window)
    by_id = {project.pk: project for project in projects}
    shown = {}
    for issue in Issue.objects.select_related("state").filter(pk__in=issues):
        issue.project = by_id[issue.project_id]
        counts = window.spread(pairs[issue.pk])
        shown[issue.pk] = Standout(issue=issue, count=sum(counts), counts=counts)
    return shown


def _places(issues: list[int]) -> list[Distribution]:
    """The tags that tell most; OTHER stands for values that no issue keeps apart."""
    values: dict[str, list[tuple[str, int]]] = {}
    totals: dict[str, int] = {}
    parameters = {"issues": issues, "values": _VALUES_OF_A_KEY}
    for key, value, count, total in fetch(_TAGS, parameters):
        totals[key] = int(total)
        if value != OTHER:
            values.setdefault(key, []).append((value, int(count)))
    return telling([TagKey(key, totals[key], pairs) for key, pairs in values.items()])
