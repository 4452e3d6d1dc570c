"""How a project's events fare before they are stored: limits, filters, secrets."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import policies, services
from projects.access import Permission, membership_for, require_role
from projects.forms import LimitForm
from projects.limits import SPIKE_WINDOW_S, spike_limit
from projects.models import Membership, Organization, Project
from projects.policy_forms import DemandsForm, FiltersForm, ScrubbingForm, SpikeForm
from projects.views.settings import managed, project_page


@login_required
def filters(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    rules = policies.filters_of(found)
    form = FiltersForm(_posted(request), rules=rules)
    if request.method == "POST" and form.is_valid():
        policies.change_filters(found, form.rules())
        messages.success(request, _("Inbound filters saved"))
        return redirect("projects:filters", org=org, project=project)
    template = "projects/filters.html"
    return project_page(request, template, found, "filters", form=form)


@login_required
def scrubbing(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    form = ScrubbingForm(_posted(request), rules=policies.scrubbing_of(found))
    if request.method == "POST" and form.is_valid():
        policies.change_scrubbing(found, form.rules())
        messages.success(request, _("Data scrubbing saved"))
        return redirect("projects:scrubbing", org=org, project=project)
    return project_page(
        request,
        "projects/scrubbing.html",
        found,
        "scrubbing",
        form=form,
        demanded=policies.scrubbing_of_all(found.organization),
    )


@login_required
def limits(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """The project's rate limit, which a POST changes, and its spike protection."""
    found = managed(request, org, project)
    form = LimitForm(request.POST or None, initial=_limit_of(found))
    if request.method == "POST" and form.is_valid():
        services.limit_project(found, **form.cleaned_data)
        messages.success(request, _("Rate limit saved"))
        return redirect("projects:limits", org=org, project=project)
    return _limits_page(request, found, form, SpikeForm(project=found))


@login_required
@require_POST
def spikes(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    form = SpikeForm(request.POST, project=found)
    if not form.is_valid():
        limit = LimitForm(initial=_limit_of(found))
        return _limits_page(request, found, limit, form)
    services.protect_from_spikes(found, **form.cleaned_data)
    messages.success(request, _("Spike protection saved"))
    return redirect("projects:limits", org=org, project=project)


@login_required
def organization_limits(request: HttpRequest, org: str) -> HttpResponse:
    membership = _owned(request, org)
    organization = membership.organization
    form = LimitForm(request.POST or None, initial=_limit_of(organization))
    if request.method == "POST" and form.is_valid():
        services.limit_organization(organization, **form.cleaned_data)
        messages.success(request, _("Rate limit saved"))
        return redirect("projects:organization_limits", org=org)
    template = "projects/organization_limits.html"
    return _organization_page(request, template, membership, "limits", form=form)


@login_required
def organization_scrubbing(request: HttpRequest, org: str) -> HttpResponse:
    membership = _owned(request, org)
    organization = membership.organization
    rules = policies.scrubbing_of_all(organization)
    form = DemandsForm(_posted(request), rules=rules)
    if request.method == "POST" and form.is_valid():
        policies.change_scrubbing_of_all(organization, form.rules())
        messages.success(request, _("Data scrubbing saved"))
        return redirect("projects:organization_scrubbing", org=org)
    template = "projects/organization_scrubbing.html"
    return _organization_page(request, template, membership, "scrubbing", form=form)


def _posted(request: HttpRequest) -> QueryDict | None:
    """A form of which nothing is checked is a form all the same."""
    return request.POST if request.method == "POST" else None


def _limit_of(limited: Project | Organization) -> dict[str, int]:
    return {
        "count": limited.rate_limit_count,
        "window_s": limited.rate_limit_window_s,
    }


def _limits_page(
    request: HttpRequest, project: Project, form: LimitForm, spike_form: SpikeForm
) -> HttpResponse:
    return project_page(
        request,
        "projects/limits.html",
        project,
        "limits",
        form=form,
        spike_form=spike_form,
        spike_limit=spike_limit(project.busiest_hour, project.spike_factor),
        spike_minutes=SPIKE_WINDOW_S // 60,
        spike_floor=settings.SPIKE_FLOOR,
    )


def _owned(request: HttpRequest, org: str) -> Membership:
    membership = membership_for(request.user, org)
    require_role(membership.role, Permission.OWN)
    return membership


def _organization_page(
    request: HttpRequest,
    template: str,
    membership: Membership,
    section: str,
    **more: object,
) -> HttpResponse:
    context = {
        "organization": membership.organization,
        "role": membership.role,
        "section": section,
        **more,
    }
    return render(request, template, context)
