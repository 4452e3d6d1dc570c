"""How far an operation on many issues is, as a toast that asks on until it is done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.operations import may_undo, said
from issues.views.operations import visible_operation
from issues.views.scope import Scope, page


@require_safe
@page
def progress(request: HttpRequest, scope: Scope, operation: int) -> HttpResponse:
    found = visible_operation(scope, operation)
    is_undo = found.undone_at is not None
    context = {
        "organization": scope.organization,
        "operation": found,
        "text": said(found),
        "is_undo": is_undo,
        "gone_through": found.restored + found.changed_since if is_undo else found.done,
        "of": found.changed if is_undo else found.count,
        "can_undo": may_undo(found, scope.membership.role),
        "next": request.headers.get("HX-Current-URL", ""),
    }
    return render(request, "issues/_progress.html", context)
