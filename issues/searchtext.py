"""The words of an event's frames and exceptions, by which its issue is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from issues.event import Event, Frame
from issues.payloads import Dictionary, Packed, unpack_new

# Of each text; deep stacks repeat themselves, and PostgreSQL bounds a document.
MAX_CHARS = 8_000
_NAME_CHARS = 200


class SearchText(NamedTuple):
    """Names of functions, modules and files, and what the exceptions say."""

    functions: str
    modules: str
    filenames: str
    chain: str


NO_TEXT = SearchText("", "", "", "")


def search_text(packed: Packed, dictionary: Dictionary) -> SearchText:
    """The words of an event in its stored form: each name once, those next to the
    crash first. Costs the opening of a payload, some 0.1 ms, once an issue."""
    event = unpack_new(packed, dictionary)
    frames = list(_frames(event))
    exceptions = event["exception"]["values"][::-1] if "exception" in event else []
    said = (one.get(key, "") for one in exceptions for key in ("type", "value"))
    return SearchText(
        functions=_joined(frame.get("function", "") for frame in frames),
        modules=_joined(
            frame.get(key, "")  # type: ignore[misc]  # Both are texts.
            for frame in frames
            for key in ("module", "package")
        ),
        filenames=_joined(frame.get("filename", "") for frame in frames),
        chain=_joined((str(text) for text in said), 1_000),
    )


def _frames(event: Event) -> Iterable[Frame]:
    """Of the last exception first, and from the crash outwards."""
    holders: list[Any] = []
    if "exception" in event:
        holders += event["exception"]["values"][::-1]
    holders.append(event)
    if "threads" in event:
        holders += event["threads"]["values"]
    for holder in holders:
        if "stacktrace" in holder:
            yield from holder["stacktrace"]["frames"][::-1]


def _joined(texts: Iterable[str], limit: int = _NAME_CHARS) -> str:
    """Each text once, as far as there is room."""
    once = dict.fromkeys(text[:limit] for text in texts if text)
    return "\n".join(once)[:MAX_CHARS].replace("\0", "")
