"""What the pages about ingest draw and say: stacked bars, names of outcomes."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ingest import wording
from ingest.outcomes import Outcome
from ingest.overview import Chart
from ingest.wording import GROUP_NAMES, OUTCOME_NAMES, Group
from projects.ui import compact, stacks

register = template.Library()

_WIDTH, _HEIGHT, _GAP = 1000, 100, 6


@register.filter
def category_name(category: str) -> str:
    return str(wording.category_name(category))


@register.filter
def group_name(group: Group) -> str:
    return str(GROUP_NAMES[group])


@register.filter
def outcome_name(outcome: Outcome) -> str:
    return str(OUTCOME_NAMES[outcome])


@register.simple_tag
def stacked(chart: Chart) -> SafeString:
    """The chart's bars, a class for each group, which fill the box they stand in."""
    layers = stacks(
        list(chart.layers.values()),
        top=chart.top,
        width=_WIDTH,
        height=_HEIGHT,
        gap=_GAP,
    )
    paths = format_html_join(
        "",
        '<path class="g-{}" d="{}"/>',
        zip(chart.layers, layers, strict=True),
    )
    heights = chart.heights
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}" data-counts="{}">{}</svg>',
        _WIDTH,
        _HEIGHT,
        gettext("%(peak)s at most, %(total)s in all")
        % {"peak": compact(max(heights)), "total": compact(chart.total)},
        ",".join(map(str, heights)),
        paths,
    )


@register.simple_tag
def swatch(group: Group) -> SafeString:
    """The colour of a group beside its name."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect class="g-{}" width="10" height="10" rx="2"/></svg>',
        group,
    )
