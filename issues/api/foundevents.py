"""The events of an issue that a call of the API asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from issues.api.eventpages import rows_of
from issues.eventscan import page_of_events, read_place
from issues.eventsearch import EventFilter, NotOfEvents, read_query
from issues.listing import IssueRow
from issues.merging.families import family_of
from issues.models import Event
from issues.search import SearchError, quote
from projects.api.fields import InstantField, PeriodField
from projects.api.paging import FIRST, PAST_LAST, PageQuery, Slice, bad_cursor


class IssueEventQuery(PageQuery):
    """The parameters of an issue's events."""

    full = serializers.BooleanField(
        required=False, default=False, help_text="Whole events, not only summaries."
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Tags, `has:`, `level:` and `user.id:`, each also negated. A page "
        "looks at 10,000 events at most: it may be short and still have a next one.",
    )
    environment = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list
    )
    statsPeriod = PeriodField(
        required=False, help_text="Only events that happened in it, such as 14d or 24h."
    )
    start = InstantField(required=False, help_text="As statsPeriod, from here …")
    end = InstantField(
        required=False,
        help_text="… to here. Events that came more than an hour late are left out.",
    )


def events_found(
    row: IssueRow, query: Mapping[str, Any], now: datetime
) -> Slice[Event]:
    """The page of the issue's events that validated parameters ask for.

    Raises ValidationError for a query, ParseError for a cursor that can't be read.
    """
    cursor, limit = query["cursor"], query["limit"]
    if cursor == PAST_LAST:
        return Slice(rows=[], previous=None, next=None)
    place = None if cursor in FIRST else read_place(cursor)
    if place is None and cursor not in FIRST:
        raise bad_cursor()
    wanted = _filter(row, query, now)
    page = page_of_events(family_of(row.issue_id), wanted, place=place, limit=limit)
    keys = [(one.received_at, one.event_id) for one in page.rows]
    return Slice(
        rows=rows_of(row.project.pk, keys),
        previous=str(page.newer) if page.newer else None,
        next=str(page.older) if page.older else None,
    )


def _filter(row: IssueRow, query: Mapping[str, Any], now: datetime) -> EventFilter:
    since, until = query.get("start"), query.get("end")
    if query.get("statsPeriod"):
        since, until = now - query["statsPeriod"], None
    named = [name for name in query["environment"] if name]
    text = query["query"]
    if named:
        values = ",".join(map(quote, named))
        text = f"{text} environment:[{values}]"
    try:
        return read_query(
            text,
            issue_ids=[row.issue_id],
            project_id=row.project.pk,
            now=now,
            since=since,
            until=until,
        )
    except SearchError as error:
        raise serializers.ValidationError({"detail": str(error)}) from None
    except NotOfEvents:
        raise serializers.ValidationError(
            {"detail": "Events are found by tags, has:, level: and user.id: only."}
        ) from None
