"""The addresses that Sentry's clients print, led to the pages that they mean."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from issues import shortid
from issues.merging.families import survivor_of
from issues.models import VISIBLE_STATUSES, Issue, Status
from issues.views.scope import Scope, page
from projects.access import projects_of
from projects.models import Membership

_LARGEST_ID = 2**31 - 1
# Names that stand where an event's id can; the last is ours for both.
_EVENTS = {"latest": "latest", "oldest": "oldest", "recommended": "latest"}


@require_safe
@page
def issues(request: HttpRequest, scope: Scope) -> HttpResponse:
    """To the list of the one project that is named, else to that of all."""
    asked = (name.replace("\0", "") for name in request.GET.getlist("project"))
    named = [name for name in asked if name != "-1"]
    path = reverse("issues:all", args=[scope.organization.slug])
    if len(named) == 1:
        found = projects_of(scope.organization)
        number = _number(named[0])
        project = (
            found.filter(pk=number) if number else found.filter(slug=named[0])
        ).first()
        if project is None:
            raise Http404
        path = reverse("issues:list", args=[scope.organization.slug, project.slug])
    return _redirect(request, path)


@require_safe
@page
def issue(
    request: HttpRequest,
    scope: Scope,
    issue: str,
    event: str = "",
    project: str = "",
) -> HttpResponse:
    """To the issue of that id or short id, or to an event of it.

    A project in the address is not heeded: it may have been renamed since.
    """
    found = _find(scope, issue)
    where = [scope.organization.slug, found.project.slug, found.number]
    path = reverse("issues:detail", args=where)
    if event:
        path = reverse("issues:event", args=[*where, _EVENTS.get(event, event)])
    return _redirect(request, path)


@require_safe
@login_required
def auth_tokens(request: HttpRequest) -> HttpResponse:
    """Where `sentry-cli login` sends people, not knowing their organization."""
    mine = Membership.objects.filter(user=request.user.pk).order_by("pk")
    slug = mine.values_list("organization__slug", flat=True).first()
    if slug is None:
        raise Http404
    return HttpResponseRedirect(reverse("projects:tokens", args=[slug]))


def _find(scope: Scope, issue: str) -> Issue:
    found = Issue.objects.select_related("project", "state").filter(
        project__in=projects_of(scope.organization),
        state__status__in=(*VISIBLE_STATUSES, Status.MERGED),
    )
    number, named = _number(issue), shortid.decode(issue)
    if number:
        found = found.filter(pk=number)
    elif named:
        found = found.filter(project__slug=named[0], number=named[1])
    else:
        raise Http404
    first = found.first()
    if first is None:
        raise Http404
    is_merged = first.state.status == Status.MERGED
    return (survivor_of(first.pk) if is_merged else None) or first


def _number(text: str) -> int | None:
    """The id that the text is; None for other text and for what no id can be."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST_ID))):
        return None
    number = int(text)
    return number if 0 < number <= _LARGEST_ID else None


def _redirect(request: HttpRequest, path: str) -> HttpResponse:
    """The rest of the query goes along: what a list searches, what a page shows."""
    query = request.GET.copy()
    query.pop("project", None)
    return HttpResponseRedirect(f"{path}?{query.urlencode()}" if query else path)
