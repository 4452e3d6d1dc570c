"""What the buttons of the issue pages do."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from issues import operations, shortid
from issues.assignment import NOBODY, NoSuchAssignee, read_assignee
from issues.models import Issue, Operation
from issues.operations import (
    Action,
    Selection,
    assigning,
    deleting,
    marks,
    said,
    status,
)
from issues.resolutions import LATEST, FixedIn, NoSuchRelease
from issues.snoozes import Until
from issues.views import steps
from issues.views.addresses import ours
from issues.views.choosing import Refused, chosen, kept_as_text
from issues.views.scope import Scope, is_part, page
from projects.access import Permission, require_role
from releases.versions import NAME_CHARS

_SIMPLE: dict[str, Callable[[Selection], Action]] = {
    "resolve": status.resolve,
    "unresolve": lambda selection: status.unresolve(),
    "ignore": lambda selection: status.ignore(),
    "bookmark": lambda selection: marks.bookmark(True),
    "unbookmark": lambda selection: marks.bookmark(False),
    "seen": lambda selection: marks.seen(True),
    "unseen": lambda selection: marks.seen(False),
    "unassign": lambda selection: assigning.assign(NOBODY),
    "delete": lambda selection: deleting.delete(),
    "discard": lambda selection: deleting.discard(),
}
_MENU = {
    "ignore_hour": Until(minutes=60),
    "ignore_day": Until(minutes=24 * 60),
    "ignore_week": Until(minutes=7 * 24 * 60),
    "ignore_10": Until(events=10),
    "ignore_100": Until(events=100),
    "ignore_100_hour": Until(events=100, event_window=60),
    "ignore_10_users": Until(users=10),
    "ignore_10_users_day": Until(users=10, user_window=24 * 60),
    "ignore_escalating": Until(escalates=True),
}
# As many as people look through before they merge.
MERGED_AT_ONCE = 100
_FIXED = {"resolve_next", "resolve_latest", "resolve_in"}


@require_POST
@page
def update(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Does `do` to the issues of the form, and goes back to `next`.

    Asks first where the form leaves something open, or means all that match. A
    question that is not answered well is asked again.
    """
    require_role(scope.membership.role, Permission.TRIAGE)
    do = request.POST.get("do", "")
    selection = None
    try:
        selection = chosen(request, scope)
        if do == "keep":
            return _keep(scope, selection)
        if do == "merge":
            return _to_merge(request, scope, selection)
        if steps.is_needed(request, do):
            return steps.ask(request, scope, selection, do)
        action = _action(request, scope, do, selection)
        operation = operations.apply(selection, action, user=scope.user)
    except (Refused, NoSuchRelease) as error:
        if selection and steps.is_answer(request, do):
            return steps.ask(request, scope, selection, do, error=str(error))
        messages.error(request, str(error))
    except NoSuchAssignee:
        messages.error(request, _("Nobody here has this name."))
    else:
        tell(request, scope, operation, selection)
    return back(request)


def tell(
    request: HttpRequest, scope: Scope, operation: Operation, selection: Selection
) -> None:
    """Says what has been done, with the address that takes it back.

    Where it is still being done, the message is an "info", and the page asks on.
    """
    undo = ""
    if operation.changed or operation.is_running:
        where = [scope.organization.slug, operation.pk]
        undo = reverse("issues:undo", args=where)
    text = said(operation, _short_id(selection))
    if not undo:
        text = _("Nothing changed: all of it was so already.")
    level = messages.INFO if operation.is_running else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=undo)


def back(request: HttpRequest) -> HttpResponse:
    """To the page that the form was on, never to another site."""
    response = HttpResponseRedirect(ours(request, request.POST.get("next", "")))
    # What htmx follows must be a GET whatever the method was.
    response.status_code = 303
    return response


def _keep(scope: Scope, selection: Selection) -> HttpResponse:
    """What a form says later to mean the issues that match now, and how many."""
    count = len(selection.issue_ids)
    label = _("All %(total)s that match") % {"total": f"{count:,}"}
    kept = kept_as_text(scope, selection.issue_ids)
    return JsonResponse({"set": kept, "count": f"{count:,}", "label": label})


def _to_merge(request: HttpRequest, scope: Scope, selection: Selection) -> HttpResponse:
    """To the page that shows what the merge would make. Raises Refused."""
    ids = selection.issue_ids
    if not 1 < len(ids) <= MERGED_AT_ONCE:
        text = _("Choose from 2 to %d issues to merge.")
        raise Refused(text % MERGED_AT_ONCE)
    asked = urlencode({"issue": ids, "next": request.POST.get("next", "")}, doseq=True)
    address = reverse("issues:merge", args=[scope.organization.slug]) + f"?{asked}"
    if is_part(request):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _action(
    request: HttpRequest, scope: Scope, do: str, selection: Selection
) -> Action:
    """What the form asks for. Raises Refused, NoSuchRelease and NoSuchAssignee."""
    name, _colon, detail = do.partition(":")
    if do in _SIMPLE:
        return _SIMPLE[do](selection)
    if do in _MENU:
        return status.ignore(_MENU[do])
    if do in _FIXED:
        return _resolve_in(request, do, selection)
    if do == "ignore_until":
        return status.ignore(steps.until_of(request))
    if name == "assign":
        # A button names whom; a form without buttons has a field for it.
        to = detail or request.POST.get("to", "")
        if "\0" in to:
            raise NoSuchAssignee
        return assigning.assign(read_assignee(scope.organization, to, scope.user))
    raise Refused(_("That action is not known."))


def _resolve_in(request: HttpRequest, name: str, selection: Selection) -> Action:
    """Resolves the issues in the release that the form tells."""
    version = request.POST.get("version", "").strip()
    if name == "resolve_in" and not version:
        raise Refused(_("Name a release."))
    if len(version) > NAME_CHARS or not version.isprintable():
        raise Refused(_("No release can have such a name."))
    if name == "resolve_next":
        return status.resolve(selection, FixedIn(is_next=True))
    if name == "resolve_latest":
        return status.resolve(selection, FixedIn(release=LATEST))
    return status.resolve(selection, FixedIn(future=version))


def _short_id(selection: Selection) -> str:
    """That of the only issue; empty where there are several."""
    if len(selection.issue_ids) != 1:
        return ""
    issue = Issue.objects.select_related("project").get(pk=selection.issue_ids[0])
    return shortid.encode(issue.project.slug, issue.number)
