"""What the tags of an issue are drawn with: shares, and the queries behind values."""

from __future__ import annotations

from django import template

from issues.presentation.event import tag_chip
from issues.search import quote
from projects.ui import share

register = template.Library()
_PARTS = 10_000


@register.simple_tag
def fraction(part: float) -> str:
    """A fraction of one as a percentage."""
    return share(round(part * _PARTS), _PARTS)


@register.simple_tag
def user_query(identity: str) -> str:
    """The query that finds the events of a user."""
    return f"user:{quote(identity)}"


@register.simple_tag
def tag_query(key: str, value: str) -> str:
    """The query that finds the value."""
    return tag_chip(key, value).query
