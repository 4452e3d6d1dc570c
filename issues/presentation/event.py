"""Everything an event tells, apart from its stack trace, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from issues.event import Event, ProcessingError, Request, User
from issues.presentation.allowance import DETAIL_CHARS, Allowance
from issues.presentation.crumbs import Trail, trail_of
from issues.presentation.curl import curl, is_web_address
from issues.presentation.raw import headline_of
from issues.presentation.values import FILTERED, Value, plain, row, spend, text
from issues.search import quote

# A message in one line of this many characters stands whole in the page's head.
_TOLD = 300
# Contexts that have a place of their own on the page, or say nothing to people.
_ELSEWHERE = frozenset({"feedback", "replay", "profile", "culture"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A fact that other events may share, with the query that finds them."""

    key: str
    value: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """`href` only where the address is one that may be followed."""

    rows: list[Value]
    url: str
    href: str
    curl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled list of values; `key` is what the SDK called it."""

    key: str
    rows: list[Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event's payload in the order of the page."""

    title: str
    # What the head of the page doesn't say already.
    message: str
    template: str
    params: list[Value]
    trail: Trail
    request: RequestView | None
    user: list[Value]
    user_chip: Chip | None
    contexts: list[Section]
    extra: list[Value]
    modules: list[Value]
    sdk: list[Value]
    errors: list[ProcessingError]
    fingerprint: list[str] = field(default_factory=list)


def view_of(event: Event, crumbs: str = "") -> EventView:
    """The payload as the page shows it; the stack trace has its own module.

    `crumbs` is the choice of breadcrumbs, as "level:error".
    """
    log = event.get("logentry")
    request = event.get("request")
    user = event.get("user", {})
    template = log.get("message", "") if log else ""
    # What is read first is written first.
    allowance = Allowance(DETAIL_CHARS)
    params = _params(log.get("params", []), allowance) if log else []
    rows = plain(_flat_user(user), allowance)
    asked = _request(request, allowance) if request else None
    contexts = _contexts(event, allowance)
    return EventView(
        title=title_of(event),
        message=message_of(event),
        template=template if log and template != log["formatted"] else "",
        params=params,
        trail=trail_of(event, crumbs, allowance),
        request=asked,
        user=rows,
        user_chip=_user_chip(user),
        contexts=contexts,
        extra=plain(event.get("extra", {}), allowance),
        modules=plain(event.get("modules", {}), Allowance(DETAIL_CHARS)),
        sdk=_sdk(event),
        errors=event.get("errors", []),
        fingerprint=event.get("fingerprint", []),
    )


def title_of(event: Event) -> str:
    """The exception raised last, else the message."""
    chain = event.get("exception", {"values": []})["values"]
    if chain:
        return headline_of(chain[-1])
    return event["logentry"]["formatted"] if "logentry" in event else ""


def tag_chip(key: str, value: str) -> Chip:
    return Chip(key=key, value=value, query=f"{_term_key(key)}:{quote(value)}")


def _term_key(key: str) -> str:
    """A tag's key as a query spells it, when it would mean something else there."""
    return f"tags[{key}]" if key in _TAKEN_KEYS or ":" in key else key


_TAKEN_KEYS = frozenset(
    {"is", "has", "age", "title", "message", "user", "platform", "culprit", "bookmarks"}
)


def message_of(event: Event) -> str:
    """The message where it is more than the title, or came with parameters."""
    if "logentry" not in event:
        return ""
    log = event["logentry"]
    message = log["formatted"]
    chain = event.get("exception", {"values": []})["values"]
    if chain and message in (headline_of(chain[-1]), chain[-1].get("value")):
        return ""
    is_told = not chain and "\n" not in message.strip() and len(message) <= _TOLD
    return "" if is_told and "params" not in log else message


def _params(params: list[Any] | dict[str, Any], allowance: Allowance) -> list[Value]:
    if isinstance(params, dict):
        return plain(params, allowance)
    return plain(([str(i), value] for i, value in enumerate(params)), allowance)


def _told_cookies(cookies: list[list[str]] | str) -> str:
    """What was filtered whole, by a project's rule or by the SDK, is one word."""
    if isinstance(cookies, str):
        return cookies
    return "; ".join(
        FILTERED if set(pair) == {FILTERED} else "=".join(pair) for pair in cookies
    )


def _request(request: Request, allowance: Allowance) -> RequestView:
    url = request.get("url", "")
    query = request.get("query_string", "")
    rows = [row(_("Method"), request["method"])] if "method" in request else []
    if query:
        pairs = [[_("Query"), query]] if isinstance(query, str) else _named("?", query)
        rows += plain(pairs, allowance)
    if fragment := request.get("fragment"):
        rows.append(row(_("Fragment"), fragment))
    rows += plain(request.get("headers", []), allowance)
    if cookies := request.get("cookies"):
        rows.append(row(_("Cookies"), _told_cookies(cookies)))
    if (body := request.get("data")) not in (None, "", {}, []):
        rows.append(row(_("Body"), body))
        spend(allowance, rows[-1])
    rows += plain(request.get("env", {}), allowance)
    return RequestView(
        rows=rows,
        url=url,
        href=url if is_web_address(url) else "",
        curl=curl(request),
    )


def _named(prefix: str, pairs: Iterable[list[str]]) -> list[list[str]]:
    return [[f"{prefix}{name}", value] for name, value in pairs]


def _flat_user(user: User) -> dict[str, Any]:
    flat: dict[str, Any] = {
        key: value for key, value in user.items() if key not in {"data", "geo"}
    }
    geo = user.get("geo", {})
    if place := ", ".join(text(value) for value in geo.values() if value):
        flat["geo"] = place
    return flat | user.get("data", {})


def _user_chip(user: User) -> Chip | None:
    """The user by what the service knows them by: the first of these four."""
    known = (
        ("id", user.get("id")),
        ("email", user.get("email")),
        ("username", user.get("username")),
        ("ip", user.get("ip_address")),
    )
    for name, value in known:
        if value and value != FILTERED:
            return Chip(
                key="user", value=value, query=f"user:{quote(f'{name}:{value}')}"
            )
    return None


def _contexts(event: Event, allowance: Allowance) -> list[Section]:
    sections = [
        Section(
            key=name,
            rows=plain(
                {
                    k: _told(k, v)
                    for k, v in context.items()
                    if k != "type" and _says(v)
                },
                allowance,
            ),
        )
        for name, context in event.get("contexts", {}).items()
        if name not in _ELSEWHERE
    ]
    return [section for section in sections if section.rows]


def _told(key: str, value: object) -> object:
    """A value as it is; a number of bytes in a unit that people read."""
    is_size = key.endswith(("memory", "memory_size", "_storage", "storage_size"))
    if not is_size or not isinstance(value, int) or isinstance(value, bool):
        return value
    size, units = float(value), ["B", "KiB", "MiB", "GiB", "TiB"]
    while abs(size) >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.1f} {units[0]}" if units[0] != "B" else f"{value} B"


def _says(value: object) -> bool:
    return value is not None and value != ""


def _sdk(event: Event) -> list[Value]:
    sdk = event.get("sdk", {})
    rows = {"name": sdk.get("name"), "version": sdk.get("version")}
    if integrations := sdk.get("integrations"):
        rows["integrations"] = ", ".join(integrations)
    return plain({key: value for key, value in rows.items() if value})
