"""An event's files: listed, told of, handed out and removed."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import attachments
from issues.api.lookup import read_event_id
from issues.models import Attachment, Event, Status
from issues.views.attachments import download_of
from projects.api.lookup import project_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.tokens import requires

_OPAQUE = "application/octet-stream"
_DOWNLOAD = OpenApiParameter(
    "download",
    OpenApiTypes.STR,
    description="With any value, or none: the file itself instead of what it is.",
)


# "Content-Type" is no name in Python.
HeadersShape = TypedDict("HeadersShape", {"Content-Type": str})


class AttachmentShape(TypedDict):
    id: str
    event_id: str
    # event.attachment, event.minidump, event.view_hierarchy, …
    type: str
    name: str
    mimetype: str
    dateCreated: datetime
    size: int
    headers: HeadersShape
    sha1: str


class EventAttachmentsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="An event's attachments",
        parameters=[PageQuery],
        responses=list[AttachmentShape],
    )
    def get(self, request: Request, org: str, project: str, event: str) -> Response:
        page = read_slice(request, _files_of(request, org, project, event))
        body = [_json(row) for row in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


class EventAttachmentView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="An attachment, or with ?download its content",
        parameters=[_DOWNLOAD],
        responses=AttachmentShape,
    )
    def get(
        self, request: Request, org: str, project: str, event: str, attachment: int
    ) -> HttpResponseBase:
        row = _find(request, org, project, event, attachment)
        if "download" in request.query_params:
            return download_of(row)
        return Response(_json(row))

    @extend_schema(summary="Remove an attachment", responses={204: None})
    def delete(
        self, request: Request, org: str, project: str, event: str, attachment: int
    ) -> Response:
        row = _find(request, org, project, event, attachment)
        attachments.delete(row.project_id, Attachment.objects.filter(pk=row.pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _find(
    request: Request, org: str, project: str, event: str, attachment: int
) -> Attachment:
    """The attachment of that event. Raises Http404."""
    found = _files_of(request, org, project, event).filter(pk=attachment).first()
    if found is None:
        raise Http404
    return found


def _files_of(
    request: Request, org: str, project: str, event: str
) -> QuerySet[Attachment]:
    """The event's files; the event itself may not be there. Raises Http404."""
    found = project_of(request, org, project)
    event_id = read_event_id(event)
    if event_id is None:
        raise Http404
    events = Event.objects.filter(project=found.pk, event_id=event_id)
    if events.filter(issue__state__status=Status.DELETED).exists():
        raise Http404
    rows = Attachment.objects.filter(project=found, event_id=event_id)
    return rows.order_by("pk")


def _json(row: Attachment) -> AttachmentShape:
    content_type = row.content_type or _OPAQUE
    return {
        "id": str(row.pk),
        "event_id": row.event_id.hex,
        "type": row.kind,
        "name": row.name,
        "mimetype": content_type,
        "dateCreated": row.received_at,
        "size": row.size,
        "headers": {"Content-Type": content_type},
        "sha1": row.sha1,
    }
