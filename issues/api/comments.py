"""Comments on an issue. Source: protocol.md, "Issue JSON", where they are notes."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues import comments
from issues.api.activities import ActivityShape, activities_json
from issues.api.lookup import row_of
from issues.comments import CommentRefused
from issues.merging.families import family_of
from issues.models import Activity, Issue
from projects.api.lookup import user_of
from projects.api.paging import PageQuery, page_response, read_slice
from projects.tokens import requires

_NOT_YOURS = "This is somebody else's comment."


class CommentText(serializers.Serializer[Any]):
    text = serializers.CharField(
        help_text=f"Markdown, up to {comments.TEXT_MAX} characters. @ann and #team "
        "name members and teams of the organization."
    )


class CommentsView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="The comments on an issue, newest first",
        parameters=[PageQuery],
        responses=list[ActivityShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        page = read_slice(request, comments.comments_of(family_of(row.issue_id)))
        body = activities_json(page.rows)
        return page_response(request, body, previous=page.previous, next=page.next)

    @extend_schema(
        summary="Comment on an issue",
        request=CommentText,
        responses={status.HTTP_201_CREATED: ActivityShape},
    )
    def post(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        text = _read(request)
        commented = Issue.objects.only("project_id").get(pk=row.issue_id)
        commented.project = row.project
        try:
            comment = comments.add(commented, text, user_of(request))
        except CommentRefused as refused:
            raise serializers.ValidationError({"text": str(refused)}) from None
        (body,) = activities_json([comment])
        return Response(body, status=status.HTTP_201_CREATED)


class CommentView(APIView):
    permission_classes = (requires(read="event:read", write="event:write"),)

    @extend_schema(
        summary="Change a comment of one's own",
        request=CommentText,
        responses=ActivityShape,
    )
    def put(
        self, request: Request, issue: str, comment: int, org: str | None = None
    ) -> Response:
        row = row_of(request, org, issue)
        one = _comment(row.issue_id, comment)
        if not comments.may_edit(one, user_of(request)):
            raise PermissionDenied(_NOT_YOURS)
        try:
            comments.edit(one, _read(request), row.project.organization)
        except CommentRefused as refused:
            raise serializers.ValidationError({"text": str(refused)}) from None
        (body,) = activities_json([one])
        return Response(body)

    @extend_schema(
        summary="Delete a comment",
        description="One's own; admins may delete everybody's.",
        responses={status.HTTP_204_NO_CONTENT: None},
    )
    def delete(
        self, request: Request, issue: str, comment: int, org: str | None = None
    ) -> Response:
        one = _comment(row_of(request, org, issue).issue_id, comment)
        token: Any = request.auth
        if not comments.may_delete(one, user_of(request), token.role):
            raise PermissionDenied(_NOT_YOURS)
        one.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _read(request: Request) -> str:
    body = CommentText(data=request.data)
    body.is_valid(raise_exception=True)
    text: str = body.validated_data["text"]
    return text


def _comment(issue_id: int, comment: int) -> Activity:
    """Raises Http404 for what is no comment on this issue."""
    rows = comments.comments_of(family_of(issue_id))
    found = rows.filter(pk=comment).first()
    if found is None:
        raise Http404
    return found
