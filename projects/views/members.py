"""Who belongs to an organization, and with which role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import services
from projects.access import (
    Permission,
    may_link_password,
    membership_for,
    permission_of,
    require_role,
)
from projects.accounts import set_password_link
from projects.errors import ProjectsError
from projects.forms import MemberForm, RoleForm, roles_up_to
from projects.models import Membership, Role


@login_required
def members(request: HttpRequest, org: str) -> HttpResponse:
    """The members; a POST adds one and shows the link to hand to them."""
    by = membership_for(request.user, org)
    if request.method != "POST":
        return _page(request, by, MemberForm(by=by.role))
    require_role(by.role, Permission.MANAGE)
    form = MemberForm(request.POST, by=by.role)
    if not form.is_valid():
        return _page(request, by, form)
    try:
        added, is_new = services.add_member(
            by.organization,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            by=Role(by.role),
        )
    except ProjectsError as error:
        form.add_error("email", str(error))
        return _page(request, by, form)
    if is_new:
        return _link_page(request, by, added)
    messages.success(request, _("%s is a member now") % added.user)
    return redirect("projects:members", org=org)


@login_required
@require_POST
def member_role(request: HttpRequest, org: str, member: int) -> HttpResponse:
    by, of = _pair(request, org, member)
    form = RoleForm(request.POST, by=by.role)
    try:
        if form.is_valid():
            role = Role(form.cleaned_data["role"])
            services.change_role(of, role, by=Role(by.role))
            messages.success(request, _("Role changed"))
        else:
            messages.error(request, _("There is no such role for you to give."))
    except ProjectsError as error:
        messages.error(request, str(error))
    return redirect("projects:members", org=org)


@login_required
def member_remove(request: HttpRequest, org: str, member: int) -> HttpResponse:
    by, of = _pair(request, org, member)
    if request.method != "POST":
        context = {"organization": by.organization, "of": of, "nav": "members"}
        return render(request, "projects/member_remove.html", context)
    try:
        services.remove_member(of, by=Role(by.role), user=by.user)
        messages.success(request, _("%s is no longer a member") % of.user)
    except ProjectsError as error:
        messages.error(request, str(error))
    return redirect("projects:members", org=org)


@login_required
@require_POST
def member_link(request: HttpRequest, org: str, member: int) -> HttpResponse:
    """Shows a new link at which the member chooses a password."""
    by, of = _pair(request, org, member)
    if not may_link_password(by, of):
        messages.error(request, _("You can't make a sign-in link for this member."))
        return redirect("projects:members", org=org)
    return _link_page(request, by, of)


def _pair(request: HttpRequest, org: str, member: int) -> tuple[Membership, Membership]:
    """Who manages, and the member who is managed."""
    by = membership_for(request.user, org)
    require_role(by.role, Permission.MANAGE)
    others = by.organization.memberships.select_related("user", "organization")
    return by, get_object_or_404(others, pk=member)


def _page(request: HttpRequest, by: Membership, form: MemberForm) -> HttpResponse:
    rank = permission_of(by.role)
    rows: list[dict[str, Any]] = [
        {
            "member": member,
            "is_you": member.pk == by.pk,
            "is_pending": not member.user.has_usable_password(),
            "may_change": rank >= max(Permission.MANAGE, permission_of(member.role)),
        }
        for member in by.organization.memberships.select_related("user")
        .prefetch_related("teams")
        .order_by("user__email")
    ]
    context = {
        "organization": by.organization,
        "rows": rows,
        "roles": roles_up_to(by.role),
        "may_manage": rank >= Permission.MANAGE,
        "form": form,
        "nav": "members",
        "role": by.role,
        "section": "members",
    }
    return render(request, "projects/members.html", context)


def _link_page(request: HttpRequest, by: Membership, of: Membership) -> HttpResponse:
    context = {
        "organization": by.organization,
        "of": of,
        "link": set_password_link(of.user),
        "nav": "members",
    }
    response = render(request, "projects/member_link.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
