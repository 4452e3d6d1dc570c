"""Events: those of an issue, those of a project, and one by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.api.eventjson import (
    EventDetailShape,
    EventSummaryShape,
    detail_json,
    event_json,
    summary_json,
    told_events,
)
from issues.api.eventpages import page_of_project
from issues.api.foundevents import IssueEventQuery, events_found
from issues.api.lookup import find_event, read_event_id, row_of
from issues.events import (
    latest_event,
    neighbours,
    oldest_event,
)
from issues.merging.families import family_of
from issues.models import Event
from projects.api.lookup import project_of
from projects.api.paging import PageQuery, Slice, page_response, read_query
from projects.tokens import requires

# Other names of an issue's event; the newest that can be shown is recommended.
_NAMED = {
    "latest": latest_event,
    "recommended": latest_event,
    "oldest": oldest_event,
}


class EventQuery(PageQuery):
    """The parameters of a project's events."""

    full = serializers.BooleanField(
        required=False, default=False, help_text="Whole events, not only summaries."
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Empty: a search within events is refused.",
    )

    def validate_query(self, query: str) -> str:
        if query:
            raise serializers.ValidationError(
                "Searching events is not possible on this server; search issues."
            )
        return query


class IssueEventsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="An issue's events, the newest first",
        parameters=[IssueEventQuery],
        responses=list[EventSummaryShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        query = read_query(request, IssueEventQuery)
        page = events_found(row, query, timezone.now())
        return _page_response(request, page, query)


class IssueEventView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="An event of an issue: latest, oldest, recommended, or an id",
        responses=EventDetailShape,
    )
    def get(
        self, request: Request, issue: str, event: str, org: str | None = None
    ) -> Response:
        row = row_of(request, org, issue)
        if event in _NAMED:
            return Response(event_detail(_NAMED[event](*family_of(row.issue_id))))
        event_id = read_event_id(event)
        found = find_event([row.project], event_id) if event_id else None
        is_of_issue = found and found.issue_id in family_of(row.issue_id)
        return Response(event_detail(found if is_of_issue else None))


class ProjectEventsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="A project's events, the newest first",
        parameters=[EventQuery],
        responses=list[EventSummaryShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        query = read_query(request, EventQuery)
        page = page_of_project(found.pk, cursor=query["cursor"], limit=query["limit"])
        return _page_response(request, page, query)


class ProjectEventView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(summary="An event of a project", responses=EventDetailShape)
    def get(self, request: Request, org: str, project: str, event: str) -> Response:
        found = project_of(request, org, project)
        event_id = read_event_id(event)
        return Response(
            event_detail(find_event([found], event_id) if event_id else None)
        )


def event_detail(row: Event | None) -> EventDetailShape:
    """All of the event with its neighbours. Raises Http404 where there is none."""
    told = told_events([row]) if row else []
    if row is None or not told:
        raise Http404
    return detail_json(told[0], neighbours(row, family_of(row.issue_id)))


def _page_response(
    request: Request, page: Slice[Event], query: Mapping[str, Any]
) -> Response:
    events = told_events(page.rows)
    body: Sequence[EventSummaryShape] = [
        event_json(event) if query["full"] else summary_json(event) for event in events
    ]
    return page_response(request, body, previous=page.previous, next=page.next)
