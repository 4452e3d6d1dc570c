"""An organization's projects, and its own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects import services
from projects.access import (
    Permission,
    membership_for,
    permission_of,
    require_role,
)
from projects.forms import NameForm, NewProjectForm


@login_required
@require_safe
def project_list(request: HttpRequest, org: str) -> HttpResponse:
    membership = membership_for(request.user, org)
    return render(
        request,
        "projects/list.html",
        {
            "organization": membership.organization,
            "may_manage": permission_of(membership.role) >= Permission.MANAGE,
            "nav": "projects",
        },
    )


@login_required
def project_new(request: HttpRequest, org: str) -> HttpResponse:
    membership = membership_for(request.user, org)
    require_role(membership.role, Permission.MANAGE)
    organization = membership.organization
    form = NewProjectForm(request.POST or None, organization=organization)
    if request.method == "POST" and form.is_valid():
        project = services.create_project(organization, **form.cleaned_data)
        return redirect("projects:setup", org=org, project=project.slug)
    context = {"organization": organization, "form": form, "nav": "projects"}
    return render(request, "projects/project_new.html", context)


@login_required
def organization_settings(request: HttpRequest, org: str) -> HttpResponse:
    membership = membership_for(request.user, org)
    require_role(membership.role, Permission.OWN)
    organization = membership.organization
    form = NameForm(request.POST or None, initial={"name": organization.name})
    if request.method == "POST" and form.is_valid():
        services.rename_organization(organization, name=form.cleaned_data["name"])
        messages.success(request, _("Organization saved"))
        return redirect("projects:organization", org=org)
    context = {
        "organization": organization,
        "form": form,
        "role": membership.role,
        "section": "organization",
    }
    return render(request, "projects/organization.html", context)
