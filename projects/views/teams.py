"""The teams of an organization, with their members and projects."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from projects import services
from projects.access import Permission, membership_for, permission_of, require_role
from projects.forms import NameForm, TeamForm
from projects.models import Membership, Team


@login_required
def teams(request: HttpRequest, org: str) -> HttpResponse:
    """The teams; a POST makes one."""
    membership = membership_for(request.user, org)
    form = NameForm(request.POST or None)
    if request.method == "POST":
        require_role(membership.role, Permission.MANAGE)
        if form.is_valid():
            team = services.create_team(membership.organization, **form.cleaned_data)
            return redirect("projects:team", org=org, team=team.slug)
    living = Q(projects__deleted_at__isnull=True)
    found = membership.organization.teams.annotate(
        member_count=Count("members", distinct=True),
        project_count=Count("projects", filter=living, distinct=True),
    )
    context = {
        "organization": membership.organization,
        "teams": found.order_by("name"),
        "may_manage": permission_of(membership.role) >= Permission.MANAGE,
        "form": form,
        "nav": "members",
        "role": membership.role,
        "section": "teams",
    }
    return render(request, "projects/teams.html", context)


@login_required
def team(request: HttpRequest, org: str, team: str) -> HttpResponse:
    membership, found = _managed(request, org, team)
    form = TeamForm(request.POST or None, team=found)
    if request.method == "POST" and form.is_valid():
        services.change_team(found, **form.cleaned_data)
        messages.success(request, _("Team saved"))
        return redirect("projects:teams", org=org)
    context = {
        "organization": membership.organization,
        "team": found,
        "form": form,
        "nav": "members",
        "role": membership.role,
        "section": "teams",
    }
    return render(request, "projects/team.html", context)


@login_required
def team_delete(request: HttpRequest, org: str, team: str) -> HttpResponse:
    membership, found = _managed(request, org, team)
    if request.method == "POST":
        services.delete_team(found, user=membership.user)
        messages.success(request, _("Team deleted"))
        return redirect("projects:teams", org=org)
    context = {
        "organization": membership.organization,
        "team": found,
        "nav": "members",
    }
    return render(request, "projects/team_delete.html", context)


def _managed(request: HttpRequest, org: str, slug: str) -> tuple[Membership, Team]:
    membership = membership_for(request.user, org)
    require_role(membership.role, Permission.MANAGE)
    teams = membership.organization.teams.select_related("organization")
    return membership, get_object_or_404(teams, slug=slug)
