"""An event as Markdown, for a ticket, a chat or a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from issues.event import Event, Exception_, Frame
from issues.presentation.chain import Relation, links_of
from issues.presentation.crumbs import Crumb, crumbs_of
from issues.presentation.event import message_of, title_of
from issues.presentation.frames import function_of, place_of
from issues.presentation.raw import headline_of
from issues.presentation.stack import stack_alone
from issues.presentation.standing import Explanation, Standing, as_sent
from issues.presentation.values import text
from projects.ui import visible

# The whole is at most this long in UTF-8, so that it fits a message or a prompt.
MAX_BYTES = 8 * 1024
# What one section may take at most, in bytes; the first exception has the most to tell.
_MAIN, _CAUSE, _MESSAGE, _OTHER = 4000, 1400, 1500, 900
_CUT = "… (cut)"
_CRUMBS = 5
_LONGEST_LINE = 300
_LONGEST_VALUE = 120
_LINES_AROUND = 3
# Frames, and whether the failing one shows its surroundings and variables; the
# fullest form that fits is taken.
_FORMS = ((12, True), (12, False), (6, False), (3, False), (1, False))


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the text says of the issue around the event."""

    short_id: str
    url: str
    culprit: str
    event_count: int
    user_count: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading with a code block; `forms` go from the fullest to the shortest."""

    heading: str
    forms: tuple[str, ...]
    language: str
    limit: int


def as_markdown(
    about: About,
    event: Event,
    tags: Sequence[tuple[str, str]],
    explanation: Explanation | None = None,
) -> str:
    """Title, figures, exceptions with their failing lines, last steps and tags.

    What tells most is kept: the exception raised last, then what was said, the steps
    before, the causes, and what else there is room for.
    """
    title = visible(title_of(event).partition("\n")[0])[:_LONGEST_LINE]
    head = f"# {_inline(title)}\n\n{_facts(about, event, dict(tags))}\n"
    exceptions = list(_exceptions(event, explanation))
    said = message_of(event)
    message = _plain("## Message", said, _MESSAGE)
    crumbs = crumbs_of(event)[:-1][-_CRUMBS:]
    steps = _plain("## Before it", "\n".join(map(_crumb, crumbs)), _OTHER)
    request = _plain("## Request", _request(event), _OTHER)
    told = "\n".join(f"{key}: {value}" for key, value in tags)
    labels = _plain("## Tags", told, _OTHER)
    order = [*exceptions[:1], message, steps, *exceptions[1:], labels, request]
    left = MAX_BYTES - _size(head)
    written: dict[int, str] = {}
    for section in order:
        if found := _fitting(section, left):
            written[id(section)] = found
            left -= _size(found)
    shown = [*exceptions, message, steps, request, labels]
    return head + "".join(written.get(id(section), "") for section in shown)


def fenced(body: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    runs = re.findall(r"`{3,}", body)
    fence = "`" * max(3, *(len(run) + 1 for run in runs)) if runs else "```"
    return f"{fence}{language}\n{body}\n{fence}"


def _plain(heading: str, body: str, limit: int) -> _Section:
    return _Section(heading, (visible(body),) if body else (), "", limit)


def _fitting(section: _Section, left: int) -> str:
    """The fullest form that fits, the shortest one cut if none does."""
    room = min(section.limit, left)
    for form in section.forms:
        block = _block(section, form)
        if _size(block) <= room:
            return block
    if not section.forms or room < 200:
        return ""
    # A longer fence than that of the whole is not needed for a part of it.
    around = _size(_block(section, section.forms[-1])) - _size(section.forms[-1])
    kept = section.forms[-1].encode()[: max(0, room - around - _size(_CUT))]
    return _block(section, kept.decode(errors="ignore") + _CUT)


def _block(section: _Section, body: str) -> str:
    return f"\n{section.heading}\n\n{fenced(body, section.language)}\n"


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


def _facts(about: About, event: Event, tags: dict[str, str]) -> str:
    lines = [
        f"- Issue: {about.short_id}, {about.url}",
        f"- Where: {_fact(about.culprit)}" if about.culprit else "",
        f"- Release: {_fact(tags['release'])}" if "release" in tags else "",
        f"- Environment: {_fact(tags['environment'])}" if "environment" in tags else "",
        f"- Events: {about.event_count:,}, users: {about.user_count:,}",
        f"- First seen: {_time(about.first_seen)}, last seen: {_time(about.last_seen)}",
        f"- This event: {event['event_id']}, {_time_of(event)}, {event['platform']}",
    ]
    return "\n".join(line for line in lines if line)


def _exceptions(event: Event, explanation: Explanation | None) -> Iterator[_Section]:
    """The exception raised last first, then its causes; else the trace."""
    chain = event.get("exception", {"values": []})["values"]
    links = links_of(chain)
    language = _language(event["platform"])
    for i in reversed(range(len(chain))):
        frames = chain[i].get("stacktrace", {"frames": []})["frames"]
        standing = explanation.exceptions[i] if explanation else as_sent(frames)
        forms = [
            visible(_exception(chain[i], frames, standing.frames, *form))
            for form in _FORMS
        ]
        is_last = i == len(chain) - 1
        heading = _HEADINGS[links[i].relation]
        limit = _MAIN if is_last else _CAUSE
        yield _Section(heading, tuple(dict.fromkeys(forms)), language, limit)
    stack = None if chain else stack_alone(event)
    if stack:
        frames = stack["frames"]
        told = explanation.of_trace(stack) if explanation else as_sent(frames)
        forms = [visible(_exception({}, frames, told.frames, *form)) for form in _FORMS]
        yield _Section("## Stack trace", tuple(forms), language, _MAIN)


_HEADINGS = {
    Relation.NONE: "## Exception",
    Relation.CAUSE: "## Caused by",
    Relation.MEMBER: "## In the group",
}


def _language(platform: str) -> str:
    """What viewers of Markdown call the platform's language."""
    named = {"node": "javascript", "other": ""}.get(platform, platform)
    return named if named.isalnum() else ""


