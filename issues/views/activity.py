"""The activity pages: what happened in a project, or in all of an organization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from issues.happenings import SERVICE, SINGLE_KINDS, Wanted, happenings
from issues.models import Activity
from issues.operations import UNDO_DAYS, kinds
from issues.views.scope import Scope, page
from projects.access import projects_of
from projects.models import Membership, Project

# An id that a column can hold.
_ID_DIGITS = 9

# What the service does is called otherwise than the same done by people.
_SINGLE = {
    Activity.Kind.NOTE: _("Comment"),
    Activity.Kind.REGRESSION: _("Regressed"),
    Activity.Kind.ESCALATING: _("Escalating"),
    Activity.Kind.RESOLVED: _("Resolved by a monitor"),
    Activity.Kind.UNRESOLVED: _("Not ignored any more"),
}


@require_safe
@page
def project_activity(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    found = scope.project(project)
    context = {"project": found, "tab": "activity"}
    return _answer(request, scope, [found], found, context)


@require_safe
@page
def organization_activity(request: HttpRequest, scope: Scope) -> HttpResponse:
    projects = list(projects_of(scope.organization))
    return _answer(request, scope, projects, None, {"nav": "activity"})


def _answer(
    request: HttpRequest,
    scope: Scope,
    projects: Sequence[Project],
    project: Project | None,
    context: dict[str, Any],
) -> HttpResponse:
    people = list(
        Membership.objects.filter(organization=scope.organization)
        .select_related("user")
        .order_by("user__first_name", "user__email")
    )
    person, kind = request.GET.get("who", ""), request.GET.get("what", "")
    if person not in {SERVICE, *(str(one.user_id) for one in people)}:
        person = ""
    if kind not in _names():
        kind = ""
    wanted = Wanted(
        organization=scope.organization,
        projects=projects,
        project=project,
        reader=scope.user,
        person=person,
        kind=kind,
        operation=_number(request.GET.get("operation", "")),
    )
    cursor = request.GET.get("cursor", "")
    lines, following = happenings(wanted, cursor)
    context |= {
        "organization": scope.organization,
        "lines": lines,
        "following": following,
        "is_first": not cursor,
        "people": people,
        "person": person,
        "service": SERVICE,
        "kind": kind,
        "kinds": _choices(),
        "is_filtered": bool(person or kind or wanted.operation),
        "can_triage": scope.can_triage,
        "undo_days": UNDO_DAYS,
    }
    return render(request, "issues/activity.html", context)


def _choices() -> list[tuple[str, Any]]:
    return [
        *((one.name, one.label) for one in kinds.all_kinds()),
        *((kind.value, label) for kind, label in _SINGLE.items()),
    ]


def _names() -> set[str]:
    return {one.name for one in kinds.all_kinds()} | {k.value for k in SINGLE_KINDS}


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS
    return int(text) if is_number else None
