"""Merging issues from the list, and taking them apart on an issue's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from issues import operations, shortid
from issues.merging import actions
from issues.merging.changes import CannotMerge, CannotUnmerge
from issues.merging.families import members_of
from issues.merging.preview import Preview, preview
from issues.models import FamilyMember, Fingerprint, Issue, Operation
from issues.opening import OpenIssue
from issues.operations import Selection
from issues.views.addresses import ours
from issues.views.changes import MERGED_AT_ONCE, back
from issues.views.frame import frame
from issues.views.scope import Scope, base_of, page
from projects.access import Permission, projects_of, require_role
from projects.models import Project

_FINGERPRINTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A row of the tab: what is merged, or what was the issue's own all along."""

    issue: Issue
    short_id: str
    # None: the issue's own.
    member: FamilyMember | None
    # The first of them, and how many there are.
    hashes: list[str]
    hash_count: int


@require_http_methods(["GET", "HEAD", "POST"])
@page
def merge(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Shows what the merge of the issues would make; with `into`, makes it."""
    require_role(scope.membership.role, Permission.TRIAGE)
    asked = request.POST if request.method == "POST" else request.GET
    selection = _selection(scope, asked.getlist("issue"))
    into = _number(asked.get("into", ""))
    try:
        shown = _preview(selection, into)
        if request.method == "POST" and into is not None:
            return _merge(request, scope, selection, into)
    except CannotMerge as error:
        changed = _("The issues have changed meanwhile: choose them again.")
        messages.error(request, str(error) or changed)
        return back(request)
    context = {
        "base": base_of(request),
        "organization": scope.organization,
        "preview": shown,
        "next": ours(request, asked.get("next", "")),
    }
    return render(request, "issues/merge.html", context)


@require_safe
@page
def merged(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """What is merged into the issue, and by which fingerprints its events come."""
    found = scope.issue(project, number)
    context = frame(request, scope, found, "merged") | {"members": _members(found)}
    return render(request, "issues/merged.html", context)


@require_POST
@page
def unmerge(
    request: HttpRequest, scope: Scope, project: str, number: int
) -> HttpResponse:
    """Makes issues of their own of the form's `source`s."""
    require_role(scope.membership.role, Permission.TRIAGE)
    issue = scope.issue(project, number).issue
    sources = _numbers(request.POST.getlist("source"))
    try:
        chosen = actions.unmerge(scope.organization, issue.project, issue.pk, sources)
        _tell(request, scope, operations.apply(*chosen, user=scope.user))
    except CannotUnmerge:
        messages.error(request, _("Select what is to be unmerged first."))
    where = [scope.organization.slug, project, number]
    return HttpResponseRedirect(reverse("issues:merged", args=where))


def _selection(scope: Scope, issue_ids: Sequence[str]) -> Selection:
    projects = list(projects_of(scope.organization))
    return Selection.of(scope.organization, projects, _numbers(issue_ids))


def _preview(selection: Selection, into: int | None) -> Preview:
    """Raises CannotMerge with what is to be said."""
    if len(selection.issue_ids) < 2:
        raise CannotMerge(_("Select two issues or more to merge them."))
    if len(selection.issue_ids) > MERGED_AT_ONCE:
        text = _("At most %d issues can be merged at once.")
        raise CannotMerge(text % MERGED_AT_ONCE)
    if selection.project_id is None:
        raise CannotMerge(_("Only issues of one project can be merged."))
    project = Project.objects.get(pk=selection.project_id)
    return preview(project, selection.issue_ids, into=into)


def _merge(
    request: HttpRequest, scope: Scope, selection: Selection, into: int
) -> HttpResponse:
    operation = operations.apply(selection, actions.merge(into), user=scope.user)
    _tell(request, scope, operation)
    survivor = Issue.objects.select_related("project").get(
        pk=operation.data["survivor"]
    )
    where = [scope.organization.slug, survivor.project.slug, survivor.number]
    return HttpResponseRedirect(reverse("issues:detail", args=where))


def _tell(request: HttpRequest, scope: Scope, operation: Operation) -> None:
    """Says what has been done, with the address that takes it back."""
    undo = reverse("issues:undo", args=[scope.organization.slug, operation.pk])
    messages.success(request, operations.said(operation), extra_tags=undo)


def _members(found: OpenIssue) -> list[_Member]:
    """What is merged, those seen last first, and the issue's own part."""
    hashes: dict[int, list[str]] = {source: [] for source in found.family}
    rows = Fingerprint.objects.filter(issue__in=found.family).order_by("pk")
    for fingerprint in rows:
        hashes[fingerprint.issue_id].append(fingerprint.hash.hex)
    slug = found.issue.project.slug
    own = FamilyMember.objects.filter(source=found.issue).select_related(
        "counter__state"
    )
    shown: list[tuple[FamilyMember | None, Issue, int]] = [
        (member, member.source, member.source_id)
        for member in members_of(found.issue.pk)
    ]
    share = own.first()
    shown.append((None, share.counter if share else found.issue, found.issue.pk))
    return [
        _Member(
            issue=issue,
            short_id=shortid.encode(
                slug, member.source.number if member else found.issue.number
            ),
            member=member,
            hashes=hashes[source][:_FINGERPRINTS],
            hash_count=len(hashes[source]),
        )
        for member, issue, source in shown
    ]


def _numbers(texts: Sequence[str]) -> list[int]:
    return [number for text in texts if (number := _number(text)) is not None]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
