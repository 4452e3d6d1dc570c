"""API tokens: one's own, and for who manages the organization, everybody's."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.access import Permission, membership_for, permission_of
from projects.forms import TokenForm
from projects.models import APIToken, Membership
from projects.tokens import create_token


@login_required
def tokens(request: HttpRequest, org: str) -> HttpResponse:
    """The tokens; a POST makes one and shows it, this once."""
    membership = membership_for(request.user, org)
    form = TokenForm(request.POST or None, role=membership.role)
    plain = ""
    if request.method == "POST" and form.is_valid():
        plain = _create(membership, form)
        form = TokenForm(role=membership.role)
    context = {
        "organization": membership.organization,
        "tokens": _visible(membership).order_by("-created_at"),
        "now": timezone.now(),
        "form": form,
        "plain": plain,
        "role": membership.role,
        "section": "tokens",
    }
    response = render(request, "projects/tokens.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
def token_revoke(request: HttpRequest, org: str, token: int) -> HttpResponse:
    membership = membership_for(request.user, org)
    found = get_object_or_404(_visible(membership), pk=token)
    if request.method == "POST":
        found.delete()
        messages.success(request, _("Token revoked"))
        return redirect("projects:tokens", org=org)
    context = {"organization": membership.organization, "token": found}
    return render(request, "projects/token_revoke.html", context)


def _create(membership: Membership, form: TokenForm) -> str:
    days = form.cleaned_data["days"]
    _token, plain = create_token(
        user=membership.user,
        organization=membership.organization,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return plain


def _visible(membership: Membership) -> QuerySet[APIToken]:
    tokens = membership.organization.api_tokens.select_related("user")
    if permission_of(membership.role) >= Permission.MANAGE:
        return tokens
    return tokens.filter(user=membership.user)
