"""Issues beside another: those that are like it, and why two of them are two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from issues import shortid
from issues.events import StoredEvent
from issues.grouping import Part
from issues.merging.families import survivor_of
from issues.models import Issue, Status
from issues.opening import OpenIssue
from issues.presentation.compared import compared
from issues.presentation.likeness import alike
from issues.similar import Similar, similar_to
from issues.views.eventpage import explain
from issues.views.frame import find_event, frame
from issues.views.scope import Scope, page
from projects.access import projects_of

_ID = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A similar issue as the tab shows it."""

    issue: Issue
    short_id: str
    score: int
    alike: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One of two issues that are compared, by its newest event."""

    issue: Issue
    short_id: str
    href: str
    event_id: str
    # False: no event is stored, so that these are the parts of its first one.
    is_of_event: bool
    parts: tuple[Part, ...]


@require_safe
@page
def similar(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The issues of the project that may have the same cause."""
    found = scope.issue(project, number)
    context = frame(request, scope, found, "similar")
    context["likely"] = [_likely(one) for one in similar_to(found.issue)]
    return render(request, "issues/similar.html", context)


@require_safe
@page
def compare(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """The issue beside another one, or the choice of that one."""
    found = scope.issue(project, number)
    wanted = request.GET.get("with", "").strip()
    context = frame(request, scope, found, "similar")
    context |= {"wanted": wanted, "error": ""}
    try:
        other = _other(scope, wanted) if wanted else None
    except Http404:
        other, context["error"] = None, _("There is no issue of this short id.")
    if other is not None and other.issue.pk == found.issue.pk:
        other, context["error"] = None, _("This is the same issue.")
    if other is None:
        context["likely"] = [_likely(one) for one in similar_to(found.issue)]
        return render(request, "issues/compare_choose.html", context)
    sides = [_beside(scope, one) for one in (found, other)]
    with_all = request.GET.get("parts") == "all"
    context |= {
        "sides": sides,
        "result": compared(sides[0].parts, sides[1].parts, with_all=with_all),
        "with_all": with_all,
        "can_merge": scope.can_triage
        and found.issue.project_id == other.issue.project_id,
    }
    return render(request, "issues/compare.html", context)


@require_safe
@page
def compare_two(request: HttpRequest, scope: Scope) -> HttpResponse:
    """To the comparison of the two issues that were selected in a list.

    Back to the list where there are not two.
    """
    ids = [int(pk) for pk in request.GET.getlist("issue") if _ID.fullmatch(pk)][:2]
    issues = Issue.objects.select_related("project").filter(
        pk__in=ids, project__organization=scope.organization
    )
    by_id = issues.in_bulk()
    if len(by_id) != 2:
        return HttpResponseRedirect(
            reverse("issues:all", args=[scope.organization.slug])
        )
    one, other = (by_id[pk] for pk in ids)
    where = [scope.organization.slug, one.project.slug, one.number]
    named = shortid.encode(other.project.slug, other.number)
    path = reverse("issues:compare", args=where)
    return HttpResponseRedirect(f"{path}?with={named}")


def _other(scope: Scope, wanted: str) -> OpenIssue:
    """The issue of that short id, or what it was merged into. Raises Http404."""
    named = shortid.decode(wanted)
    if named is None:
        raise Http404
    slug, number = named
    merged = Issue.objects.filter(
        project__in=projects_of(scope.organization),
        project__slug=slug,
        number=number,
        state__status=Status.MERGED,
    ).first()
    survivor = survivor_of(merged.pk) if merged else None
    if survivor is not None:
        return scope.issue(survivor.project.slug, survivor.number)
    return scope.issue(slug, number)


def _likely(one: Similar) -> Likely:
    issue = one.issue
    return Likely(
        issue=issue,
        short_id=shortid.encode(issue.project.slug, issue.number),
        score=one.likeness.score,
        alike=alike(one.likeness),
    )


def _beside(scope: Scope, found: OpenIssue) -> Beside:
    issue = found.issue
    stored: StoredEvent | None = find_event(found, "latest")
    payload = stored.payload if stored else None
    parts = tuple(map(Part.from_json, issue.grouping_parts))
    if payload is not None:
        parts = explain(payload, found).grouping.parts
    where = [scope.organization.slug, issue.project.slug, issue.number]
    return Beside(
        issue=issue,
        short_id=shortid.encode(issue.project.slug, issue.number),
        href=reverse("issues:detail", args=where),
        event_id=stored.row.event_id.hex if stored else "",
        is_of_event=payload is not None,
        parts=parts,
    )
