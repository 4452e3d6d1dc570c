"""Another email address for a user: proved by a link where mail leaves, else at once.

The library's own way keeps addresses in a table of its own, where one that is not
proved yet would count at sign-in; here nothing is stored until the link is opened.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse

from projects.errors import AddressTaken
from projects.models import User

LINK_DAYS = 3
_SALT = "projects.addresses"


def normalized(address: str) -> str:
    """As addresses are kept."""
    return User.objects.normalize_email(address).lower()


def request_change(user: User, address: str) -> None:
    """Sends a link to the new address, unless it is somebody's.

    Who asks is not told which: it would say who has an account here.
    """
    if User.objects.filter(email=address).exists():
        return
    token = signing.dumps([user.pk, user.email, address], salt=_SALT)
    link = settings.PUBLIC_URL + reverse("projects:address_confirm", args=[token])
    get_adapter().send_mail(
        "account/email/address_confirm", address, {"link": link, "days": LINK_DAYS}
    )


def address_of(token: str, user: User) -> str | None:
    """The address that a link of this user proves; None where it proves nothing.

    It is good once: with the address that it was asked for it is void.
    """
    try:
        user_id, before, address = signing.loads(
            token, salt=_SALT, max_age=LINK_DAYS * 86_400
        )
    except signing.BadSignature:
        return None
    is_his = user_id == user.pk and before == user.email
    return str(address) if is_his else None


def change(user: User, address: str) -> None:
    """Gives the user the address, and tells the old one. Raises AddressTaken."""
    before, user.email = user.email, address
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        user.email = before
        raise AddressTaken from None
    if settings.IS_MAIL_ON:
        get_adapter().send_mail(
            "account/email/address_changed", before, {"address": address}
        )
