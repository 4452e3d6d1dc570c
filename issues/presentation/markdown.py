"""An event as Markdown, for a ticket, a chat or a coding agent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from issues.event import Event, Exception_, Frame
from issues.presentation.event import Crumb, EventView, title_of, view_of
from issues.presentation.frames import function_of, is_in_app, place_of
from issues.presentation.raw import headline_of
from projects.ui import visible

# The whole stays below this, so that it fits a message or a prompt.
MAX_CHARACTERS = 16_000
_FRAMES = 12
_CRUMBS = 5
_LONGEST_LINE = 400


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


def as_markdown(about: About, event: Event, tags: Sequence[tuple[str, str]]) -> str:
    """Title, figures, exceptions with their failing lines, last steps and tags."""
    view = view_of(event)
    parts = [
        f"# {_inline(title_of(event).partition(chr(10))[0])}",
        _facts(about, event, dict(tags)),
        *_message(view),
        *_exceptions(event),
        *_crumbs(view.crumbs[:-1]),
        *_tags(tags),
    ]
    whole = visible("\n\n".join(part for part in parts if part)) + "\n"
    return whole if len(whole) <= MAX_CHARACTERS else _cut(whole)


def fenced(body: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    runs = re.findall(r"`{3,}", body)
    fence = "`" * max(3, *(len(run) + 1 for run in runs)) if runs else "```"
    return f"{fence}{language}\n{body}\n{fence}"


def _facts(about: About, event: Event, tags: dict[str, str]) -> str:
    lines = [
        f"- Issue: {about.short_id}, {about.url}",
        f"- Where: {_inline(about.culprit)}" if about.culprit else "",
        f"- Release: {_inline(tags['release'])}" if "release" in tags else "",
        f"- Environment: {_inline(tags['environment'])}"
        if "environment" in tags
        else "",
        f"- Events: {about.event_count:,}, users: {about.user_count:,}",
        f"- First seen: {_time(about.first_seen)}, last seen: {_time(about.last_seen)}",
        f"- This event: {event['event_id']}",
    ]
    return "\n".join(line for line in lines if line)


def _message(view: EventView) -> Iterable[str]:
    if view.message:
        yield fenced(view.message[:2000])


def _exceptions(event: Event) -> Iterable[str]:
    """The exception raised last first, then its causes."""
    chain = event.get("exception", {"values": []})["values"]
    for i, exception in enumerate(reversed(chain)):
        yield "## Exception" if i == 0 else "## Caused by"
        yield fenced(_exception(exception), _language(event["platform"]))


def _language(platform: str) -> str:
    """What viewers of Markdown call the platform's language."""
    return {"node": "javascript", "other": ""}.get(platform, platform)


def _exception(exception: Exception_) -> str:
    frames = exception.get("stacktrace", {"frames": []})["frames"]
    ours = [frame for frame in frames if is_in_app(frame)] or frames
    shown = list(reversed(ours))[:_FRAMES]
    lines = [headline_of(exception)[:2000], *(_frame(frame) for frame in shown)]
    if hidden := len(frames) - len(shown):
        lines.append(f"({hidden} more frames)")
    return "\n".join(lines)


def _frame(frame: Frame) -> str:
    line = f"  {place_of(frame)} in {function_of(frame)}"
    source = frame.get("context_line", "").strip()[:_LONGEST_LINE]
    return f"{line}\n    > {source}" if source else line


def _crumbs(crumbs: Sequence[Crumb]) -> Iterable[str]:
    if crumbs:
        yield "## Before it"
        yield fenced("\n".join(_crumb(crumb) for crumb in crumbs[-_CRUMBS:]))


def _crumb(crumb: Crumb) -> str:
    at = crumb.at.strftime("%H:%M:%S ") if crumb.at else ""
    return f"{at}{crumb.category}: {crumb.message or crumb.data}"[:_LONGEST_LINE]


def _tags(tags: Sequence[tuple[str, str]]) -> Iterable[str]:
    if tags:
        yield "## Tags"
        yield fenced("\n".join(f"{key}: {value}" for key, value in tags))


def _inline(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", one_line)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _cut(whole: str) -> str:
    """The beginning, with an open code block closed."""
    kept = whole[: MAX_CHARACTERS - 40].rpartition("\n")[0]
    fences = re.findall(r"^`{3,}", kept, re.MULTILINE)
    closing = f"\n{fences[-1]}" if len(fences) % 2 else ""
    return f"{kept}{closing}\n\n(cut)\n"
