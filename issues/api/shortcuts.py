"""From a short id or an event's id alone to its issue."""

from __future__ import annotations

from typing import TypedDict

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.api.actors import actors_of
from issues.api.eventjson import EventDetailShape
from issues.api.events import event_detail
from issues.api.issuejson import (
    IssueShape,
    issue_json,
    status_details,
    unhandled_among,
)
from issues.api.lookup import (
    find_event,
    find_row_by_short_id,
    organization_named,
    read_event_id,
)
from issues.merging.families import seen_instead
from issues.subscriptions import standings
from projects.access import projects_of
from projects.api.lookup import user_of
from projects.tokens import requires


class ShortIDShape(TypedDict):
    organizationSlug: str
    projectSlug: str
    groupId: str
    group: IssueShape
    shortId: str


class EventIDShape(TypedDict):
    organizationSlug: str
    projectSlug: str
    groupId: str
    eventId: str
    event: EventDetailShape


class ShortIDView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(summary="The issue of a short id", responses=ShortIDShape)
    def get(self, request: Request, org: str, short_id: str) -> Response:
        organization = organization_named(request, org)
        row = find_row_by_short_id(organization, user_of(request), short_id)
        if row is None:
            raise Http404
        is_unhandled = row.issue_id in unhandled_among([row])
        body: ShortIDShape = {
            "organizationSlug": organization.slug,
            "projectSlug": row.project.slug,
            "groupId": str(row.issue_id),
            "group": issue_json(
                row,
                is_unhandled=is_unhandled,
                stats={},
                details=status_details([row]).get(row.issue_id, {}),
                assignee=actors_of([row.issue_id]).get(row.issue_id),
                standing=standings([row.issue_id], user_of(request))[row.issue_id],
            ),
            "shortId": row.short_id,
        }
        return Response(body)


class EventIDView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(summary="The event of an id, and its issue", responses=EventIDShape)
    def get(self, request: Request, org: str, event: str) -> Response:
        organization = organization_named(request, org)
        projects = {one.pk: one for one in projects_of(organization)}
        event_id = read_event_id(event)
        found = find_event(projects.values(), event_id) if event_id else None
        issue = seen_instead([found.issue_id]).get(found.issue_id) if found else None
        if found is None or issue is None:
            raise Http404
        body: EventIDShape = {
            "organizationSlug": organization.slug,
            "projectSlug": projects[found.project_id].slug,
            "groupId": str(issue.pk),
            "eventId": found.event_id.hex,
            "event": event_detail(found),
        }
        return Response(body)
