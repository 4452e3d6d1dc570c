"""Sessions over time, by release, project, environment and how they went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.api.fields import InstantField, PeriodField
from projects.api.lookup import projects_or_all
from projects.api.paging import read_query
from projects.hours import hour_of
from projects.models import Project
from projects.tokens import organization_of, requires
from projects.windows import Window
from releases.health import Counts
from releases.latest import latest_release
from releases.selection import LATEST, Selection, SelectionError, read_selection
from releases.session import Health
from releases.sessionstats import Column, Group, session_groups

# Numbers in one answer: what is more is left out, groups with fewest sessions first.
POINTS_MAX = 10_000

_HOUR = timedelta(hours=1)
_DEFAULT_PERIOD = timedelta(days=1)
_STATUS = "session.status"
_SESSION_FIELDS = ("sum(session)", "crash_rate(session)", "crash_free_rate(session)")
_USER_FIELDS = ("count_unique(user)", "crash_rate(user)", "crash_free_rate(user)")
_FIELDS = (*_SESSION_FIELDS, *_USER_FIELDS)
_GROUPS = (*Column, _STATUS)

Number = float | None


class SessionGroupShape(TypedDict):
    by: dict[str, Any]
    # Rates are null where there are no sessions, and where sessions are grouped by
    # how they went.
    totals: dict[str, float | None]
    series: dict[str, list[float | None]]


class SessionStatsShape(TypedDict):
    start: datetime
    end: datetime
    query: str
    intervals: list[datetime]
    groups: list[SessionGroupShape]


class SessionQuery(serializers.Serializer[Any]):
    field = serializers.ListField(
        child=serializers.ChoiceField(choices=_FIELDS),
        required=False,
        default=lambda: [_FIELDS[0]],
        help_text="Absent: sum(session).",
    )
    groupBy = serializers.ListField(
        child=serializers.ChoiceField(choices=_GROUPS), required=False, default=list
    )
    project = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Ids or slugs; none, or -1, for all.",
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        default=list,
        help_text="An empty one means sessions that named none.",
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Terms such as `release:shop@1.*`, `release:latest`, "
        "`!environment:dev`, `release:[1.0,1.1]`.",
    )
    statsPeriod = PeriodField(
        required=False, help_text="Such as 24h or 14d; 24h where nothing else is said."
    )
    start = InstantField(required=False, help_text="Instead, from here …")
    end = InstantField(required=False, help_text="… to here, else until now.")
    interval = PeriodField(
        required=False,
        help_text="1h by default, at most 1d; has to divide a day, which is UTC's.",
    )
    orderBy = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="One of the fields, a minus in front for most first.",
    )
    per_page = serializers.IntegerField(
        required=False, min_value=1, help_text="Groups in the answer."
    )
    includeTotals = serializers.BooleanField(required=False, default=True)
    includeSeries = serializers.BooleanField(required=False, default=True)


class SessionsView(APIView):
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="Sessions and their users over time",
        parameters=[SessionQuery],
        responses=SessionStatsShape,
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        query = read_query(request, SessionQuery)
        projects = projects_or_all(organization, query["project"])
        window = _window(query)
        starts = window.starts()
        body: SessionStatsShape = {
            "start": starts[0],
            "end": starts[-1] + window.bucket_hours * _HOUR,
            "query": query["query"],
            "intervals": starts,
            "groups": _groups(projects, query, window),
        }
        return Response(body)


def _groups(
    projects: Sequence[Project], query: Mapping[str, Any], window: Window
) -> list[SessionGroupShape]:
    order, is_descending = _order(query)
    columns = [Column(name) for name in query["groupBy"] if name != _STATUS]
    is_by_status = _STATUS in query["groupBy"]
    needs_users = not set(_USER_FIELDS).isdisjoint(query["field"])
    found = session_groups(
        projects,
        _selection(projects, query),
        columns,
        window,
        limit=_limit(query, window),
        with_users=needs_users,
        with_user_series=needs_users and query["includeSeries"],
    )
    parts: list[Health | None] = list(Health) if is_by_status else [None]
    rows = [_Row(group, columns, part) for group in found for part in parts]
    if order:
        rows.sort(key=lambda row: _sortable(row.total(order)), reverse=is_descending)
    return [row.json(query) for row in rows]


def _limit(query: Mapping[str, Any], window: Window) -> int:
    points = window.buckets + 1 if query["includeSeries"] else 1
    limit = max(1, POINTS_MAX // points)
    return int(min(limit, query.get("per_page", limit)))


def _order(query: Mapping[str, Any]) -> tuple[str, bool]:
    """The field to sort by, and whether its highest stand first."""
    asked = query["orderBy"]
    name = asked.removeprefix("-")
    if name and name not in query["field"]:
        raise serializers.ValidationError(
            {"orderBy": f"Expected one of the fields asked for, got {asked!r}."}
        )
    return name, asked.startswith("-")


def _sortable(value: Number) -> float:
    return -1.0 if value is None else value


def _selection(projects: Sequence[Project], query: Mapping[str, Any]) -> Selection:
    latest: list[str] = []
    if LATEST in query["query"]:
        releases = map(latest_release, projects)
        latest = [release.version for release in releases if release is not None]
    try:
        selection = read_selection(query["query"], latest=latest)
    except SelectionError as error:
        raise serializers.ValidationError({"query": str(error)}) from None
    if query["environment"]:
        selection.narrow("environment", query["environment"])
    return selection


def _window(query: Mapping[str, Any]) -> Window:
    """Whole buckets that hold the span asked for. Raises ValidationError."""
    interval: timedelta = max(query.get("interval", _HOUR), _HOUR)
    hours, rest = divmod(interval, _HOUR)
    if rest or hours > 24 or 24 % hours:
        raise serializers.ValidationError(
            {"interval": "Expected whole hours that divide a day, such as 1h or 1d."}
        )
    end: datetime = query.get("end", timezone.now())
    last = hour_of(end - timedelta(microseconds=1)) // hours
    if "start" in query:
        first = hour_of(query["start"]) // hours
    else:
        period = query.get("statsPeriod", _DEFAULT_PERIOD)
        first = last + 1 - max(1, -(-period // (hours * _HOUR)))
    buckets = last + 1 - first
    if not 0 < buckets < POINTS_MAX or first < 0:
        told = f"Expected a time before the end, and at most {POINTS_MAX} points."
        raise serializers.ValidationError({"start": told})
    return Window(first_hour=first * hours, bucket_hours=hours, buckets=buckets)


class _Row:
    """A group of the answer: all of a key, or those of it that went one way."""

    def __init__(
        self, group: Group, columns: Sequence[Column], part: Health | None
    ) -> None:
        self._group = group
        self._columns = columns
        self._part = part

    def total(self, name: str) -> Number:
        of_users = name in _USER_FIELDS
        counts = self._group.users if of_users else self._group.sessions
        return self._number(name, counts)

    def json(self, query: Mapping[str, Any]) -> SessionGroupShape:
        by: dict[str, Any] = dict(
            zip(map(str, self._columns), self._group.key, strict=True)
        )
        if self._part is not None:
            by[_STATUS] = self._part.name.lower()
        totals = query["field"] if query["includeTotals"] else []
        series = query["field"] if query["includeSeries"] else []
        return {
            "by": by,
            "totals": {name: self.total(name) for name in totals},
            "series": {name: self._series(name) for name in series},
        }

    def _series(self, name: str) -> list[Number]:
        of_users = name in _USER_FIELDS
        group = self._group
        series = group.user_series if of_users else group.session_series
        return [self._number(name, counts) for counts in series]

    def _number(self, name: str, counts: Counts) -> Number:
        kind = name.partition("(")[0]
        if kind in _RATES:
            return None if self._part is not None else _RATES[kind](counts)
        return counts.total if self._part is None else counts.of(self._part)


_RATES: Mapping[str, Callable[[Counts], Number]] = {
    "crash_rate": lambda counts: (
        counts.crashed / counts.total if counts.total else None
    ),
    "crash_free_rate": lambda counts: counts.crash_free,
}
