"""What may be the name of something that people name: the one rule of pages and API."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Joiners, which scripts and emoji need; the other marks of format hide or turn text.
_JOINERS = "\u200c\u200d"
_HIDING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_SHOWING = "LNPS"
# Letters and symbols by their kind, and nothing to the eye.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def check_name(name: str) -> None:
    """Raises ValidationError where something in the name hides, or all of it does.

    Length and spaces around it are the business of the field that it is typed in.
    """
    if any(unicodedata.category(c) in _HIDING and c not in _JOINERS for c in name):
        text = _("Names have no control characters and no marks of direction.")
        raise ValidationError(text, code="hidden")
    if not any(
        unicodedata.category(c)[0] in _SHOWING and c not in _BLANK for c in name
    ):
        raise ValidationError(_("A name must have something to see."), code="hidden")
