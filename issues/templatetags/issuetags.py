"""What the tags of an issue are drawn with: shares, and the queries behind values."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote as url_quote

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.markup import shown
from issues.presentation.event import Chip, tag_chip
from issues.presentation.shares import Distribution, Share
from issues.search import quote
from projects.templatetags.ui import bar
from projects.ui import share

register = template.Library()
_PARTS = 10_000


@register.simple_tag
def fraction(part: float) -> str:
    """A fraction of one as a percentage."""
    return share(round(part * _PARTS), _PARTS)


@register.simple_tag
def user_query(identity: str) -> str:
    """The query that finds the events of a user."""
    return f"user:{quote(identity)}"


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
        rows.append(
            f'<li title="{told.other_count:,}"><span class="dim">{gettext("other")}'
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
