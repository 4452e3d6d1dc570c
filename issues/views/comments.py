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
from issues.opening import OpenIssue
from issues.views import drafts
from issues.views.drafts import Draft
from issues.views.frame import issue_path
from issues.views.scope import Scope, page
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
        return _refuse(request, scope, found, None, str(refused))
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
        return _refuse(request, scope, found, one.pk, str(refused))
    return _back(request, scope, found, f"comment-{one.pk}", is_old=True)


def _delete(
    request: HttpRequest, scope: Scope, found: OpenIssue, comment: Activity
) -> HttpResponse:
    if not comments.may_delete(comment, scope.user, scope.membership.role):
        raise PermissionDenied(_("You can delete your own comments only."))
    comment.delete()
    messages.success(request, _("Comment deleted"))
    return _back(request, scope, found, "activity")


def _refuse(
    request: HttpRequest,
    scope: Scope,
    found: OpenIssue,
    comment: int | None,
    error: str,
) -> HttpResponse:
    """Back to the field, which has the text as it was and says what is wrong."""
    text = request.POST.get("text", "")
    draft = Draft(issue=found.issue.pk, comment=comment, text=text, error=error)
    drafts.keep(request, draft)
    fragment = "activity" if comment is None else f"comment-{comment}"
    return _back(request, scope, found, fragment, is_old=comment is not None)


def _back(
    request: HttpRequest,
    scope: Scope,
    found: OpenIssue,
    fragment: str,
    *,
    is_old: bool = False,
) -> HttpResponse:
    """To the part of the issue's page, on the walk that its form carried.

    An old comment stands among all of the activity only.
    """
    walk = on(request)
    path = f"{issue_path(scope, found)}{walk}"
    if is_old:
        path += f"{'&' if walk else '?'}activity=all"
    return HttpResponseRedirect(f"{path}#{fragment}")
