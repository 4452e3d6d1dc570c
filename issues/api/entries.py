"""The entries of an event: its parts in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypedDict, cast

from issues.api.frames import exception_json, stacktrace_json, thread_json
from issues.event import Breadcrumb, Event


class EntryShape(TypedDict):
    # exception, stacktrace, threads, template, message, csp, breadcrumbs, request
    type: str
    data: dict[str, Any]


def entries_json(event: Event) -> list[EntryShape]:
    """One entry for each part that the event has."""
    entries: list[EntryShape] = []
    for name, write in _WRITERS:
        data = write(event)
        if data is not None:
            entries.append({"type": name, "data": data})
    return entries


def instant(timestamp: float | None) -> datetime | None:
    """Seconds since 1970 as an instant; None for what no calendar holds."""
    if timestamp is None:
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _as_dict(shape: object) -> dict[str, Any] | None:
    """What a TypedDict is, although mypy tells the two apart."""
    return cast(dict[str, Any] | None, shape)


def _exception(event: Event) -> dict[str, Any] | None:
    if "exception" not in event:
        return None
    values = [exception_json(one) for one in event["exception"]["values"]]
    traces = [one["stacktrace"] for one in values if one["stacktrace"]]
    return {
        "values": values,
        "hasSystemFrames": any(trace["hasSystemFrames"] for trace in traces),
        "excOmitted": None,
    }


def _stacktrace(event: Event) -> dict[str, Any] | None:
    return _as_dict(stacktrace_json(event.get("stacktrace")))


def _threads(event: Event) -> dict[str, Any] | None:
    if "threads" not in event:
        return None
    return {"values": [thread_json(one) for one in event["threads"]["values"]]}


def _template(event: Event) -> dict[str, Any] | None:
    template = event.get("template")
    if template is None:
        return None
    before = template.get("pre_context", [])
    lines = [
        *before,
        template.get("context_line", ""),
        *template.get("post_context", []),
    ]
    first = template.get("lineno", 0) - len(before)
    return {
        "filename": template.get("filename"),
        "absPath": template.get("abs_path"),
        "lineNo": template.get("lineno"),
        "context": [[number, text] for number, text in enumerate(lines, first)],
    }


def _message(event: Event) -> dict[str, Any] | None:
    entry = event.get("logentry")
    if entry is None:
        return None
    return {
        "formatted": entry["formatted"],
        "message": entry.get("message"),
        "params": entry.get("params"),
    }


def _csp(event: Event) -> dict[str, Any] | None:
    return _as_dict(event.get("csp"))


def _breadcrumbs(event: Event) -> dict[str, Any] | None:
    if "breadcrumbs" not in event:
        return None
    return {"values": [_breadcrumb(one) for one in event["breadcrumbs"]["values"]]}


def _breadcrumb(crumb: Breadcrumb) -> dict[str, Any]:
    return {
        "timestamp": instant(crumb.get("timestamp")),
        "type": crumb.get("type", "default"),
        "category": crumb.get("category"),
        "level": crumb.get("level", "info"),
        "message": crumb.get("message"),
        "data": crumb.get("data"),
        "event_id": crumb.get("event_id"),
    }


def _request(event: Event) -> dict[str, Any] | None:
    request = event.get("request")
    if request is None:
        return None
    return {
        "url": request.get("url"),
        "method": request.get("method"),
        "query": request.get("query_string", []),
        "fragment": request.get("fragment"),
        "data": request.get("data"),
        "headers": request.get("headers", []),
        "cookies": request.get("cookies", []),
        "env": request.get("env"),
        "apiTarget": request.get("api_target"),
        "inferredContentType": request.get("inferred_content_type"),
    }


_WRITERS: tuple[tuple[str, Callable[[Event], dict[str, Any] | None]], ...] = (
    ("exception", _exception),
    ("stacktrace", _stacktrace),
    ("threads", _threads),
    ("template", _template),
    ("message", _message),
    ("csp", _csp),
    ("breadcrumbs", _breadcrumbs),
    ("request", _request),
)
