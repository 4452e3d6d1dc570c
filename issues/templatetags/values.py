"""Values and source lines of an event, which code writes: a page has hundreds of them,
and templates took several times as long."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from issues.markup import shown
from issues.presentation.frameviews import Line
from issues.presentation.values import Value

register = template.Library()


@register.simple_tag
def value_rows(values: Iterable[Value]) -> SafeString:
    """The entries of a `<dl>`."""
    return SafeString("".join([_row(value, shown(value.name)) for value in values]))


@register.simple_tag
def value_list(values: Iterable[Value]) -> SafeString:
    """A whole list of values, as a panel has it."""
    return SafeString(f'<dl class="kv">{value_rows(values)}</dl>')


@register.simple_tag
def source_lines(lines: Iterable[Line]) -> SafeString:
    """The entries of a frame's `<ol>`."""
    return SafeString("".join([_line(line) for line in lines]))


def _line(line: Line) -> str:
    hit = ' class="hit" aria-current="true"' if line.is_hit else ""
    number = "" if line.number is None else line.number
    source = "".join(
        [
            f'<span class="{escape(style)}">{shown(text)}</span>'
            if style
            else shown(text)
            for text, style in line.tokens
        ]
    )
    return f"<li{hit}><span>{number}</span><span>{source}</span></li>"


def _row(value: Value, name: str) -> str:
    red = ' class="red"' if value.is_filtered else ""
    return f"<div><dt>{name}</dt><dd{red}>{_value(value)}</dd></div>"


def _value(value: Value) -> str:
    if value.inner:
        rows = [_row(one, f"<bdi>{shown(one.name)}</bdi>") for one in value.inner]
        return (
            f'<details class="nest"><summary><bdi>{shown(value.text)}</bdi></summary>'
            f"<dl>{''.join(rows)}</dl>{_more(value.more)}</details>"
        )
    if value.more:
        return _more(value.more)
    return f"<bdi>{shown(value.text)}</bdi>{_rest(value)}"


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
        f"<bdi>{shown(value.rest)}</bdi>{said}</details>"
    )
