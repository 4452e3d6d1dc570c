"""Values and source lines of an event, which code writes: a page has hundreds of them,
and templates took several times as long."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from issues.presentation.frameviews import Line
from issues.presentation.values import Value
from projects.ui import visible

register = template.Library()


@register.simple_tag
def value_rows(values: Iterable[Value]) -> SafeString:
    """The entries of a `<dl>`."""
    return SafeString("".join([_row(value, _text(value.name)) for value in values]))


@register.simple_tag
def source_lines(lines: Iterable[Line]) -> SafeString:
    """The entries of a frame's `<ol>`."""
    return SafeString("".join([_line(line) for line in lines]))


def _line(line: Line) -> str:
    hit = ' class="hit" aria-current="true"' if line.is_hit else ""
    number = "" if line.number is None else line.number
    source = "".join(
        [
            f'<span class="{escape(style)}">{_text(text)}</span>'
            if style
            else _text(text)
            for text, style in line.tokens
        ]
    )
    return f"<li{hit}><span>{number}</span><span>{source}</span></li>"


def _row(value: Value, name: str) -> str:
    red = ' class="red"' if value.is_filtered else ""
    return f"<div><dt>{name}</dt><dd{red}>{_value(value)}</dd></div>"


def _value(value: Value) -> str:
    if value.inner:
        rows = [_row(one, f"<bdi>{_text(one.name)}</bdi>") for one in value.inner]
        return (
            f'<details class="nest"><summary><bdi>{_text(value.text)}</bdi></summary>'
            f"<dl>{''.join(rows)}</dl>{_more(value.more)}</details>"
        )
    if value.more:
        return _more(value.more)
    return f"<bdi>{_text(value.text)}</bdi>{_rest(value)}"


def _more(count: int) -> str:
    """How many entries stand nowhere on the page."""
    if not count:
        return ""
    said = ngettext(
        "(%(shown)s more entry in the event's JSON)",
        "(%(shown)s more entries in the event's JSON)",
        count,
    )
    return f'<span class="dim">{said % {"shown": f"{count:,}"}}</span>'


def _rest(value: Value) -> str:
    """What is hidden at first of a long text."""
    if not value.rest:
        return ""
    said = ""
    if value.left_out:
        told = gettext("(%(n)s more characters in the event's JSON)")
        said = f' <span class="dim">{told % {"n": f"{value.left_out:,}"}}</span>'
    show = gettext("Show all")
    return (
        f'<details class="rest"><summary class="link">{show}</summary>'
        f"<bdi>{_text(value.rest)}</bdi>{said}</details>"
    )


def _text(text: str) -> str:
    """Text of an event, in which nothing hides and nothing is markup."""
    return escape(visible(text))
