"""What the pages of releases draw and say: rates, shares and charts of sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from projects.ui import compact, share, stacks
from releases.detail import Story
from releases.health import Counts
from releases.session import Health

register = template.Library()

_NONE = format_html('<span class="dim">{}</span>', "\u2013")
_HEALTHS = {
    Health.CRASHED: gettext_lazy("Crashed"),
    Health.ABNORMAL: gettext_lazy("Abnormal"),
    Health.UNHANDLED: gettext_lazy("Unhandled"),
    Health.ERRORED: gettext_lazy("Errored"),
    Health.HEALTHY: gettext_lazy("Healthy"),
}


@register.simple_tag
def crash_free(counts: Counts) -> SafeString:
    """The share of those that did not crash; it says of how many when pointed at."""
    if counts.crash_free is None:
        return _NONE
    return format_html(
        '<span title="{}">{}{}</span>',
        gettext("%(crashed)s of %(total)s crashed")
        % {"crashed": f"{counts.crashed:,}", "total": f"{counts.total:,}"},
        "≈ " if counts.is_estimate else "",
        rate(counts.crash_free),
    )


def rate(fraction: float) -> str:
    """A percentage with two decimals, never rounded up to all.

    >>> rate(1.0), rate(0.99999), rate(0.5), rate(0.12345)
    ('100 %', '99.99 %', '50 %', '12.34 %')
    """
    hundredths = int(fraction * 10_000 + 1e-9)
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02} %" if rest else f"{whole} %"


@register.simple_tag
def adoption(fraction: float | None) -> SafeString | str:
    """The share of the last day's sessions."""
    if not fraction:
        return _NONE
    return share(round(fraction * 1_000_000), 1_000_000)


@register.filter
def total_of(counts: Sequence[int]) -> int:
    return sum(counts)


@register.filter
def health_name(health: Health) -> str:
    return str(_HEALTHS[health])


@register.filter
def health_class(health: Health) -> str:
    return f"h-{health.name.lower()}"


@register.simple_tag
def session_plot(story: Story) -> SafeString:
    """Stacked bars of the sessions, the worst at the foot; they fill their box."""
    heights = _heights(story.sessions)
    paths = stacks(
        list(story.sessions.values()),
        top=story.sessions_top,
        width=1000,
        height=100,
        gap=6,
    )
    label = gettext("%(peak)s at most, %(total)s in all") % {
        "peak": compact(max(heights)),
        "total": compact(sum(heights)),
    }
    return format_html(
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" '
        'aria-label="{}" data-counts="{}">{}</svg>',
        label,
        ",".join(map(str, heights)),
        format_html_join(
            "",
            '<path class="{}" d="{}"/>',
            (
                (health_class(health), path)
                for health, path in zip(story.sessions, paths, strict=True)
            ),
        ),
    )


def _heights(layers: Mapping[Health, Sequence[int]]) -> list[int]:
    return [sum(bucket) for bucket in zip(*layers.values(), strict=True)]
