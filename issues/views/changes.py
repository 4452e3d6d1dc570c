"""What the buttons of the issue pages do, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_POST

from issues import shortid, triage
from issues.models import Issue, Status
from issues.resolutions import LATEST, Fix, FixedIn, NoSuchRelease
from issues.snoozes import Terms, Until
from issues.views.scope import Scope, page
from projects.access import Permission, membership_for, projects_of, require_role
from projects.models import User

# More than a list's page can ask for.
_MAX_ISSUES = 1000
_UNDO_SALT = "issues.undo"
_UNDO_MAX_AGE_S = 3600

_STATUS_OF = {
    "resolve": Status.RESOLVED,
    "unresolve": Status.UNRESOLVED,
    "ignore": Status.IGNORED,
}
_SAID_OF_ONE = {
    "resolve": gettext_noop("Resolved %s"),
    "resolve_next": gettext_noop("Resolved %s in the next release"),
    "resolve_latest": gettext_noop("Resolved %s in the latest release"),
    "resolve_in": gettext_noop("Resolved %s in that release"),
    "unresolve": gettext_noop("Reopened %s"),
    "ignore": gettext_noop("Ignored %s"),
    "bookmark": gettext_noop("Bookmarked %s"),
    "unbookmark": gettext_noop("Bookmark of %s removed"),
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


def _ignored(n: int) -> str:
    return ngettext("%d issue ignored", "%d issues ignored", n)


def _resolved(n: int) -> str:
    return ngettext("%d issue resolved", "%d issues resolved", n)


_SAID_OF_MANY: dict[str, Callable[[int], str]] = {
    "resolve": _resolved,
    **dict.fromkeys(sorted(_FIXED), _resolved),
    "unresolve": lambda n: ngettext("%d issue reopened", "%d issues reopened", n),
    "ignore": _ignored,
    **dict.fromkeys(_MENU, _ignored),
    "bookmark": lambda n: ngettext("%d issue bookmarked", "%d issues bookmarked", n),
    "unbookmark": lambda n: ngettext("%d bookmark removed", "%d bookmarks removed", n),
}


@require_POST
@page
def update(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Does `do` to every `issue` of the form, and goes back to `next`."""
    require_role(scope.membership.role, Permission.TRIAGE)
    action = request.POST.get("do", "")
    issues = _issues(scope, request.POST.getlist("issue"))
    if not issues:
        messages.error(request, _("Select an issue first."))
    elif action in _STATUS_OF:
        changes = triage.set_status(issues, _STATUS_OF[action], user=scope.user)
        _tell(request, scope, action, changes, issues)
    elif action in _MENU:
        changes = triage.ignore_until(issues, _MENU[action], user=scope.user)
        _tell(request, scope, action, changes, issues)
    elif action in _FIXED:
        _resolve_in(request, scope, action, issues)
    elif action in {"bookmark", "unbookmark"}:
        changed = triage.set_bookmark(issues, scope.user, action == "bookmark")
        messages.success(request, _said(action, changed, issues))
    else:
        messages.error(request, _("That action is not known."))
    return _back(request)


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Takes back what the signed `undo` tells."""
    try:
        told = signing.loads(
            request.POST.get("undo", ""), salt=_UNDO_SALT, max_age=_UNDO_MAX_AGE_S
        )
    except signing.BadSignature:
        messages.error(request, _("That can't be undone any more."))
        return _back(request)
    user = cast(User, request.user)
    membership = membership_for(user, told["org"])
    require_role(membership.role, Permission.TRIAGE)
    visible = _issues(Scope(user, membership), [one[0] for one in told["changes"]])
    at = datetime.fromisoformat(told["at"])
    changes = [_change(one, at) for one in told["changes"] if one[0] in visible]
    triage.undo(changes, Status(told["became"]), user=user)
    messages.success(request, _("Undone"))
    return _back(request)


def _resolve_in(
    request: HttpRequest, scope: Scope, action: str, issues: dict[int, str]
) -> None:
    """Resolves the issues in the release that the form tells."""
    version = request.POST.get("version", "").strip()
    if action == "resolve_in" and not version:
        messages.error(request, _("Name a release."))
        return
    release = LATEST if action == "resolve_latest" else version
    is_next = action == "resolve_next"
    where = FixedIn(is_next=is_next, release="" if is_next else release)
    try:
        changes = triage.resolve_in(issues, where, user=scope.user)
    except NoSuchRelease as error:
        messages.error(request, str(error))
        return
    _tell(request, scope, action, changes, issues)


def _tell(
    request: HttpRequest,
    scope: Scope,
    action: str,
    changes: Sequence[triage.Change],
    issues: dict[int, str],
) -> None:
    """Says what has been done, with what takes it back."""
    token = ""
    if changes:
        became = _STATUS_OF[action.partition("_")[0]]
        told: dict[str, Any] = {
            "org": scope.organization.slug,
            "became": became.value,
            "at": changes[0].at.isoformat(),
            "changes": [_told(change) for change in changes],
        }
        token = signing.dumps(told, salt=_UNDO_SALT, compress=True)
    changed = [change.issue_id for change in changes]
    messages.success(request, _said(action, changed, issues), extra_tags=token)


def _told(change: triage.Change) -> list[Any]:
    """The change as JSON."""
    fix = asdict(change.fix) if change.fix else None
    terms = asdict(change.terms) if change.terms else None
    return [change.issue_id, change.status, change.substatus, fix, terms]


def _change(told: Sequence[Any], at: datetime) -> triage.Change:
    issue_id, status, substatus, fix, terms = told
    return triage.Change(
        issue_id,
        status,
        substatus,
        at,
        Fix(**fix) if fix else None,
        Terms(**terms) if terms else None,
    )


def _said(action: str, changed: Sequence[int], issues: dict[int, str]) -> str:
    """What has been done: to the one issue by its short id, else to how many."""
    if len(changed) == 1:
        said = _SAID_OF_ONE["ignore" if action in _MENU else action]
        return _(said) % issues[changed[0]]
    return _SAID_OF_MANY[action](len(changed)) % len(changed)


def _issues(scope: Scope, ids: Sequence[object]) -> dict[int, str]:
    """Short ids by issue id, of those that the organization has."""
    wanted = [int(text) for one in ids[:_MAX_ISSUES] if (text := str(one)).isdecimal()]
    found = Issue.objects.filter(
        pk__in=[one for one in wanted if one < 2**31],
        project__in=projects_of(scope.organization),
    ).values_list("pk", "project__slug", "number")
    return {pk: shortid.encode(slug, number) for pk, slug, number in found}


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the form was on, never to another site."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(target if is_ours else "/")
    # What htmx follows must be a GET whatever the method was.
    response.status_code = 303
    return response
