"""The parameters of the issue lists, and the filter that they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from issues.cursors import Sort
from issues.savedsearches import searches_of
from issues.search import (
    IssueFilter,
    SearchError,
    TimeTerm,
    checked_span,
    parse,
)
from projects.api.fields import InstantField, PeriodField
from projects.api.paging import PageQuery
from projects.models import Organization, User

# What is asked for where the query is absent; an empty one asks for everything.
DEFAULT_QUERY = "is:unresolved"
COLLAPSIBLE = ("stats", "lifetime", "filtered", "unhandled")

SORTS = {
    "date": Sort.LAST_SEEN,
    "inbox": Sort.LAST_SEEN,
    "new": Sort.FIRST_SEEN,
    "freq": Sort.EVENTS,
    "user": Sort.USERS,
    "recommended": Sort.PRIORITY,
    "trends": Sort.TREND,
}
SORT_NAMES = {sort: name for name, sort in reversed(SORTS.items())}
_STATUSES = ("unresolved", "resolved", "ignored", "muted", "archived")


class IssueQuery(PageQuery):
    """What both issue lists take."""

    query = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="A search; absent means `is:unresolved`, empty means everything. "
        "An issue's short id or an event's id alone finds that issue.",
    )
    searchId = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="A saved search, whose query and order hold where none is given.",
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list
    )
    sort = serializers.ChoiceField(
        choices=tuple(SORTS),
        required=False,
        allow_blank=True,
        help_text="date and inbox: the last event; new: the first one; freq: events; "
        "user: users; recommended: how bad, new and widespread; trends: events of the "
        "last 24 hours above the usual of the week before.",
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
        found = found.with_tag("environment", *environments)
    return found.plus(*_window(query, now))


def with_saved_search(
    query: Mapping[str, Any], organization: Organization, user: User
) -> dict[str, Any]:
    """The parameters with a query and an order: those given, else those of the saved
    search that is named. Raises ValidationError."""
    saved = None
    if "searchId" in query:
        seen = searches_of(organization, user)
        saved = seen.filter(pk=query["searchId"]).first()
        if saved is None:
            raise serializers.ValidationError({"searchId": "No such search."})
    text = saved.query if saved else DEFAULT_QUERY
    sort = SORT_NAMES[Sort(saved.sort)] if saved else "date"
    return {
        **query,
        "query": query.get("query", text),
        "sort": query.get("sort") or sort,
    }


def sort_of(query: Mapping[str, Any]) -> Sort:
    return SORTS[query["sort"]]


def _span(
    query: Mapping[str, Any], now: datetime
) -> tuple[datetime | None, datetime | None]:
    period = query.get("statsPeriod")
    if isinstance(period, timedelta):
        return now - period, None
    try:
        return checked_span(query.get("start", ""), query.get("end", ""), now)
    except SearchError as error:
        raise serializers.ValidationError({"detail": str(error)}) from None


def _window(query: Mapping[str, Any], now: datetime) -> list[TimeTerm]:
    """Bounds that every issue with an event in the asked span of time keeps."""
    since, until = _span(query, now)
    bounds = []
    if since:
        bounds.append(TimeTerm(instant="last_seen", since=since))
    if until:
        bounds.append(TimeTerm(instant="first_seen", until=until))
    return bounds
