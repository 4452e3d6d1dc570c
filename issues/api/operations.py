"""What was done with issues, how far it is, and its undo: an extension of ours."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import operations
from issues.models import Operation
from issues.operations import CannotUndo
from issues.operations.kinds import kind_of
from projects.access import Permission
from projects.api.lookup import user_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.api.root import UserShape, user_json
from projects.tokens import has_scope, organization_of, requires


class UndoneShape(TypedDict):
    user: UserShape | None
    dateCreated: datetime
    restored: int
    # Issues that had changed since and stay as they are.
    changedSince: int


class OperationShape(TypedDict):
    id: str
    # resolve, unresolve, ignore, assign, unassign, merge, delete, …
    kind: str
    # In words.
    title: str
    # Null: the service itself.
    user: UserShape | None
    dateCreated: datetime
    isRunning: bool
    # Issues chosen, gone through, and really changed.
    count: int
    done: int
    changed: int
    # Ids of a few of the issues.
    samples: list[str]
    canUndo: bool
    undo: UndoneShape | None


class OperationsView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="What was done with issues, newest first",
        parameters=[PageQuery],
        responses=list[OperationShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        rows = Operation.objects.filter(organization=organization)
        rows = rows.exclude(project__deleted_at__isnull=False)
        rows = operations.visible_to(rows, user_of(request))
        page = read_slice(
            request,
            rows.select_related("user", "undone_by").order_by("-created_at", "-pk"),
        )
        body = [_json(row) for row in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


class OperationView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(summary="How far an operation is", responses=OperationShape)
    def get(self, request: Request, org: str, operation: int) -> Response:
        return Response(_json(_find(request, org, operation)))


class UndoView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="Undo an operation",
        description="Brings back each issue that has not changed since. 400 when it "
        "is too old or undone already.",
        request=None,
        responses=OperationShape,
    )
    def post(self, request: Request, org: str, operation: int) -> Response:
        found = _find(request, org, operation)
        if not _may_undo(request, found):
            raise PermissionDenied("It takes an admin to undo this.")
        try:
            operations.undo(found, user_of(request))
        except CannotUndo:
            told = {"detail": "That can't be undone any more."}
            return Response(told, status=status.HTTP_400_BAD_REQUEST)
        return Response(_json(_find(request, org, operation)))


def _find(request: Request, org: str, operation: int) -> Operation:
    """Raises Http404."""
    organization = organization_of(request, org)
    rows = Operation.objects.filter(organization=organization, pk=operation)
    rows = operations.visible_to(rows, user_of(request))
    rows = rows.exclude(project__deleted_at__isnull=False)
    found = rows.select_related("user", "undone_by").first()
    if found is None:
        raise Http404
    return found


def _may_undo(request: Request, row: Operation) -> bool:
    """Whether the token may do what undoing it takes."""
    is_managing = kind_of(row).needs >= Permission.MANAGE
    return not is_managing or has_scope(request, "project:write")


def _json(row: Operation) -> OperationShape:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "title": str(kind_of(row).label),
        "user": user_json(row.user) if row.user else None,
        "dateCreated": row.created_at,
        "isRunning": row.is_running,
        "count": row.count,
        "done": row.done,
        "changed": row.changed,
        "samples": [str(issue) for issue in row.samples],
        "canUndo": operations.can_undo(row),
        "undo": _undone(row),
    }


def _undone(row: Operation) -> UndoneShape | None:
    if row.undone_at is None:
        return None
    return {
        "user": user_json(row.undone_by) if row.undone_by else None,
        "dateCreated": row.undone_at,
        "restored": row.restored,
        "changedSince": row.changed_since,
    }
