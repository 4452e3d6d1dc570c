"""What an event is grouped by, part by part, which code writes: there may be dozens."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString

from issues.markup import shown
from issues.presentation.why import Reason

register = template.Library()


@register.simple_tag
def grouping_parts(reasons: Iterable[Reason]) -> SafeString:
    """The parts as a list; those that do not count are dim and say why."""
    return SafeString(
        f'<ul class="why">{"".join([_part(one) for one in reasons])}</ul>'
    )


def _part(reason: Reason) -> str:
    style = f"d{reason.depth}" + ("" if reason.counts else " dim")
    text = f' <bdi class="mono">{shown(reason.text)}</bdi>' if reason.text else ""
    hint = f" ({escape(reason.hint)})" if reason.hint else ""
    return f'<li class="{style}"><b>{escape(reason.name)}</b>{text}{hint}</li>'
