"""Pages of lists: the query's cursor and size, and the Link header of the answer.

Source: protocol.md, "Ground rules": both links are always there, a side with
nothing on it says `results="false"`, and a cursor is opaque to clients.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

MAX_LIMIT = 100

# Cursors of the sides that have nothing: the first page again, and an empty one.
BEFORE_FIRST = "0:0:1"
PAST_LAST = "end"
# What clients may send for the first page.
FIRST = frozenset({"", "0:0:0", BEFORE_FIRST})

_OFFSET = re.compile(r"0:(\d{1,9}):[01]")
_Row = TypeVar("_Row")
_Model = TypeVar("_Model", bound=Model)


class PageQuery(serializers.Serializer[Any]):
    """The parameters of every list."""

    cursor = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="From the Link header of another page; empty for the first.",
    )
    limit = serializers.IntegerField(
        required=False, help_text=f"Rows in a page; more than {MAX_LIMIT} give as many."
    )
    per_page = serializers.IntegerField(required=False, help_text="The same as limit.")

    default_limit = MAX_LIMIT

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked = attrs.pop("per_page", self.default_limit)
        attrs["limit"] = min(max(attrs.get("limit", asked), 1), MAX_LIMIT)
        return attrs


_Query = TypeVar("_Query", bound=serializers.Serializer[Any])


def read_query(request: Request, shape: type[_Query]) -> dict[str, Any]:
    """The request's parameters as the serializer reads them. Raises ValidationError."""
    query = shape(data=request.query_params)
    query.is_valid(raise_exception=True)
    values: dict[str, Any] = query.validated_data
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[_Row]):
    """A page's rows and the cursors of its neighbours, None where there are none."""

    rows: Sequence[_Row]
    previous: str | None
    next: str | None


def read_slice(request: Request, rows: QuerySet[_Model]) -> Slice[_Model]:
    """The page of a short list that the request asks for.

    Counts rows from the first one, so only for lists of which an organization has
    some hundred at most. Raises ParseError for a cursor that no page gave out.
    """
    query = read_query(request, PageQuery)
    limit = query["limit"]
    if query["cursor"] == PAST_LAST:
        return Slice(rows=[], previous=None, next=None)
    start = _offset(query["cursor"])
    found = list(rows[start : start + limit + 1])
    return Slice(
        rows=found[:limit],
        previous=f"0:{max(0, start - limit)}:1" if start else None,
        next=f"0:{start + limit}:0" if len(found) > limit else None,
    )


def page_response(
    request: Request,
    body: Sequence[Any] | Mapping[str, Any],
    *,
    previous: str | None,
    next: str | None,
) -> Response:
    """The rows, or an object that holds them, and the Link to the pages around them."""
    links = (
        _link(request, "previous", previous, BEFORE_FIRST),
        _link(request, "next", next, PAST_LAST),
    )
    return Response(body, headers={"Link": ", ".join(links)})


def bad_cursor() -> ParseError:
    return ParseError("Invalid cursor")


def _offset(cursor: str) -> int:
    if cursor in FIRST:
        return 0
    match = _OFFSET.fullmatch(cursor)
    if match is None:
        raise bad_cursor()
    return int(match[1])


def _link(request: Request, rel: str, cursor: str | None, otherwise: str) -> str:
    parameters = request.query_params.copy()
    parameters["cursor"] = shown = otherwise if cursor is None else cursor
    url = request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
    results = "false" if cursor is None else "true"
    return f'<{url}>; rel="{rel}"; results="{results}"; cursor="{shown}"'
