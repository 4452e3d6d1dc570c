"""Shows comments on pages."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from issues.comments import as_html
from issues.models import Activity

register = template.Library()


@register.filter
def comment_html(comment: Activity) -> SafeString:
    # Made safe by an allow-list of tags and attributes.
    return SafeString(as_html(comment))
