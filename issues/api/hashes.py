"""The hashes that lead to an issue, and unmerging by them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import operations
from issues.api.eventjson import EventSummaryShape, summary_json, told_events
from issues.api.lookup import row_of
from issues.events import newest_of_each
from issues.listing import IssueRow
from issues.merging import actions
from issues.merging.changes import CannotUnmerge
from issues.merging.families import family_of
from issues.models import Fingerprint
from projects.api.lookup import user_of
from projects.api.paging import PageQuery, page_response, read_query, read_slice
from projects.tokens import requires

_MAX_HASHES = 1000
_NOT_MERGED = (
    "None of these hashes came by a merge: an issue's own stay with it, and so do all "
    "hashes of what was merged as one issue."
)


class HashShape(TypedDict):
    id: str
    # Of what was merged as one issue with this hash; null where all are gone.
    latestEvent: EventSummaryShape | None


class HashQuery(serializers.Serializer[Any]):
    id = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=_MAX_HASHES,
        help_text="Repeated. What was merged as one issue leaves as one issue.",
    )


class HashesView(APIView):
    permission_classes = (requires(read="event:read", delete="event:admin"),)

    @extend_schema(
        summary="The grouping hashes that lead to an issue",
        parameters=[PageQuery],
        responses=list[HashShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        family = family_of(row.issue_id)
        hashes = Fingerprint.objects.filter(issue__in=family).order_by("pk")
        page = read_slice(request, hashes)
        body = _hashes_json(page.rows)
        return page_response(request, body, previous=page.previous, next=page.next)

    @extend_schema(
        summary="Unmerge what these hashes lead to",
        description="Each merged issue is one of its own again, with its short id and "
        "all of its events.",
        parameters=[HashQuery],
        responses={202: None},
    )
    def delete(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        hashes = read_query(request, HashQuery)["id"]
        sources, project = _sources(row, hashes), row.project
        try:
            chosen = actions.unmerge(
                project.organization, project, row.issue_id, sources
            )
            operations.apply(*chosen, user=user_of(request))
        except CannotUnmerge:
            raise serializers.ValidationError({"id": _NOT_MERGED}) from None
        return Response(status=status.HTTP_202_ACCEPTED)


def _hashes_json(rows: Sequence[Fingerprint]) -> list[HashShape]:
    newest = newest_of_each(one.issue_id for one in rows)
    told = {one.stored.row.issue_id: summary_json(one) for one in told_events(newest)}
    return [{"id": one.hash.hex, "latestEvent": told.get(one.issue_id)} for one in rows]


def _sources(row: IssueRow, hashes: list[uuid.UUID]) -> list[int]:
    """The issues that the hashes led to before they were merged."""
    rows = Fingerprint.objects.filter(project=row.project, hash__in=hashes)
    family = rows.filter(issue__in=family_of(row.issue_id))
    return list(family.values_list("issue", flat=True))
