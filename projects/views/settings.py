"""A project's settings: name, platform, keys, and its end."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import services
from projects.access import Permission, project_for, require
from projects.forms import KeyForm, LimitForm, ProjectSettingsForm
from projects.models import Project, ProjectKey


@login_required
def general(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    now = {
        "name": found.name,
        "platform": found.platform or "other",
        # An age that the API gave in hours is shown as the days that it takes.
        "resolve_age_days": -(-found.resolve_age_h // 24) or None,
    }
    form = ProjectSettingsForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        days = wanted.pop("resolve_age_days") or 0
        if days != (now["resolve_age_days"] or 0):
            services.resolve_quiet_issues(found, after_hours=days * 24)
        services.change_project(found, **wanted)
        messages.success(request, _("Project saved"))
        return redirect("projects:settings", org=org, project=project)
    return project_page(request, "projects/settings.html", found, "general", form=form)


@login_required
def delete(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    if request.method == "POST":
        services.hide_project(found)
        messages.success(request, _("Project %s deleted") % found.name)
        return redirect("projects:projects", org=org)
    return project_page(request, "projects/project_delete.html", found, "general")


@login_required
def keys(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """The keys; a POST makes one."""
    found = managed(request, org, project)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.create_key(found, label=form.cleaned_data["label"])
        messages.success(request, _("Key created"))
        return redirect("projects:keys", org=org, project=project)
    return _keys_page(request, found, form)


@login_required
@require_POST
def key_change(request: HttpRequest, org: str, project: str, key: int) -> HttpResponse:
    """Does to the key what the button says: `do` is disable, enable or rotate."""
    found = _key(request, org, project, key)
    match request.POST.get("do"):
        case "disable":
            services.disable_key(found)
            messages.success(request, _("Key disabled: its events are refused now"))
        case "enable":
            services.enable_key(found)
            messages.success(request, _("Key enabled"))
        case "rotate":
            services.rotate_key(found)
            messages.success(request, _("New key made; the old one is disabled"))
        case _:
            messages.error(request, _("Nothing was changed."))
    return redirect("projects:keys", org=org, project=project)


@login_required
@require_POST
def key_limit(request: HttpRequest, org: str, project: str, key: int) -> HttpResponse:
    found = _key(request, org, project, key)
    form = _limit_form(found, request.POST)
    if not form.is_valid():
        return _keys_page(request, found.project, KeyForm(), {found.pk: form})
    services.limit_key(found, **form.cleaned_data)
    messages.success(request, _("Rate limit saved"))
    return redirect("projects:keys", org=org, project=project)


@login_required
def key_delete(request: HttpRequest, org: str, project: str, key: int) -> HttpResponse:
    found = _key(request, org, project, key)
    if request.method == "POST":
        services.delete_key(found)
        messages.success(request, _("Key deleted"))
        return redirect("projects:keys", org=org, project=project)
    return project_page(
        request,
        "projects/key_delete.html",
        found.project,
        "keys",
        key=found,
        dsn=services.dsn_of(found),
    )


def managed(request: HttpRequest, org: str, project: str) -> Project:
    """The project, for those who manage it. Raises Http404 and PermissionDenied."""
    found = project_for(request.user, org, project)
    require(request.user, found.organization, Permission.MANAGE)
    return found


def _key(request: HttpRequest, org: str, project: str, key: int) -> ProjectKey:
    found = managed(request, org, project)
    return get_object_or_404(found.keys.select_related("project__organization"), pk=key)


def _limit_form(key: ProjectKey, data: QueryDict | None = None) -> LimitForm:
    now = {"count": key.rate_limit_count, "window_s": key.rate_limit_window_s}
    return LimitForm(data, initial=now, auto_id=f"limit-{key.pk}-%s")


def _keys_page(
    request: HttpRequest,
    project: Project,
    form: KeyForm,
    refused: Mapping[int, LimitForm] | None = None,
) -> HttpResponse:
    """The keys; `refused` are limits that cannot be, by the ids of their keys."""
    limits = refused or {}
    cards = [
        {
            "key": key,
            "dsn": services.dsn_of(key),
            "limit": limits.get(key.pk) or _limit_form(key),
        }
        for key in project.keys.order_by("-is_active", "pk")
    ]
    return project_page(
        request, "projects/keys.html", project, "keys", form=form, cards=cards
    )


def project_page(
    request: HttpRequest, template: str, project: Project, section: str, **more: object
) -> HttpResponse:
    """A page of the project's settings, for those who manage it."""
    context = {
        "organization": project.organization,
        "project": project,
        "tab": "settings",
        "section": section,
        "may_manage": True,
        **more,
    }
    return render(request, template, context)
