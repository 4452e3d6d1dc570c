"""Puts values into scripts that other people's pages run."""

from __future__ import annotations

import json

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# What could end a script element, begin markup, or end a line of a script.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}


@register.filter
def as_script(value: object) -> SafeString:
    """The value as an expression of JavaScript, harmless wherever a script stands."""
    return mark_safe(json.dumps(value).translate(_ESCAPES))
