"""The table of similar issues, which code writes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote as url_quote

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext

from issues.markup import shown
from issues.models import Issue
from issues.templatetags.issues import badge, first_line, headline
from issues.views.likes import Likely
from projects.templatetags.ui import ago, bar, level
from projects.ui import compact, visible

register = template.Library()

_VALUE_CHARS = 120


@register.simple_tag(takes_context=True)
def likely_table(
    context: Context, likely: Sequence[Likely], issue: Issue
) -> SafeString:
    """Issues that are like this one, what is alike, and the way to compare them."""
    place = [context["organization"].slug, context["project"].slug]
    compare = escape(reverse("issues:compare", args=[*place, issue.number]))
    rows = [
        _row(one, reverse("issues:detail", args=[*place, one.issue.number]), compare)
        for one in likely
    ]
    # gettext's tools see no text that stands within another.
    caption, name, alike = (
        gettext("Similar issues"),
        gettext("Issue"),
        gettext("What is alike"),
    )
    events, seen, acts = gettext("Events"), gettext("Last seen"), gettext("Actions")
    return SafeString(
        f'<table class="tbl likely"><caption class="sr">{caption}</caption><thead>'
        f'<tr><th>{name}</th><th class="h">{alike}</th><th class="r hide-s">{events}'
        f'</th><th class="r h">{seen}</th><th class="r"><span class="sr">{acts}</span>'
        f"</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(one: Likely, href: str, compare: str) -> str:
    state = one.issue.state
    alike = [f"<bdi>{shown(reason)}</bdi>" for reason in one.alike]
    score = f"{one.score} %"
    compared = gettext("Compare")
    label = escape(gettext("Compare with %(id)s") % {"id": one.short_id})
    return (
        f'<tr><td class="any">{_issue(one, href)}<small class="show-m">'
        f"<span>{' · '.join([score, *alike])}</span></small></td>"
        f'<td class="h any"><span class="score"><b>{score}</b>{bar(one.score)}</span>'
        f"<small>{' · '.join(alike)}</small></td>"
        f'<td class="r hide-s" title="{state.event_count:,}">'
        f"{compact(state.event_count)}</td>"
        f'<td class="r h">{ago(state.last_seen)}</td><td class="r">'
        f'<a class="btn" href="{compare}?with={url_quote(one.short_id)}" '
        f'aria-label="{label}">{compared}</a></td></tr>\n'
    )


def _issue(one: Likely, href: str) -> str:
    """What the issue is called, as a list has it."""
    issue = one.issue
    value = ""
    if issue.value:
        said = Truncator(visible(first_line(issue))).chars(_VALUE_CHARS)
        value = f" · <bdi>{escape(said)}</bdi>"
    return (
        f'<div class="lk">{level(issue.state.level)}<a href="{escape(href)}">'
        f"<b><bdi>{shown(headline(issue))}</bdi></b> "
        f'<span class="culprit"><bdi>{shown(issue.culprit)}</bdi></span></a>'
        f"{badge(issue.state)}</div><small>{escape(one.short_id)}{value}</small>"
    )
