"""What the issue pages say about an issue: its headline, badge and totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Protocol
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from issues.event import ProcessingError
from issues.listing import count_issues
from issues.markup import shown
from issues.models import Attachment, Status, Substatus
from issues.search import UNRESOLVED
from projects.ui import bars, compact

register = template.Library()

_NEW_FOR = timedelta(hours=24)
_KINDS = {
    "error": gettext_lazy("Error"),
    "csp": gettext_lazy("Policy violation"),
    "default": gettext_lazy("Message"),
}
# What became of a field that could not be taken as it was sent. SDKs have notes of
# their own, which stand as they are.
_PROBLEMS = {
    "invalid_data": gettext_lazy("was not of the expected form and is left out"),
    "missing_attribute": gettext_lazy("lacks what it needs and is left out"),
    "unknown_attribute": gettext_lazy("is no field of an event and is left out"),
    "future_timestamp": gettext_lazy(
        "lay in the future: the time of receipt stands instead"
    ),
    "past_timestamp": gettext_lazy(
        "lay more than 30 days back: the time of receipt stands instead"
    ),
}


class _Issue(Protocol):
    """What a list's row and the issue's page both know."""

    @property
    def kind(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def value(self) -> str: ...


class _Counted(Protocol):
    """What a page of a list and a place in it both know."""

    @property
    def total(self) -> int: ...
    @property
    def total_is_capped(self) -> bool: ...


class _State(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def substatus(self) -> int: ...
    @property
    def first_seen(self) -> datetime: ...


@register.filter
def headline(issue: _Issue) -> str:
    """The bold word of an issue: an exception's type, or what else it is."""
    return issue.type or str(_KINDS.get(issue.kind, _KINDS["default"]))


@register.filter
def first_line(issue: _Issue) -> str:
    """The message as one line; the row cuts what does not fit."""
    return issue.value.strip().partition("\n")[0][:300]


@register.filter
def problem(note: ProcessingError) -> str:
    """In words what was wrong with a field of an event."""
    return str(_PROBLEMS.get(str(note.get("type")), note.get("type", "")))


@register.simple_tag
def badge(state: _State) -> SafeString | str:
    """Why the issue deserves a look: it is new, or back; or that it is settled."""
    if state.status == Status.RESOLVED:
        return _badge("b-ok", gettext("Resolved"))
    if state.status == Status.IGNORED:
        return _badge("", gettext("Ignored"))
    if state.substatus == Substatus.REGRESSED:
        return _badge("b-reg", gettext("Regressed"))
    if state.substatus == Substatus.ESCALATING:
        return _badge("b-reg", gettext("Escalating"))
    if timezone.now() - state.first_seen < _NEW_FOR:
        return _badge("b-new", gettext("New"))
    return ""


def _badge(style: str, text: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', style, text)


@register.filter
def total(page: _Counted) -> str:
    """How many match: exact as far as was counted, then "10k+" or "1k+"."""
    return f"{compact(page.total)}+" if page.total_is_capped else f"{page.total:,}"


@register.simple_tag(takes_context=True)
def unresolved_count(context: Context) -> int:
    """The unresolved issues of the page's project, counted once a page."""
    if "unresolved_count" in context:
        return int(context["unresolved_count"])
    return count_issues([context["project"]], UNRESOLVED, None)


@register.simple_tag(takes_context=True)
def with_param(context: Context, name: str, value: str) -> str:
    """This page's address with another parameter; a new graph keeps the place."""
    request: HttpRequest = context["request"]
    return "?" + urlencode({**dict(request.GET.lists()), name: [value]}, doseq=True)


@register.simple_tag
def version_options(versions: Iterable[str]) -> SafeString:
    """The entries of a `<select>` of releases."""
    options = [f'<option value="{escape(v)}">{shown(v)}</option>' for v in versions]
    return SafeString("".join(options))


@register.simple_tag
def plot(counts: Sequence[int], top: int) -> SafeString:
    """The chart's bars, which fill the box that they stand in."""
    label = gettext("%(peak)s at most, %(total)s in all") % {
        "peak": compact(max(counts, default=0)),
        "total": compact(sum(counts)),
    }
    return format_html(
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" '
        'aria-label="{}" data-counts="{}"><path d="{}"/></svg>',
        label,
        ",".join(map(str, counts)),
        bars(counts, top=top, width=1000, height=100, gap=6),
    )


@register.simple_tag
def half(top: int) -> str:
    """The label in the middle of an axis that ends at `top`."""
    return compact(top // 2) if top % 2 == 0 else f"{top / 2:g}"


@register.simple_tag
def clock(instant: datetime) -> SafeString:
    """The time of day to the millisecond, as a trail of breadcrumbs needs it."""
    local = timezone.localtime(instant)
    return SafeString(
        f'<time datetime="{instant:%Y-%m-%dT%H:%M:%SZ}" '
        f'title="{local:%Y-%m-%d %H:%M:%S %Z}">'
        f"{local:%H:%M:%S}.{local.microsecond // 1000:03}</time>"
    )


@register.filter
def trend(percent: int) -> str:
    """A change without its sign, which an arrow shows."""
    return f"{abs(percent)}%"


_CONTEXTS = {
    "app": gettext_lazy("App"),
    "browser": gettext_lazy("Browser"),
    "device": gettext_lazy("Device"),
    "gpu": gettext_lazy("Graphics"),
    "os": gettext_lazy("Operating system"),
    "response": gettext_lazy("Response"),
    "runtime": gettext_lazy("Runtime"),
    "state": gettext_lazy("State"),
    "trace": gettext_lazy("Trace"),
}


@register.filter
def context_title(key: str) -> str:
    """The name of a context that people know, else the key as it was sent."""
    return str(_CONTEXTS.get(key, key))


_FILE_KINDS = {
    "event.minidump": gettext_lazy("Minidump"),
    "event.applecrashreport": gettext_lazy("Crash report"),
    "event.view_hierarchy": gettext_lazy("View hierarchy"),
    "unreal.context": gettext_lazy("Crash context"),
    "unreal.logs": gettext_lazy("Log"),
}


@register.filter
def file_kind(file: Attachment) -> str:
    """What kind of file it is, else the type that the sender gave."""
    return str(_FILE_KINDS.get(file.kind, file.content_type))
