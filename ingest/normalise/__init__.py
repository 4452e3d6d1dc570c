"""Turns the payload of an SDK, whatever its age and form, into a normalised event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from ingest.normalise import attributes, security, web
from ingest.normalise.breadcrumbs import breadcrumbs
from ingest.normalise.exceptions import adopt_stacktrace, exceptions, threads
from ingest.normalise.fields import (
    EXTRA,
    META,
    SMALL,
    Notes,
    bag,
    integer,
    listed,
    noted,
    text,
    trimmed,
)
from ingest.normalise.message import logentry
from ingest.normalise.stacks import source_context, stacktrace
from ingest.normalise.times import corrected
from ingest.wellformed import WellFormed
from issues.event import Event

__all__ = ["NotAnEvent", "normalise"]


class NotAnEvent(ValueError):
    """The payload is JSON, but no object."""


@dataclass(slots=True)
class Draft:
    """An event while it is read, with what its parts must know of each other."""

    event: dict[str, Any]
    payload: dict[str, Any]
    notes: Notes
    shift_s: float
    client: str


Reader = Callable[[Draft, Any], None]
"""Reads one field of the payload, never null, into the draft's event."""


def normalise(
    payload: object,
    *,
    received_at: datetime,
    sent_at: datetime | None,
    event_id: str,
    client: str,
    remote_ip: str,
    user_agent: str,
) -> Event:
    """The event out of a decoded payload, which is taken apart and reused.

    No field is fatal: what is of a wrong form is set aside with an entry in
    ``errors``, what is too long is cut with an entry in ``_meta``. ``event_id`` is
    the id that was answered and wins over the payload's. ``sent_at`` is the
    sender's clock, ``client`` its name as in ``sentry.python/2.75.0``. Texts must
    hold neither NUL nor lone surrogates (``ingest.eventjson`` sees to it).
    Raises NotAnEvent.
    """
    if not isinstance(payload, dict):
        raise NotAnEvent(f"an event is a JSON object, not {type(payload).__name__}")
    notes = Notes()
    received = received_at.timestamp()
    happened, shift_s = corrected(
        payload.get("timestamp"), received=received, sent_at=sent_at, notes=notes
    )
    event: dict[str, Any] = {
        "event_id": event_id,
        "timestamp": happened,
        "received": received,
        "level": attributes.level(payload.get("level"), notes),
        "platform": attributes.platform(payload.get("platform"), notes),
        "type": "default",
    }
    draft = Draft(event, payload, notes, shift_s, client)
    for key, value in payload.items():
        if value is None:
            continue
        read = _READERS.get(key) or _legacy_reader(key, payload)
        if read is not None:
            read(draft, value)
        elif key not in _UNUSED:
            notes.wrong(key[:200], value, "unknown_attribute")
    _complete(draft, remote_ip, user_agent)
    return cast("Event", event)


def _legacy_reader(key: str, payload: dict[str, Any]) -> Reader | None:
    """The reader of ``sentry.interfaces.User`` and its like, if it has no new form."""
    name = _INTERFACES.get(key.removeprefix("sentry.interfaces."))
    if name is None or (payload.get(name) is not None and name != "message"):
        return None
    return _READERS[name]


def _complete(draft: Draft, remote_ip: str, user_agent: str) -> None:
    """What can only be told once every field is read."""
    event, payload, notes = draft.event, draft.payload, draft.notes
    if "sdk" not in event:
        client = draft.client or attributes.client_of(user_agent)
        if client:
            event["sdk"] = attributes.sdk(None, client, notes)
    if "transaction" in event:
        event.pop("culprit", None)
    if "stacktrace" in event and "exception" in event:
        adopt_stacktrace(event)
    event["type"] = _type(event, payload.get("type"), notes)
    if "csp" in event or "security" in event:
        security.describe(event, user_agent)
    person = event.get("user", {})
    web.add_address(person, event, remote_ip)
    if person:
        event["user"] = person
    if notes.errors:
        event["errors"] = event.get("errors", []) + notes.errors
    if notes.meta:
        event["_meta"] = _joined(event.get("_meta", {}), notes.meta)


