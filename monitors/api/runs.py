"""Pages of a monitor's check-ins for the web API, the newest first."""

from __future__ import annotations

import re

from django.db.models import Q

from monitors.models import CheckIn
from projects.api.paging import FIRST, PAST_LAST, Slice, bad_cursor
from projects.moments import micros_of, moment_of

_CURSOR = re.compile(r"(\d{1,17}):(\d{1,18}):([01])")


def page_of_monitor(monitor_id: int, *, cursor: str, limit: int) -> Slice[CheckIn]:
    """A page of the check-ins. Raises ParseError for an unknown cursor."""
    if cursor == PAST_LAST:
        return Slice(rows=[], previous=None, next=None)
    runs = CheckIn.objects.filter(monitor=monitor_id).order_by("-started_at", "-pk")
    if cursor in FIRST:
        return _slice(list(runs[: limit + 1]), limit, is_first=True)
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_cursor()
    at, pk = moment_of(int(match[1])), int(match[2])
    if match[3] == "0":
        older = Q(started_at__lt=at) | Q(started_at=at, pk__lt=pk)
        runs = runs.filter(older, started_at__lte=at)
        return _slice(list(runs[: limit + 1]), limit)
    newer = Q(started_at__gt=at) | Q(started_at=at, pk__gt=pk)
    found = runs.filter(newer, started_at__gte=at).reverse()
    return _slice_before(list(found[: limit + 1]), limit)


def _slice(
    found: list[CheckIn], limit: int, *, is_first: bool = False
) -> Slice[CheckIn]:
    rows = found[:limit]
    has_next = len(found) > limit
    return Slice(
        rows=rows,
        previous=_cursor(rows[0], is_backward=True) if rows and not is_first else None,
        next=_cursor(rows[-1], is_backward=False) if has_next else None,
    )


def _slice_before(found: list[CheckIn], limit: int) -> Slice[CheckIn]:
    """From the rows before a page, the nearest to it first."""
    rows = found[:limit][::-1]
    has_previous = len(found) > limit
    return Slice(
        rows=rows,
        previous=_cursor(rows[0], is_backward=True) if has_previous else None,
        next=_cursor(rows[-1], is_backward=False) if rows else None,
    )


def _cursor(row: CheckIn, *, is_backward: bool) -> str:
    return f"{micros_of(row.started_at)}:{row.pk}:{int(is_backward)}"
