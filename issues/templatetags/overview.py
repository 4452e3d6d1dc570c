"""What overviews draw, and the numbers of projects for the project list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.figures import Change
from issues.models import Level
from issues.overview import ProjectNumbers, numbers_of
from issues.views.overview import Mark
from projects.models import Project
from projects.templatetags.ui import commas
from projects.ui import Layers, compact, stacks

# Room for a release's name to the right of its mark, in percent of the axis.
_NAME_PERCENT = 90

register = template.Library()


@register.simple_tag
def project_numbers(projects: Iterable[Project]) -> list[ProjectNumbers]:
    """The projects with their unresolved issues and the events of 24 hours."""
    return numbers_of(projects, timezone.now())


@register.simple_tag
def level_plot(chart: Layers[Level]) -> SafeString:
    """Bars stacked by level, the mildest at the foot; they fill their box."""
    width, height = 1000, 100
    gap = 6 if len(chart.heights) <= 30 else 3
    paths = stacks(
        list(chart.layers.values()), top=chart.top, width=width, height=height, gap=gap
    )
    label = gettext("%(peak)s at most, %(total)s in all") % {
        "peak": compact(max(chart.heights, default=0)),
        "total": compact(chart.total),
    }
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}" data-counts="{}">{}</svg>',
        width,
        height,
        label,
        ",".join(map(str, chart.heights)),
        format_html_join(
            "",
            '<path class="s-{}" d="{}"/>',
            (
                (level.name.lower(), path)
                for level, path in zip(chart.layers, paths, strict=True)
            ),
        ),
    )


@register.simple_tag
def release_marks(marks: Sequence[Mark]) -> SafeString:
    """A dotted line with its name where a release was made."""
    lines = (
        (
            f"{mark.percent}%",
            -4 if mark.percent > _NAME_PERCENT else 4,
            "end" if mark.percent > _NAME_PERCENT else "start",
            mark.name,
        )
        for mark in marks
    )
    return format_html(
        '<svg class="marks" width="100%" height="100%" aria-hidden="true">{}</svg>',
        format_html_join(
            "",
            '<line x1="{0}" x2="{0}" y1="-4" y2="100%"/>'
            '<text x="{0}" dx="{1}" y="6" text-anchor="{2}">{3}</text>',
            lines,
        ),
    )


@register.simple_tag
def key_number(figure: Change) -> SafeString:
    """What a period's figure is, marked where a sample tells it."""
    shown = compact(figure.now)
    if not figure.is_about:
        return format_html('<b title="{}">{}</b>', commas(figure.now), shown)
    said = gettext("About %(n)s, told from a sample of the issues") % {"n": shown}
    return format_html('<b title="{}">≈ {}</b>', said, shown)
