"""Tells operations on issues on pages."""

from __future__ import annotations

from django import template

from issues import operations
from issues.happenings import Line
from issues.models import Operation

register = template.Library()


@register.filter
def can_undo(operation: Operation) -> bool:
    return operations.can_undo(operation)


@register.filter
def said(line: Line) -> str:
    """What the line's operation did; with the short id of its only issue."""
    if line.operation is None:
        return ""
    named = line.issues[0].short_id if len(line.issues) == 1 else ""
    return operations.said(line.operation, named)
