"""What overviews draw, and the numbers of projects for the project list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.figures import Change
from issues.models import Level
from issues.overview import ProjectNumbers, numbers_of
from issues.presentation.shares import Distribution
from issues.pulse import Count
from issues.standouts import Standout
from issues.templatetags.issues import badge, first_line, headline
from issues.views.overview import Mark
from projects.models import Project
from projects.templatetags.ui import bar, commas, level, spark
from projects.ui import Layers, compact, stacks, visible

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


@register.filter
def about(count: Count) -> str:
    """How many, marked where a sample tells it."""
    return f"≈ {compact(count.n)}" if count.is_about else compact(count.n)


@register.simple_tag(takes_context=True)
def short_rows(context: Context, rows: Iterable[Standout]) -> SafeString:
    """A short list of issues, written by code as the long ones are: see rows.

    Needs `organization`; `project` leaves the project's name out.
    """
    slug = context["organization"].slug
    names_project = not context.get("project")
    silent = f'<span class="r-msg none">{escape(gettext("(no message)"))}</span>'
    events = escape(gettext("events"))
    return SafeString(
        "".join(
            f'<li><div class="ell" hx-disable><div class="r-title">{level(i.level)}'
            f'<a class="r-link" href="{_address(slug, i)}">'
            f"<b><bdi>{_text(headline(i))}</bdi></b> "
            f'<span class="culprit"><bdi>{_text(i.issue.culprit)}</bdi></span></a>'
            f"{badge(i.issue.state)}</div>\n"
            f'<div class="r-sub">{_said(i) or silent}'
            f"{_named(i) if names_project else ''}</div></div>\n"
            f'{spark(i.counts, 96, 24)}<span class="c-num" title="{i.count:,}">'
            f'{compact(i.count)}<span class="sr"> {events}</span></span></li>\n'
            for i in rows
        )
    )


def _address(slug: str, one: Standout) -> str:
    where = [slug, one.issue.project.slug, one.issue.number]
    return escape(reverse("issues:detail", args=where))


def _said(one: Standout) -> str:
    if not one.value:
        return ""
    return f'<span class="r-msg"><bdi>{_text(first_line(one))}</bdi></span>'


def _named(one: Standout) -> str:
    return f'<span class="r-proj">{escape(one.issue.project.name)}</span>'


@register.simple_tag
def distributions(places: Iterable[Distribution], list_path: str) -> SafeString:
    """The commonest values of some tags, each leading to the list of its issues."""
    return SafeString("".join(_distribution(one, list_path) for one in places))


def _distribution(one: Distribution, list_path: str) -> str:
    items = "".join(
        f'<li title="{share.count:,}"><a href="{escape(list_path)}?q='
        f'{quote(share.query)}"><bdi>{_text(share.value)}</bdi></a>'
        f"<span>{share.share}</span>{bar(share.percent)}</li>"
        for share in one.shares
    )
    if one.other_count:
        items += (
            f'<li title="{one.other_count:,}">'
            f'<span class="dim">{escape(gettext("other"))}</span>'
            f"<span>{one.other_share}</span>{bar(one.other_percent)}</li>"
        )
    return (
        f'<div class="dist"><h3><bdi>{_text(one.key)}</bdi></h3><ul>{items}</ul></div>'
    )


def _text(text: object) -> str:
    return escape(visible(str(text)))
