"""The issue lists, of a project and of the whole organization."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from issues import savedsearches
from issues.assignment import assignees_of
from issues.cursors import CursorError
from issues.listing import Page, list_issues, matching_ids, rows_by_id
from issues.picks import Saved, kept_for
from issues.savedsearches import name_of
from issues.search import UNRESOLVED, IssueFilter, SearchError
from issues.views import live
from issues.views.asked import (
    GRAPHS,
    PERIODS,
    ROWS,
    SORTS,
    Asked,
    has_picks,
    names_of,
)
from issues.views.pasted import direct_hit, is_event_id
from issues.views.scope import Scope, base_of, is_part, page
from issues.views.usual import led_on
from issues.views.walks import walks_of
from projects.access import projects_of
from projects.models import Project

_STATUS_TERM = re.compile(r'(?:^|\s)!?is:(?:"[^"]*"|\S+)')


@require_safe
@page
def project_issues(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    return _answer(
        request,
        scope,
        [found],
        {
            "place": found.name,
            "tab": "issues",
            "path": reverse("issues:list", args=[scope.organization.slug, found.slug]),
            "suggest_path": reverse(
                "issues:suggest", args=[scope.organization.slug, found.slug]
            ),
            "is_waiting": found.first_event_at is None,
        },
    )


@require_safe
@page
def all_issues(request: HttpRequest, scope: Scope) -> HttpResponse:
    return _answer(
        request,
        scope,
        list(projects_of(scope.organization)),
        {
            "place": scope.organization.name,
            "nav": "issues",
            "is_all": True,
            "path": reverse("issues:all", args=[scope.organization.slug]),
            "suggest_path": reverse(
                "issues:suggest_all", args=[scope.organization.slug]
            ),
        },
    )


def issues_listed_at(scope: Scope, address: str, *, limit: int) -> list[int]:
    """The ids of all issues that the list at this address names, seen last first.

    Raises Http404 and SearchError.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Http404 from None
    found = resolve(parts.path)
    if found.kwargs.get("org") != scope.organization.slug:
        raise Http404
    if found.view_name == "issues:list":
        projects = [scope.project(found.kwargs["project"])]
    elif found.view_name == "issues:all":
        projects = list(projects_of(scope.organization))
    else:
        raise Http404
    filter = Asked.of(QueryDict(parts.query)).filter()
    return matching_ids(projects, filter, scope.user, limit=limit)


def _answer(
    request: HttpRequest,
    scope: Scope,
    projects: Sequence[Project],
    context: dict[str, Any],
) -> HttpResponse:
    asked = Asked.of(request.GET)
    if "since" in request.GET:
        answer = _news(request, scope, projects, asked, context)
        answer[live.TICKET] = live.ticket(scope.user, projects)
        return answer
    of = None if "is_all" in context else projects[0]
    kept = kept_for(scope.user, scope.organization, of)
    if leads := led_on(request, scope, of, kept):
        return leads
    if direct := direct_hit(request, scope, projects, asked.query):
        # htmx would look for the list on the page that it is led to.
        to = HttpResponseClientRedirect if is_part(request) else HttpResponseRedirect
        return to(direct)
    context |= {
        "base": base_of(request),
        "organization": scope.organization,
        "can_triage": scope.can_triage,
        "is_list": True,
        **_bar(asked, names_of(projects), kept.saved),
    }
    try:
        filter = asked.filter()
    except SearchError as error:
        return _explain(request, context, error)
    found = _page(scope, projects, asked, filter)
    context |= {
        "page": found,
        "walks": walks_of(request.GET, found, is_all="is_all" in context),
        "assignees": assignees_of(row.issue_id for row in found.rows),
        "since": live.token(found.rows, 0, _total(asked, found), timezone.now()),
        "ticket": live.ticket(scope.user, projects),
        "first_shown": found.offset + 1,
        "last_shown": found.offset + len(found.rows),
        "shows_unresolved": filter.statuses != frozenset({"resolved"})
        and filter.statuses != frozenset({"ignored"}),
    }
    if filter == UNRESOLVED and len(projects) == 1:
        context["unresolved_count"] = found.total + found.total_is_capped
    return render(request, "issues/list.html", context)