def _joined(sent: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """The SDK's notes on what it cut and ours, which are no deeper than paths are."""
    joined = dict(sent)
    for name, node in ours.items():
        other = joined.get(name)
        joined[name] = _joined(other, node) if isinstance(other, dict) else node
    return joined


def _type(event: dict[str, Any], sent: object, notes: Notes) -> str:
    if "csp" in event:
        return "csp"
    if "security" in event:
        return str(event["security"]["type"])
    if "exception" in event:
        return "error"
    if isinstance(sent, str) and sent in attributes.EVENT_TYPES:
        return sent if sent != "error" else "default"
    if sent not in (None, "", "event"):
        notes.wrong("type", sent)
    return "default"


def _attribute(name: str, read: Callable[[object, Notes], object]) -> Reader:
    """A reader that keeps what ``read`` makes of the field."""

    def store(draft: Draft, value: Any) -> None:
        found = read(value, draft.notes)
        if found is not None:
            draft.event[name] = found

    return store


def _limited(name: str, limit: int) -> Reader:
    return _attribute(name, lambda value, notes: text(value, limit, notes, name))


def _free(name: str) -> Reader:
    return _attribute(name, lambda value, notes: bag(value, EXTRA, notes, name))


def _message(draft: Draft, _: Any) -> None:
    """Message and interface together, at whichever of them comes first."""
    if "logentry" in draft.event:
        return
    get = draft.payload.get
    interface = get("logentry")
    if interface is None:
        interface = get("sentry.interfaces.Message")
    entry = logentry(interface, get("message"), draft.notes)
    if entry is not None:
        draft.event["logentry"] = entry


def _exception(draft: Draft, value: Any) -> None:
    values = exceptions(value, draft.event["platform"], draft.notes)
    if values:
        draft.event["exception"] = {"values": values}


def _stacktrace(draft: Draft, value: Any) -> None:
    trace = stacktrace(value, draft.event["platform"], draft.notes, "stacktrace")
    if trace is not None:
        draft.event["stacktrace"] = trace


def _threads(draft: Draft, value: Any) -> None:
    values = threads(value, draft.event["platform"], draft.notes)
    if values:
        draft.event["threads"] = {"values": values}


def _breadcrumbs(draft: Draft, value: Any) -> None:
    values = breadcrumbs(
        value,
        draft.shift_s,
        draft.notes,
        are_well_formed=isinstance(draft.payload, WellFormed),
    )
    if values:
        draft.event["breadcrumbs"] = {"values": values}


def _template(value: object, notes: Notes) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        notes.wrong("template", value)
        return None
    found: dict[str, Any] = {
        name: text(value.get(name), 256, notes, f"template.{name}")
        for name in ("filename", "abs_path")
    }
    found["lineno"] = integer(value.get("lineno"), notes, "template.lineno")
    found |= source_context(value, notes, "template")
    return {name: item for name, item in found.items() if item is not None} or None


def _user(draft: Draft, value: Any) -> None:
    draft.event["user"] = web.user(value, draft.notes)


def _contexts(draft: Draft, value: Any) -> None:
    found = bag(value, EXTRA, draft.notes, "contexts")
    if found is None:
        return
    kept = {}
    for name, context in found.items():
        if type(context) is dict:
            if context:
                if "type" not in context:
                    context["type"] = name
                kept[name] = context
        elif context is not None:
            draft.notes.wrong(f"contexts.{name}", context)
    if kept:
        draft.event["contexts"] = kept


def _tags(draft: Draft, value: Any) -> None:
    found, environment = attributes.tags(value, draft.notes)
    if found:
        draft.event["tags"] = found
    if environment and not draft.payload.get("environment"):
        _environment(draft, environment)


def _extra(draft: Draft, value: Any) -> None:
    found = bag(value, EXTRA, draft.notes, "extra")
    if found:
        draft.event["extra"] = {**draft.event.get("extra", {}), **found}


def _query(draft: Draft, value: Any) -> None:
    """The SQL query of a raven client: extra data today."""
    _extra(draft, {"query": value})


def _sdk(draft: Draft, value: Any) -> None:
    found = attributes.sdk(value, draft.client, draft.notes)
    if found:
        draft.event["sdk"] = found


def _debug_meta(value: object, notes: Notes) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        notes.wrong("debug_meta", value)
        return None
    images = listed(value.get("images") or [], notes, "debug_meta.images")
    kept: dict[str, Any] = {}
    if images:
        kept["images"] = [trimmed(image, SMALL) for image in images[:5000]]
    if isinstance(value.get("sdk_info"), dict):
        kept["sdk_info"] = trimmed(value["sdk_info"], SMALL)
    return kept or None


def _errors(value: object, notes: Notes) -> list[Any] | None:
    """What the SDK noted itself."""
    if not isinstance(value, list):
        return None
    kept = [trimmed(item, SMALL) for item in value[:100] if isinstance(item, dict)]
    for note in kept:
        if isinstance(note.get("name"), str) and "value" in note:
            note["value"] = noted(note["name"], note["value"])
    return kept


def _security(kind: str) -> Reader:
    def store(draft: Draft, value: Any) -> None:
        report = security.other_report(value, kind, draft.notes)
        if report is not None:
            draft.event["security"] = {"type": kind, "report": report}

    return store


_csp = _attribute("csp", security.csp)
_request = _attribute("request", web.request)
_environment = _attribute("environment", attributes.environment)

_READERS: dict[str, Reader] = {
    "logger": _attribute("logger", attributes.logger),
    "transaction": _limited("transaction", 200),
    "culprit": _limited("culprit", 200),
    "transaction_info": _free("transaction_info"),
    "release": _attribute("release", attributes.release),
    "dist": _attribute("dist", attributes.dist),
    "environment": _environment,
    "server_name": _limited("server_name", 256),
    "site": _limited("site", 256),
    "fingerprint": _attribute("fingerprint", attributes.fingerprint),
    "checksum": _limited("checksum", 128),
    "message": _message,
    "logentry": _message,
    "exception": _exception,
    "stacktrace": _stacktrace,
    "threads": _threads,
    "template": _attribute("template", _template),
    "breadcrumbs": _breadcrumbs,
    "user": _user,
    "request": _request,
    "contexts": _contexts,
    "tags": _tags,
    "extra": _extra,
    "modules": _attribute("modules", attributes.modules),
    "sdk": _sdk,
    "debug_meta": _attribute("debug_meta", _debug_meta),
    "errors": _attribute("errors", _errors),
    "_meta": _attribute("_meta", lambda v, notes: bag(v, META, notes, "_meta")),
    "csp": _csp,
    "csp-report": _csp,
    "query": _query,
    **{kind: _security(kind) for kind in security.KINDS},
}
_INTERFACES = {
    "Message": "message",
    "Query": "query",
    "Exception": "exception",
    "Stacktrace": "stacktrace",
    "Threads": "threads",
    "Template": "template",
    "Breadcrumbs": "breadcrumbs",
    "User": "user",
    "Http": "request",
    "Contexts": "contexts",
    "Sdk": "sdk",
    "DebugMeta": "debug_meta",
    "Csp": "csp",
}
# Read elsewhere, overwritten by the server, or of transactions only.
_UNUSED = frozenset(
    {"event_id", "timestamp", "received", "level", "platform", "type", "project"}
    | {"project_id", "key_id", "version", "time_spent", "repos", "start_timestamp"}
    | {"spans", "measurements", "breakdowns", "trimHeadFrames", "_metrics"}
    | {"_metrics_summary", "sdkProcessingMetadata", "ingest_path", "user_report"}
)
