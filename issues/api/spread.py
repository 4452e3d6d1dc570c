"""How far an issue has spread: the values of its tags, and the users it affected."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypedDict

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issues.affected import Affected, find_users, lately, page_of_users
from issues.api.lookup import row_of
from issues.merging.families import family_of
from issues.presentation.event import tag_chip
from issues.search import quote
from issues.tagcounts import OTHER, tags_of_issue
from projects.api.paging import (
    FIRST,
    PAST_LAST,
    PageQuery,
    bad_cursor,
    page_response,
    read_query,
)
from projects.tokens import requires

_PLACE = re.compile(r"0:(\d{1,9}):0")
_MAX_ID = 2**31 - 1


class CountedValueShape(TypedDict):
    key: str
    name: str
    # Empty for all the values beyond those that are counted one by one.
    value: str
    count: int
    # What finds the issue's events with it.
    query: str


class AffectedUserShape(TypedDict):
    # As events are searched for it: its kind, a colon, and what was sent.
    identity: str
    query: str


class FrequentUserShape(AffectedUserShape):
    count: int
    lastSeen: datetime | None


class LatelyShape(TypedDict):
    """Who is named how often by the newest events."""

    # How many events were looked at, and whether these are all that are stored.
    events: int
    isComplete: bool
    users: list[FrequentUserShape]


class UserQuery(PageQuery):
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="A whole id, email address, name or IP address.",
    )


class TagValuesView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="The values of one of an issue's tags, the most frequent first",
        parameters=[PageQuery],
        responses=list[CountedValueShape],
    )
    def get(
        self, request: Request, issue: str, key: str, org: str | None = None
    ) -> Response:
        row = row_of(request, org, issue)
        query = read_query(request, PageQuery)
        found = tags_of_issue(row.issue_id, keys=[key])
        if not found:
            raise Http404
        values = found[0].values
        start, limit = _place(query["cursor"]), query["limit"]
        start = len(values) if start is None else start
        body: list[CountedValueShape] = [
            {
                "key": key,
                "name": value,
                "value": value,
                "count": count,
                "query": "" if value == OTHER else tag_chip(key, value).query,
            }
            for value, count in values[start : start + limit]
        ]
        is_more = len(values) > start + limit
        return page_response(
            request,
            body,
            previous=f"0:{max(0, start - limit)}:0" if start else None,
            next=f"0:{start + limit}:0" if is_more else None,
        )


class IssueUsersView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="The users whom an issue affected, the latest known first",
        parameters=[UserQuery],
        responses=list[AffectedUserShape],
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        query = read_query(request, UserQuery)
        if query["query"]:
            users = find_users(row.issue_id, row.project.pk, query["query"])
            body = [_user_json(user) for user in users]
            return page_response(request, body, previous=None, next=None)
        after = _place(query["cursor"])
        if query["cursor"] == PAST_LAST:
            return page_response(request, [], previous=None, next=None)
        page = page_of_users(
            row.issue_id, after=min(after or _MAX_ID, _MAX_ID), limit=query["limit"]
        )
        return page_response(
            request,
            [_user_json(user) for user in page.users],
            previous=None,
            next=None if page.after is None else f"0:{page.after}:0",
        )


class FrequentUsersView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="The users whom the newest events of an issue name most often",
        responses=LatelyShape,
    )
    def get(self, request: Request, issue: str, org: str | None = None) -> Response:
        row = row_of(request, org, issue)
        found = lately(family_of(row.issue_id), limit=100)
        body: LatelyShape = {
            "events": found.events,
            "isComplete": found.is_all,
            "users": [
                {
                    **_user_json(user),
                    "count": user.count or 0,
                    "lastSeen": user.last_seen,
                }
                for user in found.users
            ],
        }
        return Response(body)


def _user_json(user: Affected) -> AffectedUserShape:
    return {"identity": user.identity, "query": f"user:{quote(user.identity)}"}


def _place(cursor: str) -> int | None:
    """What a page begins after; None past the last one. Raises ParseError."""
    if cursor in FIRST:
        return 0
    if cursor == PAST_LAST:
        return None
    match = _PLACE.fullmatch(cursor)
    if match is None:
        raise bad_cursor()
    return int(match[1])
