"""What the pages of monitors draw: states, schedules, and the bars of a day."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.presentation.event import Chip
from monitors.models import CheckIn, Monitor, MonitorEnvironment, Standing
from monitors.schedules import Crontab
from monitors.timeline import SLOTS, Timeline
from monitors.wording import in_words
from projects.templatetags.ui import icon

register = template.Library()

# What stands in addresses; the tag may come from anybody.
_SLUG = re.compile(r"[\w-]+", re.ASCII)

# Shape and tint of each state; the word is the label of the choice.
_STANDINGS = {
    Standing.ACTIVE: ("clock", ""),
    Standing.OK: ("check", "b-ok"),
    Standing.ERROR: ("x", "b-err"),
    Standing.MISSED: ("flag", "b-err"),
    Standing.TIMEOUT: ("clock", "b-err"),
}
_STATUSES = {
    CheckIn.Status.IN_PROGRESS: ("play", "b-new"),
    CheckIn.Status.OK: ("check", "b-ok"),
    CheckIn.Status.ERROR: ("x", "b-err"),
    CheckIn.Status.MISSED: ("flag", "b-err"),
    CheckIn.Status.TIMEOUT: ("clock", "b-err"),
    CheckIn.Status.UNKNOWN: ("help", ""),
}
_HOURS_MS, _MINUTES_MS, _SECONDS_MS = 3_600_000, 60_000, 1_000

# The bars of a day, in pixels; what failed stands out by its height too.
_HEIGHT, _BAR, _STEP = 20, 3, 4
_HEIGHTS = {
    CheckIn.Status.OK: 10,
    CheckIn.Status.IN_PROGRESS: 10,
    CheckIn.Status.UNKNOWN: 4,
}


@register.simple_tag
def standing(environment: MonitorEnvironment) -> SafeString:
    """How the monitor stands there, by shape and word."""
    known = Standing(environment.standing)
    shape, tint = _STANDINGS[known]
    return _badge(shape, tint, str(known.label))


@register.simple_tag
def status(check_in: CheckIn) -> SafeString:
    known = CheckIn.Status(check_in.status)
    shape, tint = _STATUSES[known]
    return _badge(shape, tint, str(known.label))


def _badge(shape: str, tint: str, word: str) -> SafeString:
    return format_html(
        '<span class="badge b-i {}">{}{}</span>', tint, icon(shape), word
    )


@register.simple_tag
def schedule(monitor: Monitor) -> SafeString:
    """The schedule in words where there are any, and as it was written."""
    known = monitor.schedule
    words = in_words(known)
    if not isinstance(known, Crontab):
        return format_html("{}", words)
    if not words:
        return format_html("<code>{}</code>", known.expression)
    return format_html('{} <code class="dim nowrap">{}</code>', words, known.expression)


@register.filter
def monitor_slug(tags: Iterable[Chip]) -> str:
    """The monitor that an event with these tags is about; empty for none."""
    for tag in tags:
        if tag.key == "monitor.slug" and _SLUG.fullmatch(tag.value):
            return tag.value
    return ""


@register.filter
def took(milliseconds: int | None) -> str:
    """A duration in its largest unit and the one below it."""
    if milliseconds is None:
        return "\u2013"
    if milliseconds >= _HOURS_MS:
        hours, rest = divmod(milliseconds, _HOURS_MS)
        return f"{hours} h {rest // _MINUTES_MS} min"
    if milliseconds >= _MINUTES_MS:
        minutes, rest = divmod(milliseconds, _MINUTES_MS)
        return f"{minutes} min {rest // _SECONDS_MS} s"
    if milliseconds >= _SECONDS_MS:
        return f"{milliseconds / _SECONDS_MS:.1f} s"
    return f"{milliseconds} ms"


@register.simple_tag
def day_bars(timeline: Timeline) -> SafeString:
    """A bar for each half hour of a day, as high as its worst check-in is bad."""
    label = _summary(timeline)
    drawn: dict[str, list[str]] = {}
    for slot, worst in enumerate(timeline.slots):
        if worst is None:
            continue
        height = _HEIGHTS.get(CheckIn.Status(worst), _HEIGHT)
        path = f"M{slot * _STEP} {_HEIGHT - height}h{_BAR}v{height}h-{_BAR}z"
        drawn.setdefault(worst, []).append(path)
    paths = format_html_join(
        "",
        '<path class="m-{}" d="{}"/>',
        ((worst, "".join(pieces)) for worst, pieces in sorted(drawn.items())),
    )
    width = SLOTS * _STEP
    return format_html(
        '<svg class="day" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" '
        'aria-label="{2}"><title>{2}</title><path class="z" d="M0 {3}h{0}v1h-{0}z"/>'
        "{4}</svg>",
        width,
        _HEIGHT,
        label,
        _HEIGHT - 1,
        paths,
    )


def _summary(timeline: Timeline) -> str:
    """The counts of the day in words, the worst first."""
    counts = [
        f"{CheckIn.Status(status).label} {timeline.counts[status]}"
        for status in (s.value for s in _STATUSES)
        if status in timeline.counts
    ]
    if not counts:
        return gettext("No check-ins in 24 hours")
    return gettext("24 hours: %s") % ", ".join(counts)
