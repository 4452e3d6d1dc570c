"""What takes an operation back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from issues import operations
from issues.models import Operation
from issues.operations import CannotUndo, Undone
from issues.operations.kinds import kind_of
from issues.views.changes import back
from issues.views.scope import Scope, page
from projects.access import require_role


@require_POST
@page
def undo(request: HttpRequest, scope: Scope, operation: int) -> HttpResponse:
    """Undoes it, and goes back to `next`."""
    found = visible_operation(scope, operation)
    require_role(scope.membership.role, kind_of(found).needs)
    try:
        messages.success(request, _said(operations.undo(found, scope.user)))
    except CannotUndo:
        messages.error(request, _("That can't be undone any more."))
    return back(request)


def visible_operation(scope: Scope, operation: int) -> Operation:
    """The organization's operation, if it is the reader's business. Raises Http404."""
    found = (
        Operation.objects.filter(pk=operation, organization=scope.organization)
        .exclude(project__deleted_at__isnull=False)
        .first()
    )
    if found is None:
        raise Http404
    if kind_of(found).is_personal and found.user_id != scope.user.pk:
        raise Http404
    return found


def _said(undone: Undone) -> str:
    if undone.is_running:
        return _("Undoing goes on in the background.")
    if not undone.changed_since:
        return _("Undone")
    left = ngettext(
        "%d issue had changed since and stays as it is.",
        "%d issues had changed since and stay as they are.",
        undone.changed_since,
    )
    return _("Undone") + ". " + left % undone.changed_since
