"""What the tags of an issue are drawn with: shares, and the queries behind values."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote as url_quote

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from issues.markup import shown
from issues.presentation.event import Chip, tag_chip
from issues.presentation.shares import Distribution, Share
from projects.templatetags.ui import bar, icon
from projects.ui import share

register = template.Library()
_PARTS = 10_000


@register.simple_tag
def fraction(part: float) -> str:
    """A fraction of one as a percentage."""
    return share(round(part * _PARTS), _PARTS)


@register.simple_tag
def tag_query(key: str, value: str) -> str:
    """The query that finds the value."""
    return tag_chip(key, value).query


@register.simple_tag
def chips(found: Iterable[Chip], list_path: str) -> SafeString:
    """Facts that lead to the issues which share them."""
    return SafeString("".join([_chip(chip, list_path) for chip in found]))


def _chip(chip: Chip, list_path: str) -> str:
    return (
        f'<a class="chip" href="{_to(list_path, chip.query)}">'
        f"<span>{shown(chip.key)}</span><b><bdi>{shown(chip.value)}</bdi></b></a>"
    )


@register.simple_tag
def tag_shares(found: Iterable[Distribution], list_path: str) -> SafeString:
    """The commonest values of tags, each with a bar."""
    return SafeString("".join([_distribution(one, list_path) for one in found]))


def _distribution(told: Distribution, list_path: str) -> str:
    rows = [_share(one, list_path) for one in told.shares]
    if told.other_count:
        other = gettext("other")
        rows.append(
            f'<li title="{told.other_count:,}"><span class="dim">{other}'
            f"</span><span>{escape(told.other_share)}</span>"
            f"{bar(told.other_percent)}</li>"
        )
    return (
        f'<div class="dist"><h3><bdi>{shown(told.key)}</bdi></h3>'
        f"<ul>{''.join(rows)}</ul></div>"
    )


def _share(one: Share, list_path: str) -> str:
    return (
        f'<li title="{one.count:,}"><a href="{_to(list_path, one.query)}">'
        f"<bdi>{shown(one.value)}</bdi></a><span>{escape(one.share)}</span>"
        f"{bar(one.percent)}</li>"
    )


def _to(list_path: str, query: str) -> str:
    """The address of the issues that a query finds, as an attribute has it."""
    return f"{escape(list_path)}?q={url_quote(query)}"


@register.simple_tag
def tag_values(found: Iterable[Distribution], href: str, list_path: str) -> SafeString:
    """Each tag with its values: how many events, their share, and where they lead."""
    writer = _Values(href, list_path)
    return SafeString("".join([writer.panel(i, d) for i, d in enumerate(found, 1)]))


class _Values:
    """Writes panels of values; what all values of a page share is made once."""

    def __init__(self, href: str, list_path: str) -> None:
        self._events = f"{escape(href)}events/"
        self._list_path = list_path
        self._search = icon("search")
        self._own = gettext("Events of this issue")
        self._all = gettext("All issues with this value")
        self._named = gettext("Issues with %(value)s")

    def panel(self, number: int, told: Distribution) -> str:
        counted = ngettext("%(shown)s event", "%(shown)s events", told.total)
        rows = [self._value(one) for one in told.shares]
        if told.other_count:
            rows.append(_others(told))
        return (
            f'<section class="panel dist tagv" aria-labelledby="tag-{number}">'
            f'<h2 id="tag-{number}"><bdi>{shown(told.key)}</bdi><span class="dim num">'
            f"{counted % {'shown': f'{told.total:,}'}}</span></h2>"
            f"<ul>{''.join(rows)}</ul></section>"
        )

    def _value(self, one: Share) -> str:
        value, query = shown(one.value), url_quote(one.query)
        return (
            f'<li><a href="{self._events}?q={query}" title="{self._own}">'
            f"<bdi>{value}</bdi></a><span>{one.count:,}</span>"
            f"<span>{escape(one.share)}</span>"
            f'<a class="tolist" href="{_to(self._list_path, one.query)}" '
            f'aria-label="{self._named % {"value": value}}" title="{self._all}">'
            f"{self._search}</a>{bar(one.percent)}</li>"
        )


def _others(told: Distribution) -> str:
    """What the values that are not named have together."""
    said = gettext("other")
    if told.is_cut:
        said = f'<a href="?key={url_quote(told.key)}">{said}</a>'
    return (
        f'<li><span class="dim">{said}</span><span>{told.other_count:,}</span>'
        f"<span>{escape(told.other_share)}</span><span></span>"
        f"{bar(told.other_percent)}</li>"
    )
