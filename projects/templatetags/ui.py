"""What templates draw with: icons, levels, times, numbers and bars."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from html import escape

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import (
    get_language,
    gettext,
    gettext_lazy,
    ngettext,
)

from projects import ui

register = template.Library()

# The names of issues.models.Level, which this room must not import.
_LEVELS = {
    10: ("debug", gettext_lazy("Debug")),
    20: ("info", gettext_lazy("Info")),
    30: ("warning", gettext_lazy("Warning")),
    40: ("error", gettext_lazy("Error")),
    50: ("fatal", gettext_lazy("Fatal")),
}


@cache
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    return _icon(name, extra)


@lru_cache(maxsize=256)
def _icon(name: str, extra: str) -> SafeString:
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {extra}" if extra else "",
        _sprite(),
        name,
    )


@register.simple_tag
def level(number: int) -> SafeString:
    """A level's shape, which is its own, with its name for those who can't see it."""
    return _level(number, get_language())


@lru_cache(maxsize=256)
def _level(number: int, language: str | None) -> SafeString:
    """`language` is the active one, in which the label is written."""
    name, label = _LEVELS.get(number, _LEVELS[40])
    return format_html(
        '<svg class="lvl lv-{0}" role="img" aria-label="{1}"><title>{1}</title>'
        '<use href="{2}#l-{0}"/></svg>',
        name,
        label,
        _sprite(),
    )


@register.filter
def compact(n: int | None) -> str:
    return ui.compact(n or 0)


@register.filter
def commas(n: int | None) -> str:
    return f"{n or 0:,}"


@register.filter
def initials(name: object) -> str:
    return ui.initials(str(name))


@register.filter
def visible(value: object) -> str:
    """Event text with its control and direction characters made visible."""
    return ui.visible(str(value))


def span_text(seconds: float) -> str:
    """A span in one unit and the reader's language: "7 min", "2 days"."""
    return _span(*ui.age(seconds), "bare", get_language())


@lru_cache(maxsize=4096)
def _span(n: int, unit: ui.Unit, style: str, language: str | None) -> str:
    """`language` is the active one, in which the text is written."""
    if unit == "now":
        return gettext("just now")
    text = {
        "min": ngettext("%(n)d min", "%(n)d min", n),
        "hr": ngettext("%(n)d hr", "%(n)d hr", n),
        "day": ngettext("%(n)d day", "%(n)d days", n),
        "mo": ngettext("%(n)d mo", "%(n)d mo", n),
        "yr": ngettext("%(n)d yr", "%(n)d yr", n),
    }[unit] % {"n": n}
    if style == "bare":
        return text
    form = gettext("%s ago") if style == "ago" else gettext("%s old")
    return form % text


def _time(instant: datetime, text: str) -> SafeString:
    """A <time> that says the local and the UTC instant when pointed at."""
    utc = instant.astimezone(UTC)
    local = timezone.localtime(instant)
    title = f"{local:%Y-%m-%d %H:%M:%S %Z}"
    if local.utcoffset():
        title += f" · {utc:%Y-%m-%d %H:%M:%S} UTC"
    return SafeString(
        f'<time datetime="{utc:%Y-%m-%dT%H:%M:%SZ}" title="{escape(title)}">'
        f"{escape(text)}</time>"
    )


@register.simple_tag
def ago(instant: datetime | None, style: str = "ago") -> SafeString | str:
    """How long since: "7 min ago", as "old" "2 mo old", as "bare" "7 min"."""
    if instant is None:
        return "\u2013"
    seconds = (timezone.now() - instant).total_seconds()
    return _time(instant, _span(*ui.age(seconds), style, get_language()))


@register.simple_tag
def when(instant: datetime) -> SafeString:
    """An instant to the second, in the reader's time zone."""
    return _time(instant, f"{timezone.localtime(instant):%Y-%m-%d %H:%M:%S}")


@register.simple_tag
def day(instant: datetime) -> SafeString:
    """An instant's date in the reader's language and time zone."""
    return _time(instant, date_format(timezone.localtime(instant), "DATE_FORMAT"))


@register.filter(expects_localtime=True)
def month_day(instant: datetime) -> str:
    """A day, as short as the axis of a chart needs it: "Nov 9"."""
    return date_format(instant, gettext("M j"))


@register.simple_tag
def spark(
    counts: Sequence[int], width: int = 160, height: int = 28, label: str = ""
) -> SafeString:
    usual = 2 if width >= 120 else 1.5
    gap = min(usual, width / max(1, len(counts)) * 0.35)
    drawn = ui.spark(counts, width=width, height=height, gap=gap)
    said = label or gettext("Highest bar: %s events") % ui.compact(drawn.highest)
    return SafeString(
        f'<svg class="spark" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{conditional_escape(said)}">'
        f'<path class="z" stroke-dasharray="{drawn.bar} {drawn.gap}" d="{drawn.feet}"/>'
        f'<path stroke-width="{drawn.bar}" d="{drawn.bars}"/></svg>'
    )


@register.simple_tag
def bar(percent: float) -> SafeString:
    return format_html(
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="t" width="100" height="4"/>'
        '<rect width="{}" height="4"/></svg>',
        f"{min(100.0, max(0.0, percent)):.3g}",
    )


@register.simple_tag
def error_id() -> str:
    """The id of our own error as it was reported; empty where nothing reports."""
    sdk = sys.modules.get("sentry_sdk")
    return (sdk.last_event_id() or "") if sdk else ""
