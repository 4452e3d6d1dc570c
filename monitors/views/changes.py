"""Making, changing and removing monitors."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from issues.views.scope import Scope, page
from monitors import services
from monitors.errors import MonitorsError
from monitors.forms import MonitorForm
from monitors.models import Monitor
from monitors.snippets import making_ways
from monitors.views.frame import dsn_of, find_monitor, frame, require_permission
from projects.access import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest, scope: Scope, project: str) -> HttpResponse:
    require_permission(scope, Permission.MANAGE)
    found = scope.project(project)
    form = MonitorForm(request.POST or None, project=found)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_monitor(found, form.wanted)
        except MonitorsError as error:
            form.add_error("slug", str(error))
        else:
            messages.success(request, _("Monitor %s created") % made.name)
            return _to(scope, made)
    dsn = dsn_of(found)
    ways = making_ways("nightly-backup", dsn) if dsn else []
    context = frame(scope, found) | {"form": form, "ways": ways}
    return render(request, "monitors/new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def settings(
    request: HttpRequest, scope: Scope, project: str, monitor: str
) -> HttpResponse:
    require_permission(scope, Permission.MANAGE)
    found = find_monitor(scope, project, monitor)
    form = MonitorForm(request.POST or None, project=found.project, monitor=found)
    if request.method == "POST" and form.is_valid():
        services.change_monitor(found, form.wanted)
        messages.success(request, _("Monitor saved"))
        return _to(scope, found)
    context = frame(scope, found.project) | {"monitor": found, "form": form}
    return render(request, "monitors/settings.html", context)


@require_POST
@page
def change(
    request: HttpRequest, scope: Scope, project: str, monitor: str
) -> HttpResponse:
    """Does to the monitor what the button says."""
    found = find_monitor(scope, project, monitor)
    match request.POST.get("do"):
        case "mute" | "unmute" as do:
            require_permission(scope, Permission.TRIAGE)
            services.mute(found, on=do == "mute")
            said = (
                _("Muted: failures are recorded, and are no issue")
                if do == "mute"
                else _("No longer muted")
            )
            messages.success(request, said)
        case "disable" | "enable" as do:
            require_permission(scope, Permission.MANAGE)
            services.disable(found, on=do == "disable")
            said = (
                _("Disabled: check-ins are not recorded")
                if do == "disable"
                else _("Enabled")
            )
            messages.success(request, said)
        case _:
            messages.error(request, _("Nothing was changed."))
    return _to(scope, found)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def delete(
    request: HttpRequest, scope: Scope, project: str, monitor: str
) -> HttpResponse:
    require_permission(scope, Permission.MANAGE)
    found = find_monitor(scope, project, monitor)
    if request.method == "POST":
        services.delete_monitor(found)
        messages.success(request, _("Monitor %s deleted") % found.name)
        slugs = (scope.organization.slug, found.project.slug)
        return redirect("monitors:list", *slugs)
    context = frame(scope, found.project) | {"monitor": found}
    return render(request, "monitors/delete.html", context)


def _to(scope: Scope, monitor: Monitor) -> HttpResponse:
    slugs = (scope.organization.slug, monitor.project.slug, monitor.slug)
    return redirect("monitors:detail", *slugs)