def _exception(
    exception: Exception_,
    frames: Sequence[Frame],
    standings: Sequence[Standing],
    count: int,
    is_full: bool,
) -> str:
    """The newest frames of the app, or of all where none is the app's."""
    known = list(zip(frames, standings, strict=True))
    own = [frame for frame, standing in known if standing.is_in_app] or list(frames)
    shown = own[::-1][:count]
    headline = headline_of(exception)[: _MESSAGE if is_full else 500]
    lines = [headline] if headline else []
    for i, frame in enumerate(shown):
        lines += _frame(frame, is_full=is_full and i == 0)
    if hidden := len(frames) - len(shown):
        lines.append(f"({hidden} more frames)")
    return "\n".join(lines)


def _frame(frame: Frame, *, is_full: bool) -> Iterator[str]:
    yield f"  {place_of(frame)} in {function_of(frame)}"[:_LONGEST_LINE]
    source = frame.get("context_line", "")
    if not is_full:
        if source.strip():
            yield f"    > {source.strip()[:_LONGEST_LINE]}"
        return
    before = frame.get("pre_context", [])[-_LINES_AROUND:]
    after = frame.get("post_context", [])[:_LINES_AROUND]
    if source:
        yield from (f"      {line[:_LONGEST_LINE]}" for line in before)
        yield f"    > {source[:_LONGEST_LINE]}"
        yield from (f"      {line[:_LONGEST_LINE]}" for line in after)
    variables = list(frame.get("vars", {}).items())[:12]
    yield from (f"    {name} = {text(v)[:_LONGEST_VALUE]}" for name, v in variables)


def _crumb(crumb: Crumb) -> str:
    at = crumb.at.strftime("%H:%M:%S ") if crumb.at else ""
    return f"{at}{crumb.category}: {crumb.message or crumb.data}"[:_LONGEST_LINE]


def _request(event: Event) -> str:
    request = event.get("request", {})
    if not request.get("url"):
        return ""
    return f"{request.get('method', 'GET')} {request['url']}"


def _fact(value: str) -> str:
    return _inline(visible(value)[:200])


def _inline(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", one_line)


def _time_of(event: Event) -> str:
    try:
        return _time(datetime.fromtimestamp(event["timestamp"], UTC))
    except (OverflowError, OSError, ValueError):
        return ""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
