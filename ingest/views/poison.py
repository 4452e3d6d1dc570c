"""Entries that were set aside: what failed, why, and what to do about them."""

from __future__ import annotations

import logging
from typing import Any

import redis
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ingest import setaside
from ingest.body import BodyError, decompress
from ingest.models import PoisonEntry
from issues.views.scope import Scope, page
from projects.access import Permission, projects_of, require_role

_log = logging.getLogger(__name__)

ROWS = 50
# Each costs some milliseconds, for which the page waits.
RETRIED_AT_ONCE = 500
# Of a body that is opened for the page at all, and of what is shown then.
_OPENED_MAX_BYTES = 2**20
_SHOWN_MAX_BYTES = 16 * 2**10


@require_safe
@page
def poison_list(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The organization's entries, the latest first."""
    require_role(scope.membership.role, Permission.MANAGE)
    entries = _entries(scope)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        entries = entries.filter(pk__lt=int(before))
    rows = list(entries.defer("body", "fields")[: ROWS + 1])
    context = _context(scope) | {
        "rows": rows[:ROWS],
        "before": rows[ROWS - 1].pk if len(rows) > ROWS else None,
        "is_first": not before,
    }
    return render(request, "ingest/poison_list.html", context)


@require_safe
@page
def poison(request: HttpRequest, scope: Scope, entry: int) -> HttpResponse:
    """One entry: its reason, how it came, and the beginning of its body."""
    require_role(scope.membership.role, Permission.MANAGE)
    found = find_entry(scope, entry)
    text, note = _opened(found)
    context = _context(scope) | {
        "entry": found,
        "fields": [(name, str(value)) for name, value in found.fields.items() if value],
        "body_text": text,
        "body_note": note,
        "body_bytes": len(found.body),
    }
    return render(request, "ingest/poison.html", context)


@require_POST
@page
def poison_change(request: HttpRequest, scope: Scope, entry: int) -> HttpResponse:
    """Does to the entry what the button says: `do` is retry or drop."""
    require_role(scope.membership.role, Permission.MANAGE)
    found = find_entry(scope, entry)
    match request.POST.get("do"):
        case "retry":
            if _retry(request, [found.pk]):
                messages.success(request, _("It is tried again"))
        case "drop":
            setaside.drop(found.pk)
            messages.success(request, _("It is dropped"))
        case _:
            messages.error(request, _("Nothing was changed."))
    return redirect("ingest:poison_list", org=scope.organization.slug)


@require_POST
@page
def poison_retry_all(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Tries the organization's entries again, the oldest first."""
    require_role(scope.membership.role, Permission.MANAGE)
    oldest = _entries(scope).order_by("pk").values_list("pk", flat=True)
    count = _retry(request, list(oldest[:RETRIED_AT_ONCE]))
    text = ngettext(
        "%(count)d entry is tried again", "%(count)d entries are tried again", count
    )
    messages.success(request, text % {"count": count})
    return redirect("ingest:poison_list", org=scope.organization.slug)


def _retry(request: HttpRequest, entries: list[int]) -> int:
    """How many went back into the queue; the reader is told if it is away."""
    count = 0
    try:
        for pk in entries:
            count += setaside.retry(pk)
    except redis.RedisError as error:
        _log.warning("an entry could not be tried again: %s", error)
        messages.error(request, _("The queue cannot be reached just now."))
    return count


def find_entry(scope: Scope, entry: int) -> PoisonEntry:
    """The organization's entry. Raises Http404."""
    found: PoisonEntry | None = _entries(scope).filter(pk=entry).first()
    if found is None:
        raise Http404
    return found


def _entries(scope: Scope) -> Any:
    return (
        PoisonEntry.objects.filter(project__in=projects_of(scope.organization))
        .select_related("project")
        .order_by("-pk")
    )


def _context(scope: Scope) -> dict[str, Any]:
    return {
        "organization": scope.organization,
        "role": scope.membership.role,
        "section": "poison",
    }


def _opened(entry: PoisonEntry) -> tuple[str, str]:
    """The beginning of the body as text, and what is to be said of it."""
    encoding = str(entry.fields.get("encoding", ""))
    try:
        opened = decompress(bytes(entry.body), encoding, _OPENED_MAX_BYTES)
    except BodyError as error:
        return "", _("The body cannot be opened here: %s") % error
    text = opened[:_SHOWN_MAX_BYTES].decode(errors="replace")
    if len(opened) <= _SHOWN_MAX_BYTES:
        return text, ""
    return text, _("Only the beginning is shown.")
