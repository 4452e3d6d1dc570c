"""What became of all that was sent to some projects, as ingest health shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.counts import Column, Sums, sum_counts
from ingest.outcomes import EVENT_CATEGORIES, Outcome
from ingest.reasons import Words
from ingest.wording import CATEGORY_NAMES, GROUP_OF, Group, words_for
from projects.ui import Layers
from projects.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Layers[Group]):
    """A category's records over time: a layer of counts for each group that occurs."""

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Records of a category that met the same outcome for the same reason."""

    category: str
    outcome: Outcome
    reason: str
    count: int

    @property
    def group(self) -> Group:
        return GROUP_OF[self.outcome]

    @property
    def words(self) -> Words:
        return words_for(self.outcome, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was sent with one key, or to one project: events by group."""

    id: int
    events: Counter[Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All figures of the page."""

    events: Counter[Group]
    charts: list[Chart]
    lines: list[Line]
    # What SDKs dropped themselves.
    drops: list[Line]
    parts: list[Part]

    @property
    def unkept(self) -> list[str]:
        """The categories of which something was taken and not kept."""
        found = {
            line.category for line in self.lines if line.outcome is Outcome.UNSUPPORTED
        }
        return sorted(found, key=_place_of)


def overview(
    projects: Sequence[int],
    window: Window,
    apart: Column,
    only: Mapping[Column, Collection[int]] | None = None,
) -> Overview:
    """The figures of the projects; `apart` says what the parts are. One statement."""
    by = (Column.CATEGORY, Column.OUTCOME, Column.REASON, apart)
    sums = sum_counts(projects, window, by, only)
    lines = _lines(sums)
    return Overview(
        events=_events(sums),
        charts=_charts(sums, window),
        lines=[line for line in lines if line.outcome is not Outcome.CLIENT_DISCARD],
        drops=[line for line in lines if line.outcome is Outcome.CLIENT_DISCARD],
        parts=_parts(sums),
    )


def _group(one: Sums) -> Group:
    return GROUP_OF[Outcome(str(one.by[1]))]


def _is_of_events(one: Sums) -> bool:
    return one.by[0] in EVENT_CATEGORIES


def _events(sums: Iterable[Sums]) -> Counter[Group]:
    events: Counter[Group] = Counter()
    for one in filter(_is_of_events, sums):
        events[_group(one)] += one.total
    return events


def _charts(sums: Iterable[Sums], window: Window) -> list[Chart]:
    of_category: dict[str, dict[Group, Counter[int]]] = {}
    for one in sums:
        of_group = of_category.setdefault(str(one.by[0]), {})
        of_group.setdefault(_group(one), Counter()).update(one.of_bucket)
    return [
        Chart(
            category=category,
            layers={
                group: window.spread(of_category[category][group].items())
                for group in Group
                if group in of_category[category]
            },
        )
        for category in sorted(of_category, key=_place_of)
    ]


def _lines(sums: Iterable[Sums]) -> list[Line]:
    """By category, the most frequent first."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for one in sums:
        category, outcome, reason, _ = map(str, one.by)
        totals[category, outcome, reason] += one.total
    lines = [
        Line(category=category, outcome=Outcome(outcome), reason=reason, count=count)
        for (category, outcome, reason), count in totals.items()
    ]
    return sorted(lines, key=lambda line: (_place_of(line.category), -line.count))


def _parts(sums: Iterable[Sums]) -> list[Part]:
    """The one with the most events first."""
    events: dict[int, Counter[Group]] = {}
    for one in sums:
        of_part = events.setdefault(int(one.by[3]), Counter())
        if _is_of_events(one):
            of_part[_group(one)] += one.total
    parts = [Part(id=part, events=counts) for part, counts in events.items()]
    return sorted(parts, key=lambda part: (-part.events.total(), part.id))


_PLACES = {category: place for place, category in enumerate(CATEGORY_NAMES)}


def _place_of(category: str) -> tuple[int, str]:
    """Categories come in the order of their names' table, unheard-of ones last."""
    return _PLACES.get(category, len(_PLACES)), category
