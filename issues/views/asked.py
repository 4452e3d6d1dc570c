"""What the address asks of an issue list: a query, what is picked, an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from issues.cursors import Sort
from issues.models import Tag
from issues.search import IssueFilter, TimeTerm, parse
from issues.views.spans import Span
from projects.models import Project
from projects.windows import Graph

DEFAULT_QUERY = "is:unresolved"
# Of a page.
ROWS = 25
QUERY_CHARS = 2000
# A menu of more names than these is no menu.
MENU_NAMES = 50

SORTS = (
    (Sort.LAST_SEEN, _("Last seen")),
    (Sort.FIRST_SEEN, _("First seen")),
    (Sort.EVENTS, _("Events")),
    (Sort.USERS, _("Users")),
    (Sort.PRIORITY, _("Priority")),
    (Sort.TREND, _("Trend")),
)
GRAPHS = (Graph.DAY, Graph.FORTNIGHT)
# What an address need not say.
USUAL = {"sort": str(Sort.LAST_SEEN), "graph": str(Graph.DAY)}
PERIODS = {
    "24h": (timedelta(hours=24), _("Last 24 hours")),
    "7d": (timedelta(days=7), _("Last 7 days")),
    "14d": (timedelta(days=14), _("Last 14 days")),
    "30d": (timedelta(days=30), _("Last 30 days")),
    "90d": (timedelta(days=90), _("Last 90 days")),
}

_NO_SPAN = Span("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks of the list; words it doesn't know mean the default."""

    query: str
    environments: tuple[str, ...]
    releases: tuple[str, ...]
    # A key of PERIODS, or empty for all time.
    period: str
    # Where no period is named.
    span: Span
    sort: Sort
    graph: Graph
    cursor: str | None

    @classmethod
    def of(cls, parameters: QueryDict) -> Asked:
        get = parameters.get
        sort, graph, period = get("sort", ""), get("graph", ""), get("period", "")
        period = period if period in PERIODS else ""
        return cls(
            query=get("q", DEFAULT_QUERY).strip()[:QUERY_CHARS],
            environments=_names(parameters, "environment"),
            releases=_names(parameters, "release"),
            period=period,
            span=_NO_SPAN if get("period") else Span.of(parameters),
            sort=Sort(sort) if sort in list(Sort) else Sort.LAST_SEEN,
            graph=Graph(graph) if graph in GRAPHS else Graph.DAY,
            cursor=get("cursor"),
        )

    @property
    def period_name(self) -> str:
        return str(PERIODS[self.period][1]) if self.period else ""

    @property
    def picks(self) -> bool:
        """Whether more is asked for than the query says."""
        return bool(self.environments or self.releases or self.period or self.span)

    def filter(self) -> IssueFilter:
        """Raises SearchError."""
        now = timezone.now()
        filter = parse(self.query, now=now)
        if self.environments:
            filter = filter.with_tag("environment", *self.environments)
        if self.releases:
            filter = filter.with_tag("release", *self.releases)
        start, end = self.span.bounds(now)
        if self.period:
            start = now - PERIODS[self.period][0]
        if start:
            filter = filter.plus(TimeTerm(instant="last_seen", since=start))
        if end:
            filter = filter.plus(TimeTerm(instant="first_seen", until=end))
        return filter


def has_picks(asked: Asked) -> bool:
    """Whether something is picked that is kept for this list."""
    return bool(
        asked.environments
        or asked.releases
        or asked.sort != USUAL["sort"]
        or asked.graph != USUAL["graph"]
    )


def names_of(projects: Sequence[Project]) -> dict[str, list[str]]:
    """What may be picked: environments by name, and releases, the newest first."""
    tags = Tag.objects.filter(project__in=[p.pk for p in projects]).exclude(value="")
    room = MENU_NAMES * max(1, min(len(projects), 10))
    named = tags.filter(key="environment").order_by("value")[:room]
    newest = tags.filter(key="release").order_by("-pk")[:room]
    found: dict[str, dict[str, None]] = {"environment": {}, "release": {}}
    for key, value in (
        named.values_list("key", "value")
        .union(newest.values_list("key", "value"), all=True)
        .iterator()
    ):
        found[key][value] = None
    return {key: list(values)[:MENU_NAMES] for key, values in found.items()}


def _names(parameters: QueryDict, key: str) -> tuple[str, ...]:
    found = (name.replace("\0", "")[:200] for name in parameters.getlist(key))
    return tuple(dict.fromkeys(name for name in found if name))[:MENU_NAMES]
