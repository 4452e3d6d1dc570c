"""How sign-in behaves: closed sign-up, addresses of links, set-password links."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from projects.models import User

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # Untyped library.
    """allauth's behaviour where ours differs."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: members are added by those who manage an organization."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("projects:profile")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """By our own address, never by the Host header, which a sender can forge."""
        return _set_password_url(key)

    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        """Whether it left is in the log: an answer that told would tell, too, whether
        anybody has that address."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            # smtplib's errors are of this kind, too.
            log.error(
                "a mail could not be sent", kind=template_prefix, error=str(error)
            )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The key of sign-in limits; servers on a Unix socket know no address."""
        return get_client_ip(request) or "0.0.0.0"

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the page says the same, and mail may not be set up."""


def set_password_link(user: User) -> str:
    """An address at which the user chooses a password, good for a few days, once.

    Whoever holds it can sign in as the user: see access.may_link_password.
    """
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return _set_password_url(f"{user_pk_to_url_str(user)}-{token}")


def _set_password_url(key: str) -> str:
    user_id, _, token = key.partition("-")
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_id, "key": token}
    )
    return settings.PUBLIC_URL + path
