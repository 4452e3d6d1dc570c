"""What is asked before an action: whether, in which release, until what, to whom.

A step keeps the set of issues that it asks about: the number that it shows is that of
the issues that will change, and what arrives while somebody thinks is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from issues.assignment import members_of, teams_of
from issues.operations import Selection
from issues.snoozes import WINDOW_MAX_MIN, Until
from issues.views.addresses import ours
from issues.views.choosing import MAX_ALL, Refused, kept_as_text
from issues.views.scope import Scope, base_of
from releases.models import ReleaseProject

_VERSIONS = 50
_AMOUNT_MAX = 1_000_000

# Minutes, and their names.
UNITS = (
    (60, gettext_lazy("hours")),
    (24 * 60, gettext_lazy("days")),
    (7 * 24 * 60, gettext_lazy("weeks")),
)
WINDOWS = (
    (0, gettext_lazy("in all")),
    (60, gettext_lazy("within an hour")),
    (24 * 60, gettext_lazy("within a day")),
    (WINDOW_MAX_MIN, gettext_lazy("within a week")),
)


@dataclass(frozen=True, slots=True)
class _Step:
    title: str | Promise
    button: str | Promise
    # The field whose absence says that the question has not been asked.
    field: str = ""
    is_dangerous: bool = False


_STEPS = {
    "resolve": _Step(gettext_lazy("Resolve these issues?"), gettext_lazy("Resolve")),
    "resolve_next": _Step(
        gettext_lazy("Resolve these issues in the next release?"),
        gettext_lazy("Resolve"),
    ),
    "resolve_latest": _Step(
        gettext_lazy("Resolve these issues in the latest release?"),
        gettext_lazy("Resolve"),
    ),
    "resolve_in": _Step(
        gettext_lazy("Resolve in which release?"), gettext_lazy("Resolve"), "version"
    ),
    "unresolve": _Step(gettext_lazy("Reopen these issues?"), gettext_lazy("Reopen")),
    "ignore_until": _Step(
        gettext_lazy("Ignore until what?"), gettext_lazy("Ignore"), "events"
    ),
    "ignore": _Step(gettext_lazy("Ignore these issues?"), gettext_lazy("Ignore")),
    "assign": _Step(gettext_lazy("Assign to whom?"), gettext_lazy("Assign"), "to"),
    "unassign": _Step(gettext_lazy("Unassign these issues?"), gettext_lazy("Unassign")),
    "bookmark": _Step(gettext_lazy("Bookmark these issues?"), gettext_lazy("Bookmark")),
    "unbookmark": _Step(
        gettext_lazy("Remove the bookmarks of these issues?"),
        gettext_lazy("Remove bookmark"),
    ),
    "seen": _Step(
        gettext_lazy("Mark these issues as seen?"), gettext_lazy("Mark as seen")
    ),
    "unseen": _Step(
        gettext_lazy("Mark these issues as unseen?"), gettext_lazy("Mark as unseen")
    ),
    "delete": _Step(
        gettext_lazy("Delete these issues?"), gettext_lazy("Delete"), is_dangerous=True
    ),
    "discard": _Step(
        gettext_lazy("Delete these issues and discard what comes of them?"),
        gettext_lazy("Delete and discard"),
        is_dangerous=True,
    ),
}


def is_needed(request: HttpRequest, do: str) -> bool:
    """Whether there is something to ask before this is done."""
    step = _step(do)
    if step is None:
        return False
    if _field(step, do) and step.field not in request.POST:
        return True
    return "set" not in request.POST and (
        step.is_dangerous or "everything" in request.POST
    )


def is_answer(request: HttpRequest, do: str) -> bool:
    """Whether the form answers a question that can be asked again."""
    return "set" in request.POST and _step(do) is not None


def ask(
    request: HttpRequest,
    scope: Scope,
    selection: Selection,
    do: str,
    *,
    error: str = "",
) -> HttpResponse:
    """The question, as a page of its own or in the place of the list.

    `error` says why an answer was refused; what was filled in stays.
    """
    step = _step(do)
    assert step is not None, "whoever asks has found that it is needed"
    context: dict[str, Any] = {
        "base": base_of(request),
        "organization": scope.organization,
        "step": step,
        "do": do,
        "field": _field(step, do),
        "count": len(selection.issue_ids),
        "is_cut": len(selection.issue_ids) == MAX_ALL,
        "set": kept_as_text(scope, selection.issue_ids),
        "next": ours(request, _next(request, step)),
        "cancel": ours(request, request.POST.get("next", "")),
        "is_everything": "everything" in request.POST,
        "error": error,
        "given": request.POST,
    }
    if step.field == "version":
        context["versions"] = _versions(selection)
    elif step.field == "events":
        context |= {"units": UNITS, "windows": WINDOWS}
    elif step.field == "to":
        context |= {
            "members": members_of(scope.organization),
            "teams": teams_of(scope.organization),
        }
    return render(request, "issues/step.html", context)


def until_of(request: HttpRequest) -> Until:
    """What the form says ends the ignoring. Raises Refused."""
    span = _number(request, "span")
    until = Until(
        minutes=span * _choice(request, "unit", dict(UNITS)) if span else None,
        events=_number(request, "events"),
        event_window=_choice(request, "event_window", dict(WINDOWS)) or None,
        users=_number(request, "users"),
        user_window=_choice(request, "user_window", dict(WINDOWS)) or None,
    )
    if not (until.minutes or until.events or until.users):
        raise Refused(_("Give at least one condition."))
    return until


def _step(do: str) -> _Step | None:
    """The question before this; of every way to ignore it is the same."""
    if do.startswith("ignore_") and do != "ignore_until":
        return _STEPS["ignore"]
    return _STEPS.get("assign" if do.startswith("assign:") else do)


def _next(request: HttpRequest, step: _Step) -> str:
    """Where to go afterwards: from a page that is gone by then, to the list."""
    gone = step.is_dangerous and "list" in request.POST
    return request.POST.get("list" if gone else "next", "")


def _field(step: _Step, do: str) -> str:
    """A button that names somebody leaves nothing open."""
    return "" if ":" in do else step.field


def _versions(selection: Selection) -> list[str]:
    """The newest releases of the issues' projects."""
    rows = ReleaseProject.objects.filter(project__in=selection.project_ids)
    newest = rows.order_by("-created_at", "-release")
    found = newest.values_list("release__version", flat=True)[:_VERSIONS]
    return list(dict.fromkeys(found))


def _number(request: HttpRequest, name: str) -> int | None:
    """A whole number of the form; None where it is left empty. Raises Refused."""
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9 or not 0 < int(text) <= _AMOUNT_MAX:
        limit = f"{_AMOUNT_MAX:,}"
        raise Refused(_("Numbers go from 1 to %s.") % limit)
    return int(text)


def _choice(request: HttpRequest, name: str, known: dict[int, Any]) -> int:
    """One of the known numbers; what is none of them means the first."""
    text = request.POST.get(name, "")
    number = int(text) if text.isdecimal() and len(text) < 10 else -1
    return number if number in known else next(iter(known))
