"""Tells operations on issues on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context

from issues import operations
from issues.happenings import Line
from issues.models import Operation
from issues.untils import until_said
from projects.access import membership_for

register = template.Library()


@register.simple_tag(takes_context=True)
def may_undo(context: Context, operation: Operation | None) -> bool:
    """Whether the reader may undo the operation, now."""
    if operation is None:
        return False
    place = membership_for(context["request"].user, context["organization"].slug)
    return operations.may_undo(operation, place.role)


@register.filter
def until(told: Mapping[str, Any]) -> str:
    """Until what an activity's data says that the issue is, or was, ignored."""
    return until_said(told)


@register.filter
def said(line: Line) -> str:
    """What the line's operation did; with the short id of its only issue."""
    if line.operation is None:
        return ""
    named = line.issues[0].short_id if len(line.issues) == 1 else ""
    return operations.said(line.operation, named)
