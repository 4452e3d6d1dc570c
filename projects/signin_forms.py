"""The forms of the account pages: allauth's, in the words of our other pages."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.utils.translation import gettext_lazy as _

_LABELS = {
    "login": _("Email address"),
    "email": _("Email address"),
    "password": _("Password"),
    "remember": _("Stay signed in"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
}


class _OurWords:
    """Labels as everywhere here, and no placeholders that repeat them."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS[name]
            field.widget.attrs.pop("placeholder", None)


# allauth is an untyped library.
class LoginForm(_OurWords, forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True


class ChangePasswordForm(_OurWords, forms.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(_OurWords, forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_OurWords, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_OurWords, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    pass
