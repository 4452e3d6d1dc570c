"""Draws an issue's chart: bars that lead to their events, and marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy

from issues.timeline import Bar, Mark, MarkKind
from projects.ui import bars, compact, visible
from releases.versions import parse

register = template.Library()

# Beyond it, in percent of the axis, a name stands to the left of its mark.
_TO_THE_LEFT_PERCENT = 88
# A longer name of a release would stand across the chart.
_NAME_CHARS = 20
_FEW_BARS = 30
_NAMES = {
    MarkKind.RESOLVED: gettext_lazy("Resolved"),
    MarkKind.REGRESSED: gettext_lazy("Regressed"),
}


@register.simple_tag(takes_context=True)
def version_link(context: Context, version: str) -> SafeString:
    """A release's name that leads to its page; its name alone where it has none."""
    shown = format_html("<bdi>{}</bdi>", visible(parse(version).shown))
    place = [context["organization"].slug, context["project"].slug, version]
    try:
        path = reverse("releases:detail", args=place)
    except NoReverseMatch:
        return shown
    return format_html('<a href="{}" title="{}">{}</a>', path, visible(version), shown)


@register.filter
def mark_name(mark: Mark) -> str:
    return visible(mark.shown) or str(_NAMES.get(mark.kind, ""))


@register.simple_tag
def events_between(href: str, bar: Bar, graph: str) -> str:
    """The address of the events that a bar stands for."""
    span = {"from": _utc(bar.since), "to": _utc(bar.until), "graph": graph}
    return f"{href}events/?{urlencode(span, safe=':')}"


@register.simple_tag
def chart_rows(
    found: Sequence[Bar], href: str, graph: str, *, is_hourly: bool
) -> SafeString:
    """The chart as rows of a table, the latest first; empty bars have none."""
    form = "%Y-%m-%d %H:%M" if is_hourly else "%Y-%m-%d"
    rows = [
        f'<tr><td class="num">{timezone.localtime(bar.since):{form}}</td><td class="r">'
        f'<a href="{escape(events_between(href, bar, graph))}">{bar.count:,}</a></td>'
        "</tr>"
        for bar in reversed(found)
        if bar.count
    ]
    return SafeString("".join(rows))


@register.simple_tag
def issue_plot(found: Sequence[Bar], top: int, href: str, graph: str) -> SafeString:
    """Bars that fill their box, and over each that has events a link to them.

    The links are for the pointer only: the table beside the chart has them too, where
    a keyboard or a screen reader finds them.
    """
    counts = [bar.count for bar in found]
    label = gettext("%(peak)s at most, %(total)s in all") % {
        "peak": compact(max(counts, default=0)),
        "total": compact(sum(counts)),
    }
    gap = 6 if len(found) <= _FEW_BARS else 3
    links = [
        f'<a href="{escape(events_between(href, bar, graph))}" tabindex="-1">'
        f'<rect x="{number}" width="1" height="1"/></a>'
        for number, bar in enumerate(found)
        if bar.count
    ]
    return format_html(
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><path d="{}"/></svg>'
        '<svg class="hits" viewBox="0 0 {} 1" preserveAspectRatio="none" '
        'aria-hidden="true" data-counts="{}">{}</svg>',
        label,
        bars(counts, top=top, width=1000, height=100, gap=gap),
        len(found),
        ",".join(map(str, counts)),
        SafeString("".join(links)),
    )


@register.simple_tag
def issue_marks(marks: Sequence[Mark]) -> SafeString:
    """A dotted line for each release, with its name where there is room.

    Where the issue was resolved or came back the line has a head of its own shape.
    """
    return format_html(
        '<svg class="marks" width="100%" height="100%" aria-hidden="true">{}</svg>',
        format_html_join("", "{}", ((_drawn(mark),) for mark in marks)),
    )


def _drawn(mark: Mark) -> SafeString:
    x = f"{mark.percent}%"
    line = format_html(
        '<line class="k-{}" x1="{}" x2="{}" y1="-4" y2="100%"/>', mark.kind, x, x
    )
    if mark.kind == MarkKind.RESOLVED:
        head = '<circle class="k-resolved" cx="{}" cy="-4" r="4"/>'
        return line + format_html(head, x)
    if mark.kind == MarkKind.REGRESSED:
        return line + format_html(
            '<svg class="k-regressed" x="{}" y="-9" overflow="visible">'
            '<path d="M0 0h9l-3 4 3 4h-9z"/></svg>',
            x,
        )
    if not mark.is_named:
        return line
    is_left = mark.percent > _TO_THE_LEFT_PERCENT
    return line + format_html(
        '<text x="{}" dx="{}" y="6" text-anchor="{}">{}</text>',
        x,
        -4 if is_left else 4,
        "end" if is_left else "start",
        Truncator(visible(mark.shown)).chars(_NAME_CHARS),
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
