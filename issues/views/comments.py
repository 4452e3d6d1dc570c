"""Commenting on an issue, and mending or taking back what one said."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from issues import comments
from issues.comments import CommentRefused
from issues.models import Activity
from issues.views.frame import issue_path
from issues.views.scope import OpenIssue, Scope, page
from issues.views.walks import on
from projects.access import Permission, require_role


@require_POST
@page
def add(request: HttpRequest, scope: Scope, project: str, number: int) -> HttpResponse:
    require_role(scope.membership.role, Permission.TRIAGE)
    found = scope.issue(project, number)
    text = request.POST.get("text", "")
    try:
        comment = comments.add(found.issue, text, scope.user)
    except CommentRefused as refused:
        messages.error(request, str(refused))
        return _back(request, scope, found, "activity")
    return _back(request, scope, found, f"comment-{comment.pk}")


@require_POST
@page
def change(
    request: HttpRequest, scope: Scope, project: str, number: int, comment: int
) -> HttpResponse:
    """Edits the comment or, with `do=delete`, removes it."""
    require_role(scope.membership.role, Permission.TRIAGE)
    found = scope.issue(project, number)
    one = comments.comments_of(found.family).filter(pk=comment).first()
    if one is None:
        raise Http404
    if request.POST.get("do") == "delete":
        return _delete(request, scope, found, one)
    if not comments.may_edit(one, scope.user):
        raise PermissionDenied(_("You can edit your own comments only."))
    try:
        comments.edit(one, request.POST.get("text", ""), scope.organization)
    except CommentRefused as refused:
        messages.error(request, str(refused))
    return _back(request, scope, found, f"comment-{one.pk}")


def _delete(
    request: HttpRequest, scope: Scope, found: OpenIssue, comment: Activity
) -> HttpResponse:
    if not comments.may_delete(comment, scope.user, scope.membership.role):
        raise PermissionDenied(_("You can delete your own comments only."))
    comment.delete()
    messages.success(request, _("Comment deleted"))
    return _back(request, scope, found, "activity")


def _back(
    request: HttpRequest, scope: Scope, found: OpenIssue, fragment: str
) -> HttpResponse:
    """To the part of the issue's page, on the walk that its form carried."""
    path = f"{issue_path(scope, found)}{on(request)}"
    return HttpResponseRedirect(f"{path}#{fragment}")