def _bar(
    asked: Asked, names: dict[str, list[str]], saved: list[Saved]
) -> dict[str, Any]:
    """What is asked for, and what else could be."""
    return {
        "query": asked.query,
        "asked": asked,
        "environments": _with(names["environment"], asked.environments),
        "releases": _with(names["release"], asked.releases),
        "has_picks": has_picks(asked),
        "periods": PERIODS,
        "sort": asked.sort,
        "sorts": SORTS,
        "graph": asked.graph,
        "graphs": GRAPHS,
        "built_in": savedsearches.BUILT_IN,
        "saved": saved,
        "heading": name_of(asked.query, saved) or _("Issues"),
        "any_status": _any_status(asked.query),
        "is_event_id": is_event_id(asked.query),
    }


def _with(names: list[str], asked: Sequence[str]) -> list[str]:
    """A menu's names: what is asked for can be left again, though it be gone."""
    return [*names, *(name for name in asked if name not in names)]


def _news(
    request: HttpRequest,
    scope: Scope,
    projects: Sequence[Project],
    asked: Asked,
    context: dict[str, Any],
) -> HttpResponse:
    """The rows on the screen as they are now; 204 where all is as the page knows it."""
    now = timezone.now()
    shown = live.ids_on_screen(request.GET.get("on", ""))
    try:
        first = None if asked.cursor else _page(scope, projects, asked, asked.filter())
    except SearchError:
        return HttpResponse(status=204)
    first_rows = first.rows if first else []
    rows = {row.issue_id: row for row in first_rows}
    others = [issue for issue in shown if issue not in rows]
    rows |= rows_by_id(projects, others, user=scope.user, graph=asked.graph, now=now)
    on_screen = [rows[issue] for issue in shown if issue in rows]
    fresh = live.fresh_rows(shown, [row.issue_id for row in first_rows], ROWS)
    since = live.token(on_screen, fresh, _total(asked, first), now)
    if since == request.GET["since"]:
        return HttpResponse(status=204)
    context |= {
        "organization": scope.organization,
        "can_triage": scope.can_triage,
        "rows": on_screen,
        "assignees": assignees_of(shown),
        "fresh": fresh,
        "has_more": fresh == ROWS,
        "page": first,
        "since": since,
        "first_page": _first_page(request),
    }
    return render(request, "issues/_news.html", context)


def _first_page(request: HttpRequest) -> str:
    """The list's address without what the page asks for by itself."""
    parameters = request.GET.copy()
    for name in ("since", "on", "cursor"):
        parameters.pop(name, None)
    return f"{request.path}?{parameters.urlencode()}"


def _total(asked: Asked, page: Page | None) -> str:
    """The list's total as far as the page tells it anew."""
    if page is None or asked.cursor:
        return ""
    return f"{page.total}{'+' if page.total_is_capped else ''}"


def _page(
    scope: Scope, projects: Sequence[Project], asked: Asked, filter: IssueFilter
) -> Page:
    """The page asked for; a cursor that makes no sense means the first."""
    cursors = [asked.cursor, None] if asked.cursor else [None]
    for cursor in cursors:
        try:
            return list_issues(
                projects=projects,
                filter=filter,
                sort=asked.sort,
                cursor=cursor,
                limit=ROWS,
                user=scope.user,
                graph=asked.graph,
                now=timezone.now(),
            )
        except CursorError:
            continue
    raise AssertionError("the first page needs no cursor")


def _explain(
    request: HttpRequest, context: dict[str, Any], error: SearchError
) -> HttpResponse:
    """The note on a query that cannot be read; htmx leaves the last rows alone."""
    asked_query: str = context["query"].replace("\0", "")
    context["error"] = error.explain(_(error.template))
    if error.at is not None:
        after = error.at + len(error.term)
        context["marked"] = (
            asked_query[: error.at],
            asked_query[error.at : after],
            asked_query[after:],
        )
    response = render(request, "issues/list.html", context)
    response["HX-Retarget"] = response["HX-Reselect"] = "#query-note"
    response["HX-Reswap"] = "outerHTML"
    return response


def _any_status(query: str) -> str | None:
    """The query without its status; None where it has none."""
    without = _STATUS_TERM.sub("", query).strip()
    return None if without == query.strip() else without
