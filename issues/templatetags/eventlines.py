"""Tables of an issue's events and users, which code writes: a page has fifty rows."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote as url_quote

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.affected import Affected
from issues.markup import shown
from issues.search import quote
from issues.views.table import EventLine
from projects.templatetags.ui import ago, level, when

register = template.Library()


@register.simple_tag
def event_rows(lines: Iterable[EventLine], href: str, walk: str) -> SafeString:
    """The rows of the table of events.

    `href`: the address of their issue; `walk`: what keeps a walk through its list.
    """
    said = gettext("counted only")
    counted = f' <span class="badge">{said}</span>'
    events, walk = f"{escape(href)}events/", escape(walk)
    rows = [_event(one, events, walk, counted) for one in lines]
    return SafeString("".join(rows))


def _event(line: EventLine, events: str, walk: str, counted: str) -> str:
    row = line.row
    name = row.event_id.hex
    user = ""
    if line.user:
        user = f'<a href="?q={url_quote(line.user_query)}">{_bdi(line.user)}</a>'
    others = (line.release, line.environment, line.client)
    return (
        f'<tr><td>{level(row.level)} <a class="mono" href="{events}{name}/{walk}">'
        f"{name[:8]}</a>{'' if row.has_payload else counted}</td>"
        f'<td class="num">{when(row.timestamp)}<small>{ago(row.timestamp)}</small></td>'
        f'<td class="any">{user}</td>'
        + "".join([f'<td class="h any">{_bdi(one)}</td>' for one in others])
        + "</tr>\n"
    )


@register.simple_tag
def affected_rows(users: Iterable[Affected], href: str) -> SafeString:
    """The rows of the table of users, with their counts."""
    rows = [
        f'<tr><td class="any">{_user(one, href)}</td><td class="r">{one.count:,}</td>'
        f"<td>{ago(one.last_seen)}</td></tr>"
        for one in users
    ]
    return SafeString("".join(rows))


@register.simple_tag
def affected_names(users: Iterable[Affected], href: str) -> SafeString:
    """The entries of a list of users."""
    return SafeString("".join([f"<li>{_user(one, href)}</li>" for one in users]))


def _user(user: Affected, href: str) -> str:
    """A user's name, which leads to his events."""
    query = url_quote(f"user:{quote(user.identity)}")
    return f'<a href="{escape(href)}events/?q={query}">{_bdi(user.identity)}</a>'


def _bdi(text: str) -> str:
    return f"<bdi>{shown(text)}</bdi>"
