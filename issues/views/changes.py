"""What the buttons of the issue pages do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from issues import operations, shortid
from issues.models import Issue, Operation
from issues.operations import Action, Selection, marks, said, status
from issues.resolutions import LATEST, FixedIn, NoSuchRelease
from issues.snoozes import Until
from issues.views.scope import Scope, page
from projects.access import Permission, projects_of, require_role

# More than a list's page can ask for.
_MAX_ISSUES = 1000

_SIMPLE: dict[str, Callable[[Selection], Action]] = {
    "resolve": status.resolve,
    "unresolve": lambda selection: status.unresolve(),
    "ignore": lambda selection: status.ignore(),
    "bookmark": lambda selection: marks.bookmark(True),
    "unbookmark": lambda selection: marks.bookmark(False),
    "seen": lambda selection: marks.seen(True),
    "unseen": lambda selection: marks.seen(False),
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
}
_FIXED = {"resolve_next", "resolve_latest", "resolve_in"}


class _Refused(Exception):
    """The form asks for what can't be done; the text says so."""


@require_POST
@page
def update(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Does `do` to every `issue` of the form, and goes back to `next`."""
    require_role(scope.membership.role, Permission.TRIAGE)
    selection = _selection(scope, request.POST.getlist("issue"))
    try:
        if not selection.issue_ids:
            raise _Refused(_("Select an issue first."))
        action = _action(request, selection)
        operation = operations.apply(selection, action, user=scope.user)
    except (_Refused, NoSuchRelease) as error:
        messages.error(request, str(error))
    else:
        tell(request, scope, operation, selection)
    return back(request)


def tell(
    request: HttpRequest, scope: Scope, operation: Operation, selection: Selection
) -> None:
    """Says what has been done, with the address that takes it back."""
    undo = ""
    if operation.changed or operation.is_running:
        where = [scope.organization.slug, operation.pk]
        undo = reverse("issues:undo", args=where)
    text = said(operation, _short_id(selection))
    messages.success(request, text, extra_tags=undo)


def back(request: HttpRequest) -> HttpResponse:
    """To the page that the form was on, never to another site."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(target if is_ours else "/")
    # What htmx follows must be a GET whatever the method was.
    response.status_code = 303
    return response


def _action(request: HttpRequest, selection: Selection) -> Action:
    """What the form asks for. Raises _Refused and NoSuchRelease."""
    name = request.POST.get("do", "")
    if name in _SIMPLE:
        return _SIMPLE[name](selection)
    if name in _MENU:
        return status.ignore(_MENU[name])
    if name in _FIXED:
        return _resolve_in(request, name, selection)
    raise _Refused(_("That action is not known."))


def _resolve_in(request: HttpRequest, name: str, selection: Selection) -> Action:
    """Resolves the issues in the release that the form tells."""
    version = request.POST.get("version", "").strip()
    if name == "resolve_in" and not version:
        raise _Refused(_("Name a release."))
    if name == "resolve_next":
        return status.resolve(selection, FixedIn(is_next=True))
    release = LATEST if name == "resolve_latest" else version
    return status.resolve(selection, FixedIn(release=release))


def _selection(scope: Scope, ids: Sequence[object]) -> Selection:
    """Those of the ids that are issues of the organization."""
    wanted = [int(text) for one in ids[:_MAX_ISSUES] if (text := str(one)).isdecimal()]
    projects = list(projects_of(scope.organization))
    return Selection.of(scope.organization, projects, wanted)


def _short_id(selection: Selection) -> str:
    """That of the only issue; empty where there are several."""
    if len(selection.issue_ids) != 1:
        return ""
    issue = Issue.objects.select_related("project").get(pk=selection.issue_ids[0])
    return shortid.encode(issue.project.slug, issue.number)
