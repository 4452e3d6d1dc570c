"""The settings page of a project's rules for grouping."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from issues.ruleform import RulesForm
from issues.rulepreview import preview
from projects import rulesets
from projects.models import GroupingRuleset, Project, User
from projects.views.settings import managed, project_page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grouping_rules(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    posted = request.POST if request.method == "POST" else None
    opened = _opened(request, found)
    shown = rulesets.texts_of(opened) if opened else rulesets.grouping_of(found)
    form = RulesForm(posted, initial=asdict(shown))
    if posted is not None and form.is_valid():
        if posted.get("do") == "preview":
            return _page(request, found, form, preview=preview(found, form.texts()))
        user = cast(User, request.user)
        if rulesets.change_grouping(found, form.texts(), by=user):
            messages.success(request, _("Grouping rules saved"))
        else:
            messages.info(request, _("Nothing was changed."))
        return redirect("issues:grouping_rules", org=org, project=project)
    return _page(request, found, form, opened=opened)


def _page(
    request: HttpRequest, project: Project, form: RulesForm, **more: object
) -> HttpResponse:
    return project_page(
        request,
        "issues/grouping_rules.html",
        project,
        "grouping",
        form=form,
        sections=[(form[name], form.told.get(name, [])) for name in form.fields],
        changes=rulesets.changes_of(project),
        **more,
    )


def _opened(request: HttpRequest, project: Project) -> GroupingRuleset | None:
    """An earlier version that the reader wants to see in the form."""
    version = request.GET.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        return None
    return project.grouping_rulesets.filter(version=version, is_current=False).first()
