"""Grouping stored events anew through the API; an extension of ours."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.models import Regrouping
from issues.regrouping import runs
from projects.api.errors import ErrorShape
from projects.api.lookup import project_of, read_id, user_of
from projects.models import Project
from projects.tokens import requires

_MANAGED = requires(read="project:read", write="project:write")


class RegroupResultShape(TypedDict):
    """What there was to do; `issuesThen` are those that there are to be."""

    events: int
    isCutShort: bool
    issuesNow: int
    issuesThen: int
    joined: int
    split: int


class RegroupingShape(TypedDict):
    id: str
    # preview or regroup
    kind: str
    # reading, moving, done, canceled, undoing or undone
    state: str
    groupingConfig: str
    dateCreated: datetime
    dateFinished: datetime | None
    # Events to look at, looked at, and moved.
    total: int
    done: int
    moved: int
    canUndo: bool
    result: RegroupResultShape | None


class RegroupInput(serializers.Serializer[Regrouping]):
    preview = serializers.BooleanField(
        default=False, help_text="Only tell what it would do, from a sample."
    )


class RegroupingsView(APIView):
    permission_classes = (_MANAGED,)

    @extend_schema(
        summary="The last times that stored events were regrouped, the newest first",
        responses=list[RegroupingShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        return Response([_json(run) for run in runs.of_project(found)])

    @extend_schema(
        summary="Regroup stored events by the rules and the version that hold",
        request=RegroupInput,
        responses={
            202: RegroupingShape,
            409: ErrorShape,
        },
    )
    def post(self, request: Request, org: str, project: str) -> Response:
        found = project_of(request, org, project)
        wanted = RegroupInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        is_preview = wanted.validated_data["preview"]
        kind = Regrouping.Kind.PREVIEW if is_preview else Regrouping.Kind.REGROUP
        reason = Regrouping.Reason.RULES
        try:
            run = runs.start(found, kind, reason, user=user_of(request))
        except runs.AlreadyRunning:
            return _conflict("Stored events are being regrouped already.")
        return Response(_json(run), status=status.HTTP_202_ACCEPTED)


class RegroupingView(APIView):
    permission_classes = (_MANAGED,)

    @extend_schema(summary="How far a regrouping is", responses=RegroupingShape)
    def get(self, request: Request, org: str, project: str, run: str) -> Response:
        found = project_of(request, org, project)
        return Response(_json(_run_of(found, run)))

    @extend_schema(
        summary="Stop a regrouping; what it has moved stays",
        responses={202: RegroupingShape},
    )
    def delete(self, request: Request, org: str, project: str, run: str) -> Response:
        found = _run_of(project_of(request, org, project), run)
        runs.cancel(found)
        found.refresh_from_db()
        return Response(_json(found), status=status.HTTP_202_ACCEPTED)


class UndoRegroupingView(APIView):
    permission_classes = (_MANAGED,)

    @extend_schema(
        summary="Put back what a regrouping has moved",
        request=None,
        responses={
            202: RegroupingShape,
            409: ErrorShape,
        },
    )
    def post(self, request: Request, org: str, project: str, run: str) -> Response:
        found = _run_of(project_of(request, org, project), run)
        try:
            runs.undo(found, user=user_of(request))
        except runs.CannotUndo:
            return _conflict("This can't be undone any more.")
        except runs.AlreadyRunning:
            return _conflict("Stored events are being regrouped already.")
        found.refresh_from_db()
        return Response(_json(found), status=status.HTTP_202_ACCEPTED)


def _run_of(project: Project, named: str) -> Regrouping:
    """Raises Http404."""
    rows = Regrouping.objects.filter(project=project, pk=read_id(named) or 0)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _conflict(sentence: str) -> Response:
    return Response({"detail": sentence}, status=status.HTTP_409_CONFLICT)


def _json(run: Regrouping) -> RegroupingShape:
    return {
        "id": str(run.pk),
        "kind": run.kind,
        "state": run.state,
        "groupingConfig": run.version,
        "dateCreated": run.created_at,
        "dateFinished": run.finished_at,
        "total": run.total,
        "done": run.done,
        "moved": run.moved,
        "canUndo": runs.can_undo(run),
        "result": _result_json(run),
    }


def _result_json(run: Regrouping) -> RegroupResultShape | None:
    told = run.result
    if told is None:
        return None
    return {
        "events": told["events"],
        "isCutShort": told["is_cut_short"],
        "issuesNow": told["issues_now"],
        "issuesThen": told["issues_then"],
        "joined": told["join_count"],
        "split": told["split_count"],
    }
