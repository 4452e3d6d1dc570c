"""The trail of breadcrumbs before an event, all of it or those of one kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from issues.event import Breadcrumb, Event
from issues.presentation.allowance import Allowance
from issues.presentation.raw import headline_of
from issues.presentation.values import text

_SHOWN = 10
# So many kinds are offered to choose from.
_KINDS = 8
_LEVELS = ("fatal", "error", "warning", "info", "debug")
# A longer line has its end in the event's JSON only; a short one once the page is full.
_LONGEST = 2000
_SHORT = 120
_ICONS = {
    "http": "http",
    "fetch": "http",
    "xhr": "http",
    "navigation": "link",
    "query": "db",
    "ui": "user",
    "user": "user",
    "info": "flag",
    "debug": "code",
    "error": "flag",
}
_CATEGORY_ICONS = {
    "query": "db",
    "db": "db",
    "redis": "db",
    "console": "term",
    "subprocess": "term",
    "auth": "user",
    "navigation": "link",
    "fetch": "http",
    "xhr": "http",
    "http": "http",
    "httplib": "http",
    "exception": "flag",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    icon: str
    category: str
    message: str
    data: str
    level: str
    at: datetime | None

    @property
    def is_error(self) -> bool:
        return self.level in {"error", "fatal"}

    @property
    def kind(self) -> str:
        """What it is filtered by: "http" of "http.client"."""
        return self.category.split(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrumbChoice:
    """One way to filter a trail; `key` is how an address says it."""

    key: str
    name: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The newest breadcrumbs, those before them, and what can be chosen."""

    crumbs: list[Crumb]
    earlier: list[Crumb]
    levels: list[CrumbChoice]
    kinds: list[CrumbChoice]

    @property
    def chosen(self) -> str:
        """The name of the choice; empty where all are shown."""
        choices = (*self.levels, *self.kinds)
        return next((choice.name for choice in choices if choice.is_chosen), "")

    @property
    def can_choose(self) -> bool:
        return len(self.levels) > 1 or len(self.kinds) > 1


def trail_of(event: Event, chosen: str, allowance: Allowance) -> Trail:
    """The breadcrumbs of a choice ("level:error", "type:http") and the event itself."""
    *crumbs, last = crumbs_of(event)
    by_level = Counter(crumb.level for crumb in crumbs if crumb.level)
    by_kind = Counter(crumb.kind for crumb in crumbs if crumb.kind)
    levels = [level for level in _LEVELS if level in by_level]
    kinds = [kind for kind, _ in by_kind.most_common(_KINDS)]
    dimension, _, value = chosen.partition(":")
    if (dimension == "level" and value in levels) or (
        dimension == "type" and value in kinds
    ):
        name = "level" if dimension == "level" else "kind"
        crumbs = [crumb for crumb in crumbs if getattr(crumb, name) == value]
    crumbs = [*_within(crumbs, allowance), last]
    return Trail(
        crumbs=crumbs[-_SHOWN:],
        earlier=crumbs[:-_SHOWN],
        levels=[_choice("level", level, by_level[level], chosen) for level in levels],
        kinds=[_choice("type", kind, by_kind[kind], chosen) for kind in kinds],
    )


def _within(crumbs: list[Crumb], allowance: Allowance) -> list[Crumb]:
    """The crumbs, those before the allowance's end cut short; the newest come first."""
    shown = []
    for crumb in reversed(crumbs):
        if allowance.is_used_up:
            message, data = _cut(crumb.message, _SHORT), _cut(crumb.data, _SHORT)
            crumb = replace(crumb, message=message, data=data)
        allowance.spend(crumb.category, crumb.message, crumb.data)
        shown.append(crumb)
    return shown[::-1]


def _choice(dimension: str, name: str, count: int, chosen: str) -> CrumbChoice:
    key = f"{dimension}:{name}"
    return CrumbChoice(key=key, name=name, count=count, is_chosen=key == chosen)


def crumbs_of(event: Event) -> list[Crumb]:
    """All of them, oldest first; the event itself ends its own trail."""
    sent = event.get("breadcrumbs", {"values": []})["values"]
    return [*map(_crumb, sent), _last_crumb(event)]


def instant(seconds: float) -> datetime | None:
    """The moment of a float; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _crumb(crumb: Breadcrumb) -> Crumb:
    category = crumb.get("category", "")
    kind = crumb.get("type", "")
    data = crumb.get("data", {})
    message = crumb.get("message", "") or _http_line(data) or ""
    named = _CATEGORY_ICONS.get(category.split(".")[0])
    at = crumb.get("timestamp")
    return Crumb(
        icon=named or _ICONS.get(kind, "info"),
        category=category or kind,
        message=_cut(message),
        data=_cut(_data_line(data, message)),
        level=crumb.get("level", ""),
        at=None if at is None else instant(at),
    )


def _cut(line: str, most: int = _LONGEST) -> str:
    return line if len(line) <= most else f"{line[:most]}…"


def _http_line(data: dict[str, Any]) -> str:
    """A request in one line: "GET https://… → 404"."""
    if "url" not in data:
        return " → ".join(text(data[k]) for k in ("from", "to") if k in data)
    status = data.get("status_code", data.get("http.response.status_code"))
    method = data.get("method", data.get("http.method", "GET"))
    line = f"{text(method)} {text(data['url'])}"
    return f"{line} → {text(status)}" if status is not None else line


def _data_line(data: dict[str, Any], message: str) -> str:
    """What the message doesn't say already."""
    rest = {key: value for key, value in data.items() if text(value) not in message}
    return ", ".join(f"{key}: {text(value)}" for key, value in rest.items())


def _last_crumb(event: Event) -> Crumb:
    chain = event.get("exception", {"values": []})["values"]
    log = event.get("logentry")
    title = headline_of(chain[-1]) if chain else log["formatted"] if log else ""
    return Crumb(
        icon="flag",
        category="exception" if chain else "message",
        message=_cut(title.partition("\n")[0]),
        data="",
        level=event["level"] if event["level"] != "debug" else "",
        at=instant(event["timestamp"]),
    )
