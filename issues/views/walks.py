"""A place in a list of issues, as the addresses of issue pages carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from issues.cursors import Cursor
from issues.listing import Page
from issues.views.asked import ROWS, Asked
from issues.views.scope import Scope

_PARAMETER = "walk"
# A list whose address is longer is not carried: each row of it would repeat that.
_LIST_CHARS = 1000
_WALK = re.compile(
    r"([op])\.(-?\d{1,18})\.(\d{1,9})\.(\d{1,9})(\+?)(?:\.(.{1,1100}))?",
    re.ASCII | re.DOTALL,
)
# What a list's address may ask for.
_NAMES = (
    "q",
    "environment",
    "release",
    "period",
    "start",
    "end",
    "sort",
    "graph",
    "cursor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The issue at the `position` of a list, which was sorted there by `key`.

    Key, position and total are those of the time when the list was shown: whatever
    becomes of the issue, its neighbours stay those that it had.
    """

    # The organization's list; else that of a project.
    is_all: bool
    key: int
    # From 1.
    position: int
    total: int
    total_is_capped: bool
    # The list's address behind the `?`, with the page that shows the position.
    asked: str

    @classmethod
    def read(cls, text: str) -> Walk | None:
        """The walk of an address; None for what no page wrote.

        >>> Walk.read("p.29384.3.120.q=is:resolved").position
        3
        >>> Walk.read("p.29384.0.120"), Walk.read("3 of 120")
        (None, None)
        """
        match = _WALK.fullmatch(text)
        if match is None or "\0" in text:
            return None
        place, key, position, total, more, asked = match.groups()
        is_behind = not more and int(position) > int(total)
        if int(position) < 1 or is_behind:
            return None
        return cls(
            is_all=place == "o",
            key=int(key),
            position=int(position),
            total=int(total),
            total_is_capped=bool(more),
            asked=told(QueryDict(asked or "")),
        )

    def __str__(self) -> str:
        place = "o" if self.is_all else "p"
        more = "+" if self.total_is_capped else ""
        listed = f".{self.asked}" if self.asked else ""
        return f"{place}.{self.key}.{self.position}.{self.total}{more}{listed}"

    @property
    def query(self) -> str:
        """What carries the walk on, at the end of an address."""
        return f"?{_PARAMETER}={quote(str(self), safe=':=,/')}"

    @property
    def has_next(self) -> bool:
        return self.total_is_capped or self.position < self.total

    @property
    def has_previous(self) -> bool:
        return self.position > 1

    def asks(self) -> Asked:
        return Asked.of(QueryDict(self.asked))

    def list_path(self, scope: Scope, project: str) -> str:
        """The list, on the page that shows the position."""
        slug = scope.organization.slug
        path = (
            reverse("issues:all", args=[slug])
            if self.is_all
            else reverse("issues:list", args=[slug, project])
        )
        return f"{path}?{self.asked}" if self.asked else path

    def place(self, issue_id: int, *, is_down: bool) -> Cursor:
        """Where the list goes on from the issue."""
        return Cursor(
            key=self.key,
            issue_id=issue_id,
            offset=self.position if is_down else self.position - 1,
            is_backward=not is_down,
        )

    def moved(self, key: int, *, beside: Cursor) -> Walk:
        """One step on, to the issue of that key.

        Where this leads to another page of the list, that page is the one to return to.
        """
        is_down = not beside.is_backward
        position = max(1, self.position + (1 if is_down else -1))
        crossed = beside.offset % ROWS == 0
        asked = _with_cursor(self.asked, beside) if crossed else self.asked
        return replace(self, key=key, position=position, asked=asked)


def walks_of(parameters: QueryDict, page: Page, *, is_all: bool) -> dict[int, str]:
    """What stands behind the address of each issue of a list's page, by its id.

    `parameters` are those of the list's address. Nothing where they are very long.
    """
    asked = told(parameters)
    if len(asked) > _LIST_CHARS:
        return {}
    found = {}
    rows = zip(page.rows, page.keys, strict=True)
    for position, (row, key) in enumerate(rows, start=page.offset + 1):
        walk = Walk(
            is_all=is_all,
            key=key,
            position=position,
            total=page.total if page.total_is_capped else max(page.total, position),
            total_is_capped=page.total_is_capped,
            asked=asked,
        )
        found[row.issue_id] = walk.query
    return found


def on(request: HttpRequest) -> str:
    """What carries the walk of this address on; empty where it has none."""
    walk = walk_of(request)
    return walk.query if walk else ""


def walk_of(request: HttpRequest) -> Walk | None:
    return Walk.read(request.GET.get(_PARAMETER, ""))


def told(parameters: QueryDict) -> str:
    """What a list's address asks for, shorter: without what it leaves open."""
    kept = QueryDict(mutable=True)
    for name in _NAMES:
        values = parameters.getlist(name)
        # An empty query asks for all, no query for the usual.
        kept.setlist(name, values if name == "q" else [one for one in values if one])
    return kept.urlencode(safe=":/,")


def _with_cursor(asked: str, cursor: Cursor) -> str:
    parameters = QueryDict(asked, mutable=True)
    parameters["cursor"] = str(cursor)
    return parameters.urlencode(safe=":/,")
