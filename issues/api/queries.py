"""The parameters of the issue lists, and the filter that they amount to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from issues.cursors import Sort
from issues.search import IssueFilter, SearchError, TagTerm, TimeTerm, parse
from projects.api.paging import PageQuery

# What is asked for where the query is absent; an empty one asks for everything.
DEFAULT_QUERY = "is:unresolved"
COLLAPSIBLE = ("stats", "lifetime", "filtered", "unhandled")

_SORTS = {
    "date": Sort.LAST_SEEN,
    "inbox": Sort.LAST_SEEN,
    "recommended": Sort.LAST_SEEN,
    "trends": Sort.LAST_SEEN,
    "new": Sort.FIRST_SEEN,
    "freq": Sort.EVENTS,
    "user": Sort.USERS,
}
_STATUSES = ("unresolved", "resolved", "ignored", "muted", "archived")
_PERIOD = re.compile(r"(\d{1,5})([smhdw])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@extend_schema_field(OpenApiTypes.STR)
class PeriodField(serializers.Field[timedelta, str, str, Any]):
    """A span such as `30m`, `24h`, `14d` or `2w`."""

    default_error_messages: ClassVar = {
        "invalid": "Expected a number and one of s, m, h, d, w; for example 14d."
    }

    def to_internal_value(self, data: str) -> timedelta:
        match = _PERIOD.fullmatch(str(data).strip())
        if match is None:
            self.fail("invalid")
        return timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])

    def to_representation(self, value: timedelta) -> str:
        return f"{int(value.total_seconds())}s"


class InstantField(serializers.DateTimeField):
    """An instant in ISO 8601, also with nanoseconds; UTC where no zone is named."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value).strip())
            return (
                moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            )
        except (ValueError, OverflowError):
            self.fail("invalid", format="ISO 8601")


class IssueQuery(PageQuery):
    """What both issue lists take."""

    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default=DEFAULT_QUERY,
        help_text="A search; absent means `is:unresolved`, empty means everything. "
        "An issue's short id or an event's id alone finds that issue.",
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list
    )
    sort = serializers.ChoiceField(
        choices=tuple(_SORTS),
        required=False,
        allow_blank=True,
        default="date",
        help_text="date, inbox, recommended and trends are all by the last event.",
    )
    collapse = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text=f"Fields to leave out, of {', '.join(COLLAPSIBLE)}.",
    )


class ProjectIssueQuery(IssueQuery):
    statsPeriod = serializers.ChoiceField(
        choices=("24h", "14d"),
        required=False,
        allow_blank=True,
        default="24h",
        help_text="Which counts over time the answer holds; empty: none.",
    )


class OrganizationIssueQuery(IssueQuery):
    project = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Ids or slugs; none, or -1, for all.",
    )
    groupStatsPeriod = serializers.ChoiceField(
        choices=("24h", "14d", "auto"),
        required=False,
        allow_blank=True,
        default="24h",
        help_text="Which counts over time the answer holds; empty: none.",
    )
    statsPeriod = PeriodField(
        required=False, help_text="Only issues with an event in it, such as 14d or 24h."
    )
    start = InstantField(required=False, help_text="As statsPeriod, from here …")
    end = InstantField(required=False, help_text="… to here.")


class BulkQuery(serializers.Serializer[Any]):
    """Which issues a bulk change is about: ids, else all that match the rest."""

    id = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, default=list
    )
    query = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Empty: all issues."
    )
    status = serializers.ChoiceField(
        choices=_STATUSES, required=False, allow_blank=True, default=""
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list
    )


class OrganizationBulkQuery(BulkQuery):
    project = serializers.ListField(
        child=serializers.CharField(), required=False, default=list
    )


def filter_of(query: Mapping[str, Any], now: datetime) -> IssueFilter:
    """What validated parameters ask for. Raises ValidationError."""
    text = query["query"]
    if query.get("status"):
        text += f" is:{query['status']}"
    try:
        found = parse(text, now=now)
    except SearchError as error:
        raise serializers.ValidationError({"detail": str(error)}) from None
    environments = tuple(name for name in query["environment"] if name)
    if environments:
        escaped = tuple(re.sub(r"([\\*])", r"\\\1", name) for name in environments)
        term = TagTerm(key="environment", values=escaped)
        found = replace(found, tags=(*found.tags, term))
    return replace(found, times=(*found.times, *_window(query, now)))


def sort_of(query: Mapping[str, Any]) -> Sort:
    return _SORTS[query["sort"] or "date"]


def _window(query: Mapping[str, Any], now: datetime) -> list[TimeTerm]:
    """Bounds that every issue with an event in the asked span of time keeps."""
    since, until = query.get("start"), query.get("end")
    if "statsPeriod" in query and isinstance(query["statsPeriod"], timedelta):
        since, until = now - query["statsPeriod"], None
    bounds = []
    if since:
        bounds.append(TimeTerm(instant="last_seen", since=since))
    if until:
        bounds.append(TimeTerm(instant="first_seen", until=until))
    return bounds
