"""Outcome counts over time: by whatever they are grouped by, and the older form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingest.api.names import (
    api_category,
    api_outcome,
    api_reason,
    categories_named,
    outcomes_named,
)
from ingest.counts import Column, Sums, sum_counts
from ingest.outcomes import EVENT_CATEGORIES, Outcome
from projects.api.fields import InstantField, PeriodField
from projects.api.lookup import project_of, projects_or_all, read_id
from projects.api.paging import read_query
from projects.hours import hour_of
from projects.tokens import organization_of, requires
from projects.windows import Window

_HOUR = timedelta(hours=1)
_DEFAULT_PERIOD = timedelta(days=1)
# More points than this in one answer are refused, as Sentry does.
MAX_POINTS = 10_000

_FIELDS = ("sum(quantity)", "sum(times_seen)")
_GROUPS = {
    "category": Column.CATEGORY,
    "outcome": Column.OUTCOME,
    "project": Column.PROJECT,
    "reason": Column.REASON,
    "key": Column.KEY,
}


class GroupShape(TypedDict):
    by: dict[str, Any]
    totals: dict[str, int]
    series: dict[str, list[int]]


class StatsShape(TypedDict):
    start: datetime
    end: datetime
    intervals: list[datetime]
    groups: list[GroupShape]


class _SpanQuery(serializers.Serializer[Any]):
    statsPeriod = PeriodField(
        required=False, help_text="Such as 24h or 14d; 24h where nothing else is said."
    )
    start = InstantField(required=False, help_text="Instead, from here …")
    end = InstantField(required=False, help_text="… to here, else until now.")


def _words(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(), required=False, default=list, help_text=help_text
    )


class StatsQuery(_SpanQuery):
    field = serializers.ListField(
        child=serializers.ChoiceField(choices=_FIELDS),
        required=False,
        default=lambda: [_FIELDS[0]],
        help_text="The same number by two names: records.",
    )
    groupBy = serializers.ListField(
        child=serializers.ChoiceField(choices=tuple(_GROUPS)),
        required=False,
        default=list,
    )
    interval = PeriodField(
        required=False, help_text="Whole hours, 1h by default; less gives 1h."
    )
    project = _words("Ids or slugs; none, or -1, for all.")
    category = _words("Only of these categories.")
    outcome = _words("Only with these outcomes.")
    reason = _words("Only for these reasons, as they are told here.")
    key = _words("Only sent with these keys, by id.")


class OrganizationStatsView(APIView):
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="What became of all that was sent, over time",
        parameters=[StatsQuery],
        responses=StatsShape,
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        query = read_query(request, StatsQuery)
        projects = [one.pk for one in projects_or_all(organization, query["project"])]
        window = _window(query, _interval(query))
        sums = sum_counts(projects, window, _columns(query), _only(query))
        starts = window.starts()
        body: StatsShape = {
            "start": starts[0],
            "end": starts[-1] + window.bucket_hours * _HOUR,
            "intervals": starts,
            "groups": _groups(sums, query, window),
        }
        return Response(body)


class ProjectStatsQuery(serializers.Serializer[Any]):
    stat = serializers.ChoiceField(
        choices=("received", "rejected", "blacklisted", "generated"),
        required=False,
        default="received",
        help_text="Events that came; those limited or refused; those filtered.",
    )
    since = serializers.FloatField(required=False, help_text="Seconds since 1970 …")
    until = serializers.FloatField(required=False, help_text="… to these, else now.")
    resolution = serializers.ChoiceField(
        choices=("10s", "1h", "1d"),
        required=False,
        default="1h",
        help_text="10s gives 1h, too: counts are kept by the hour.",
    )


class ProjectStatsView(APIView):
    permission_classes = (requires(read="project:read"),)

    @extend_schema(
        summary="A project's events over time, as pairs of seconds and count",
        parameters=[ProjectStatsQuery],
        responses=list[list[int]],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        query = read_query(request, ProjectStatsQuery)
        now = timezone.now().timestamp()
        until = _instant(query.get("until", now))
        since = _instant(query.get("since", until.timestamp() - 86_400))
        hours = 24 if query["resolution"] == "1d" else 1
        window = _bounded(since, until, hours)
        only = {
            Column.CATEGORY: EVENT_CATEGORIES,
            Column.OUTCOME: _OUTCOMES_OF_STAT[query["stat"]],
        }
        (series, *_) = [
            one.series(window) for one in sum_counts([found.pk], window, (), only)
        ] or [[0] * window.buckets]
        times = [int(start.timestamp()) for start in window.starts()]
        body = [list(pair) for pair in zip(times, series, strict=True)]
        return Response(body)


_SENT = frozenset(Outcome) - {Outcome.CLIENT_DISCARD}
_FILTERED = frozenset({Outcome.FILTERED})
_OUTCOMES_OF_STAT: Mapping[str, frozenset[Outcome]] = {
    "received": _SENT,
    "generated": _SENT,
    "blacklisted": _FILTERED,
    "rejected": _SENT - _FILTERED - {Outcome.ACCEPTED, Outcome.UNSUPPORTED},
}


def _interval(query: Mapping[str, Any]) -> int:
    """Hours of a bucket. Raises ValidationError."""
    interval: timedelta = query.get("interval", _HOUR)
    hours, rest = divmod(max(interval, _HOUR), _HOUR)
    if rest:
        raise serializers.ValidationError({"interval": "Expected whole hours."})
    return hours


def _window(query: Mapping[str, Any], hours: int) -> Window:
    """The buckets that hold the asked span of time. Raises ValidationError."""
    now = timezone.now()
    end: datetime = query.get("end", now)
    if "start" in query:
        return _bounded(query["start"], end, hours)
    return _bounded(end - query.get("statsPeriod", _DEFAULT_PERIOD), end, hours)


def _bounded(start: datetime, end: datetime, hours: int) -> Window:
    """Whole buckets around the span; those of days are days in UTC."""
    first = hour_of(start) // hours
    last = hour_of(end - timedelta(microseconds=1)) // hours
    if last < first:
        raise serializers.ValidationError({"start": "Expected a time before the end."})
    buckets = last - first + 1
    if buckets > MAX_POINTS:
        text = f"More than {MAX_POINTS} points; ask for a longer interval."
        raise serializers.ValidationError({"interval": text})
    return Window(first_hour=first * hours, bucket_hours=hours, buckets=buckets)


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise serializers.ValidationError("Expected seconds since 1970.") from None


def _columns(query: Mapping[str, Any]) -> list[Column]:
    """What the counts are told apart by; a reason is told with its outcome."""
    columns = {_GROUPS[name] for name in query["groupBy"]} | {Column.OUTCOME}
    if query["reason"]:
        columns.add(Column.REASON)
    return sorted(columns)


def _only(query: Mapping[str, Any]) -> dict[Column, Collection[str] | Collection[int]]:
    only: dict[Column, Collection[str] | Collection[int]] = {}
    if query["category"]:
        only[Column.CATEGORY] = categories_named(query["category"])
    if query["outcome"]:
        only[Column.OUTCOME] = outcomes_named(query["outcome"])
    if query["key"]:
        only[Column.KEY] = [key for text in query["key"] if (key := read_id(text))]
    return only


def _groups(
    sums: Iterable[Sums], query: Mapping[str, Any], window: Window
) -> list[GroupShape]:
    """The sums under the API's names, which tell less apart; the largest first."""
    names = list(dict.fromkeys(query["groupBy"]))
    merged: dict[tuple[Any, ...], Counter[int]] = {}
    for one in sums:
        values = _values(dict(zip(_columns(query), one.by, strict=True)))
        if query["reason"] and values["reason"] not in query["reason"]:
            continue
        by = tuple(values[name] for name in names)
        merged.setdefault(by, Counter()).update(one.of_bucket)
    groups = sorted(merged.items(), key=lambda group: -group[1].total())
    return [
        {
            "by": dict(zip(names, by, strict=True)),
            "totals": dict.fromkeys(query["field"], counts.total()),
            "series": dict.fromkeys(query["field"], window.spread(counts.items())),
        }
        for by, counts in groups
    ]


def _values(columns: Mapping[Column, Any]) -> dict[str, Any]:
    outcome = Outcome(columns[Column.OUTCOME])
    values = {
        "outcome": api_outcome(outcome),
        "project": columns.get(Column.PROJECT),
        "key": columns.get(Column.KEY),
    }
    if Column.CATEGORY in columns:
        values["category"] = api_category(columns[Column.CATEGORY])
    if Column.REASON in columns:
        values["reason"] = api_reason(outcome, columns[Column.REASON])
    return values
