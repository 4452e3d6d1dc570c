"""The settings page of a project's grouping: rules, version, stored events."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from issues.grouping import VERSIONS
from issues.models import Regrouping
from issues.regrouping import runs
from issues.regrouping.summary import summary_of
from issues.ruleform import RulesForm
from projects import groupings, rulesets
from projects.models import GroupingRuleset, Project, User
from projects.rules import GroupingTexts
from projects.views.settings import managed, project_page

_UPGRADES_SHOWN = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grouping_rules(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = managed(request, org, project)
    if request.method == "POST":
        return _posted(request, found)
    preview = _preview(request, found)
    opened = _opened(request, found)
    if preview is not None and preview.reason == Regrouping.Reason.RULES:
        shown = _texts_of(preview)
    else:
        shown = rulesets.texts_of(opened) if opened else rulesets.grouping_of(found)
    form = RulesForm(initial=asdict(shown))
    return _page(request, found, form, opened=opened, run=preview)


@login_required
@require_POST
def grouping_version(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Upgrades the project's version of grouping, or previews that."""
    found = managed(request, org, project)
    version = request.POST.get("version", "")
    if version not in groupings.newer_versions(found):
        messages.info(request, _("Nothing was changed."))
        return _back(found)
    user, reason = cast(User, request.user), Regrouping.Reason.VERSION
    match request.POST.get("do"):
        case "preview":
            kind = Regrouping.Kind.PREVIEW
            run = runs.start(found, kind, reason, user=user, version=version)
            return _back(found, preview=run)
        case "upgrade":
            groupings.upgrade(found, version, by=user)
            messages.success(request, _("New events are grouped by the new version"))
            if request.POST.get("regroup"):
                _regroup(request, found, reason)
    return _back(found)


@login_required
@require_POST
def regroup(request: HttpRequest, org: str, project: str) -> HttpResponse:
    """Regroups stored events, cancels that, or undoes it."""
    found = managed(request, org, project)
    action = request.POST.get("do")
    if action == "start":
        _regroup(request, found, Regrouping.Reason.RULES)
    elif action in ("cancel", "undo"):
        run = _run(found, request.POST.get("run", ""))
        end = _undo if action == "undo" else _cancel
        end(request, run)
    return _back(found)


def _posted(request: HttpRequest, project: Project) -> HttpResponse:
    form = RulesForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form)
    user, reason = cast(User, request.user), Regrouping.Reason.RULES
    action = request.POST.get("do")
    if action == "preview":
        kind, texts = Regrouping.Kind.PREVIEW, form.texts()
        run = runs.start(project, kind, reason, user=user, texts=texts)
        return _back(project, preview=run)
    if rulesets.change_grouping(project, form.texts(), by=user):
        messages.success(request, _("Grouping rules saved"))
    elif action != "regroup":
        messages.info(request, _("Nothing was changed."))
    if action == "regroup":
        _regroup(request, project, reason)
    return _back(project)


def _regroup(request: HttpRequest, project: Project, reason: Regrouping.Reason) -> None:
    kind, user = Regrouping.Kind.REGROUP, cast(User, request.user)
    try:
        runs.start(project, kind, reason, user=user)
    except runs.AlreadyRunning:
        messages.error(request, _("Stored events are being regrouped already."))
    else:
        messages.success(request, _("Stored events are regrouped in the background"))


def _cancel(request: HttpRequest, run: Regrouping) -> None:
    runs.cancel(run)
    messages.success(request, _("Regrouping was stopped"))


def _undo(request: HttpRequest, run: Regrouping) -> None:
    try:
        runs.undo(run, user=cast(User, request.user))
    except runs.CannotUndo:
        messages.error(request, _("This can't be undone any more."))
    except runs.AlreadyRunning:
        messages.error(request, _("Stored events are being regrouped already."))
    else:
        messages.success(request, _("Regrouping is being undone"))


def _back(project: Project, *, preview: Regrouping | None = None) -> HttpResponse:
    page = reverse(
        "issues:grouping_rules", args=[project.organization.slug, project.slug]
    )
    return redirect(f"{page}?preview={preview.pk}#preview" if preview else page)


def _page(
    request: HttpRequest,
    project: Project,
    form: RulesForm,
    *,
    run: Regrouping | None = None,
    **more: object,
) -> HttpResponse:
    recent = list(runs.of_project(project))
    return project_page(
        request,
        "issues/grouping_rules.html",
        project,
        "grouping",
        form=form,
        sections=[(form[name], form.told.get(name, [])) for name in form.fields],
        changes=rulesets.changes_of(project),
        upgrades=_upgrades(project),
        newer=_newer(project),
        run=run,
        preview=summary_of(run) if run else None,
        regroupings=[(one, summary_of(one), _may_undo(one)) for one in recent],
        is_waiting=run is not None and run.is_running,
        is_busy=any(one.is_running for one in recent),
        **more,
    )


def _may_undo(run: Regrouping) -> bool:
    return runs.can_undo(run) and run.steps.exists()


def _newer(project: Project) -> dict[str, Any] | None:
    """The newest version, and what came with it and those before."""
    versions = groupings.newer_versions(project)
    if not versions:
        return None
    news = [_(text) for version in versions for text in VERSIONS[version].news]
    return {"version": versions[-1], "news": news}


def _upgrades(project: Project) -> Any:
    upgrades = project.grouping_upgrades.select_related("changed_by")
    return upgrades.order_by("-changed_at")[:_UPGRADES_SHOWN]


def _texts_of(run: Regrouping) -> GroupingTexts:
    return GroupingTexts(
        fingerprinting=run.fingerprinting, enhancements=run.enhancements
    )


def _preview(request: HttpRequest, project: Project) -> Regrouping | None:
    """The preview that the address names."""
    pk = _number(request.GET.get("preview", ""))
    previews = Regrouping.objects.filter(kind=Regrouping.Kind.PREVIEW, project=project)
    return previews.filter(pk=pk).first() if pk else None


def _run(project: Project, named: str) -> Regrouping:
    """A regrouping of the project. Raises Http404."""
    rows = Regrouping.objects.filter(kind=Regrouping.Kind.REGROUP, project=project)
    found = rows.filter(pk=_number(named)).first()
    if found is None:
        raise Http404
    return found


def _opened(request: HttpRequest, project: Project) -> GroupingRuleset | None:
    """An earlier version that the reader wants to see in the form."""
    version = _number(request.GET.get("version", ""))
    rows = project.grouping_rulesets.filter(version=version, is_current=False)
    return rows.first() if version else None


def _number(text: str) -> int:
    """0 where it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else 0
