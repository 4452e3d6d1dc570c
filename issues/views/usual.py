"""Where a list's address leads first: to one that says all that the list will show.

So bulk actions, pages and links mean what stands on the screen, whatever somebody picks
in another window.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from issues.picks import NAMES, Kept, forget_picks, keep_picks
from issues.views.asked import DEFAULT_QUERY, PERIODS, USUAL
from issues.views.scope import Scope
from issues.views.spans import said_exactly
from projects.models import Project

# Tells that the rest of the address is what its reader has just picked.
_KEEP = "keep"


def led_on(
    request: HttpRequest, scope: Scope, project: Project | None, kept: Kept
) -> HttpResponse | None:
    """To the address that says it all; None where this one does.

    `project` is None for the list of all. What the address says wins; what it leaves
    open is what was picked for this list last, and the search that comes first.
    """
    asked = request.GET.copy()
    if _KEEP in asked:
        return _keep(request, scope, project, asked)
    if exact := said_exactly(asked):
        return _to(request, exact)
    # A cursor is one of an order.
    if "cursor" in asked:
        return None
    before = asked.urlencode()
    if "q" not in asked:
        _add_search(asked, kept)
    for name, values in kept.picks.lists():
        if name in NAMES and name not in asked:
            asked.setlist(name, values)
    return None if asked.urlencode() == before else _to(request, asked)


def _keep(
    request: HttpRequest, scope: Scope, project: Project | None, asked: QueryDict
) -> HttpResponse:
    of = (scope.user, scope.organization, project)
    if asked.pop(_KEEP) == ["none"]:
        forget_picks(*of)
        for name in NAMES:
            asked.pop(name, None)
        return _to(request, asked)
    worth = asked.copy()
    for name, value in USUAL.items():
        if worth.get(name) == value:
            del worth[name]
    keep_picks(*of, worth)
    # The form sends its times whether they are chosen or a period is.
    if asked.get("period"):
        asked["start"] = asked["end"] = ""
    if asked.get("period") not in PERIODS:
        asked["period"] = ""
    for name in (*NAMES, "period", "start", "end"):
        if not any(asked.getlist(name)):
            asked.pop(name, None)
    return _to(request, said_exactly(asked) or asked)


def _add_search(asked: QueryDict, kept: Kept) -> None:
    if kept.query is not None and kept.query != DEFAULT_QUERY:
        asked["q"] = kept.query
    if kept.sort and kept.sort != USUAL["sort"]:
        asked.setdefault("sort", kept.sort)


def _to(request: HttpRequest, asked: QueryDict) -> HttpResponse:
    said = asked.urlencode(safe=":/,")
    return HttpResponseRedirect(f"{request.path}?{said}" if said else request.path)
