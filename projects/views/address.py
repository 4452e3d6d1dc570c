"""Pages on which a user takes another email address."""

from __future__ import annotations

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from projects import addresses
from projects.access import signed_in
from projects.errors import AddressTaken
from projects.forms import AddressForm


@login_required
@rate_limit(action="manage_email")  # type: ignore[untyped-decorator]  # Untyped library.
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Asks for the new address and the password."""
    user = signed_in(request)
    form = AddressForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["email"]
        if settings.IS_MAIL_ON:
            addresses.request_change(user, wanted)
            text = _("Open the link that was sent to %s: until then nothing changes.")
            messages.success(request, text % wanted)
            return redirect("projects:profile")
        try:
            addresses.change(user, wanted)
        except AddressTaken as error:
            form.add_error("email", str(error))
        else:
            return _changed(request)
    context = {"form": form, "is_mail_on": settings.IS_MAIL_ON}
    return render(request, "projects/address.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, since programs that look mails over open their links.

    Only who asked can confirm it: else an address that was mistyped would hand the
    account to whoever has that mailbox.
    """
    user = signed_in(request)
    wanted = addresses.address_of(token, user)
    if wanted is None:
        return render(request, "projects/address_confirm.html", status=404)
    if request.method != "POST":
        context = {"address": wanted}
        return render(request, "projects/address_confirm.html", context)
    try:
        addresses.change(user, wanted)
    except AddressTaken as error:
        messages.error(request, str(error))
        return redirect("projects:profile")
    return _changed(request)


def _changed(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Email address changed"))
    return redirect("projects:profile")
