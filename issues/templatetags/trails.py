"""Trails of breadcrumbs, which code writes: an event has up to a hundred."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.markup import shown
from issues.presentation.crumbs import Crumb
from issues.templatetags.issues import clock
from projects.templatetags.ui import icon

register = template.Library()


@register.simple_tag
def trail_rows(crumbs: Iterable[Crumb]) -> SafeString:
    """The table of breadcrumbs, in the order that they have."""
    names = (gettext("Type"), gettext("Category"), gettext("Message"), gettext("Time"))
    heads = "".join([f"<th>{name}</th>" for name in names])
    rows = "".join([_row(crumb) for crumb in crumbs])
    caption = gettext("Breadcrumbs, oldest first")
    return SafeString(
        '<table class="crumb-t"><caption class="sr">'
        f"{caption}</caption>"
        f'<thead class="sr"><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(crumb: Crumb) -> str:
    style = ""
    if crumb.is_error:
        style = ' class="e-error"'
    elif crumb.level == "warning":
        style = ' class="e-warning"'
    level = f'<span class="sr">{shown(crumb.level)}</span>' if crumb.level else ""
    data = f' <bdi class="dim">{shown(crumb.data)}</bdi>' if crumb.data else ""
    return (
        f"<tr{style}><td>{icon(crumb.icon)}{level}</td>"
        f'<td class="cat"><bdi>{shown(crumb.category)}</bdi></td>'
        f'<td class="msg"><bdi>{shown(crumb.message)}</bdi>{data}</td>'
        f"<td>{clock(crumb.at) if crumb.at else ''}</td></tr>"
    )
