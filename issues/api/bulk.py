"""Changes of many issues at once: which, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from issues import operations
from issues.api.changes import apply, read_change, require_scope
from issues.api.queries import filter_of
from issues.listing import matching_ids
from issues.operations import Selection, deleting
from projects.api.lookup import user_of
from projects.models import Project

# Ids that a request may name; without any it changes all that match.
MAX_IDS = 1000
# As many as a form of the pages changes at once.
MAX_MATCHING = 100_000

_TOO_MANY = f"More than {MAX_MATCHING} issues match: change fewer at a time."
_NO_IDS = "Name the issues by their ids."


def change_issues(
    request: Request, projects: Sequence[Project], query: Mapping[str, Any]
) -> Response:
    """Makes the change that the body asks for; more than a thousand in background."""
    selection = _selection(request, projects, query)
    change = read_change(request.data)
    require_scope(request, change)
    if change.get("merge") and not query["id"]:
        raise serializers.ValidationError({"id": _NO_IDS})
    if not selection.issue_ids:
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(apply(change, selection, user_of(request)))


def delete_issues(
    request: Request, projects: Sequence[Project], query: Mapping[str, Any]
) -> Response:
    """Deletes the issues that are named by id: all that match could be a slip."""
    if not query["id"]:
        raise serializers.ValidationError({"id": _NO_IDS})
    selection = _selection(request, projects, query)
    operations.apply(selection, deleting.delete(), user=user_of(request))
    return Response(status=status.HTTP_204_NO_CONTENT)


def _selection(
    request: Request, projects: Sequence[Project], query: Mapping[str, Any]
) -> Selection:
    """Those of the named ids that are issues of the projects; else all that match."""
    ids = query["id"]
    if len(ids) > MAX_IDS:
        raise serializers.ValidationError({"id": f"At most {MAX_IDS} at a time."})
    if not ids:
        filter = filter_of(query, timezone.now())
        most = MAX_MATCHING + 1
        ids = matching_ids(projects, filter, user_of(request), limit=most)
        if len(ids) == most:
            raise serializers.ValidationError({"query": _TOO_MANY})
    organization: Any = request.auth
    return Selection.of(organization.organization, projects, ids)
