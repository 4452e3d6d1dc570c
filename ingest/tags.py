"""The tags of an event: those sent, and those that follow from its fields."""

from __future__ import annotations

from typing import Any

from ingest.browsers import client_of
from issues.event import Event

VALUE_CHARS = 200

_FIELDS = ("level", "logger", "server_name", "site", "environment", "release", "dist")
_IDENTITIES = (
    ("id", "id"),
    ("email", "email"),
    ("username", "username"),
    ("ip", "ip_address"),
)
_BROWSER_PLATFORMS = frozenset({"javascript"})

Tags = dict[str, str]


def tags_of(event: Event) -> list[tuple[str, str]]:
    """Each tag once, as (key, value) with at most 200 characters in a value.

    Tags of the SDK win over derived ones. There is none for the user: users are
    counted on their own (``user_identity``).
    """
    tags: Tags = {}
    for key, value in event.get("tags", ()):
        tags.setdefault(key, value)
    fields: dict[str, Any] = event  # type: ignore[assignment]  # Read by name.
    for name in (*_FIELDS, "transaction"):
        found = fields.get(name)
        if found:
            tags.setdefault(name, found)
    if "exception" in event:
        _add_mechanism(tags, event)
    contexts = event.get("contexts")
    if contexts:
        _add_contexts(tags, contexts)
    request = event.get("request")
    if request:
        _add_request(tags, request, event["platform"])
    return [(key, _cut(value)) for key, value in tags.items()]


def user_identity(event: Event) -> str | None:
    """The user as ``id:…``, ``email:…``, ``username:…`` or ``ip:…``, else None."""
    user: dict[str, Any] = event.get("user", {})  # type: ignore[assignment]  # By name.
    for name, field in _IDENTITIES:
        value = user.get(field)
        if value:
            return f"{name}:{value}"
    return None


def _cut(value: str) -> str:
    if "\n" in value:
        value = " ".join(value.split())
    return value if len(value) <= VALUE_CHARS else value[: VALUE_CHARS - 3] + "..."


def _add_request(tags: Tags, request: Any, platform: str) -> None:
    url = request.get("url")
    if url:
        tags.setdefault("url", url)
    for name, value in request.get("headers", ()):
        if name == "User-Agent" or name.lower() == "user-agent":
            if value:
                _add_client(tags, value, platform)
            return


def _add_client(tags: Tags, user_agent: str, platform: str) -> None:
    """Browser, system and device of whom the header tells.

    On a server the system is that of the server, so the header's is left out.
    """
    client = client_of(user_agent)
    _add(tags, "browser", client.browser)
    _add(tags, "browser.name", client.browser_name)
    if platform in _BROWSER_PLATFORMS:
        _add(tags, "os", client.os)
        _add(tags, "os.name", client.os_name)
        _add(tags, "device", client.device)
        _add(tags, "device.family", client.device_family)


def _add_mechanism(tags: Tags, event: Event) -> None:
    """How the exception was caught, and whether the app did so.

    The newest of the chain tells; but where another went past the app, the event
    did: @sentry/node 7 marks the cause of an uncaught exception instead of itself.
    """
    values = event["exception"]["values"]
    mechanism = values[-1].get("mechanism")
    if len(values) > 1:
        chain = [value["mechanism"] for value in values if "mechanism" in value]
        uncaught = [one for one in chain[::-1] if one.get("handled") is False]
        mechanism = uncaught[0] if uncaught else mechanism
    if mechanism is None:
        return
    tags.setdefault("mechanism", mechanism["type"])
    handled = mechanism.get("handled")
    if handled is not None:
        tags.setdefault("handled", "yes" if handled else "no")


def _add_contexts(tags: Tags, contexts: dict[str, dict[str, Any]]) -> None:
    for name in ("runtime", "os", "browser"):
        context = contexts.get(name)
        if context is not None:
            _add_versioned(tags, name, context)
    device = contexts.get("device")
    if device is not None:
        _add(tags, "device", device.get("model"))
        _add(tags, "device.family", device.get("family"))
    monitor = contexts.get("monitor")
    if monitor is not None:
        _add(tags, "monitor.slug", monitor.get("slug"))


def _add_versioned(tags: Tags, name: str, context: dict[str, Any]) -> None:
    title = context.get("name")
    if not isinstance(title, str) or not title:
        return
    version = context.get("version")
    has_version = isinstance(version, str) and version.strip()
    tags.setdefault(name, f"{title} {version}".strip() if has_version else title)
    tags.setdefault(f"{name}.name", title)


def _add(tags: Tags, name: str, value: object) -> None:
    if isinstance(value, str) and value:
        tags.setdefault(name, value)
