"""Takes secrets out of an event before it is stored.

What is looked at is the JSON that would be stored. A field with a telling name is
filtered whole, a text with a telling sign is cleaned, and the JSON around them stays.
"""

from __future__ import annotations

from typing import Any

import orjson

from ingest.eventjson import decode_event
from ingest.redaction import redactor_of
from ingest.secrets import FILTERED, cleaned
from issues.event import Event
from issues.payloads import Pieces, pieces_of, replace_rest
from projects.rules import NO_RULES, ScrubbingRules

DEPTH_MAX = 16
"""Where containers are nested too deeply to write, deeper ones become three dots."""

_ADDRESS_HEADERS = frozenset(
    {
        *("x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "client-ip"),
        *("cf-connecting-ip", "true-client-ip", "fastly-client-ip", "x-remote-addr"),
        *("x-cluster-client-ip", "remote-addr", "x-original-forwarded-for"),
    }
)
# Parts that hold stack traces, and parts that consist of others.
_STRUCTURE = frozenset({"exception", "threads", "values", "stacktrace", "mechanism"})
_OF_PARTS = frozenset({"request", "contexts"})


def scrub(event: Event, rules: ScrubbingRules = NO_RULES.scrubbing) -> Pieces:
    """The event's JSON without secrets, each replaced by ``[Filtered]``.

    The event itself is cleaned but for its variables and breadcrumbs, which are of
    use only to who reads it. Source code is left as it is.
    """
    if rules.drops_addresses:
        _drop_addresses(event)
    if not rules.is_on:
        return _written(event)
    if rules.uses_defaults:
        for pair in event.get("request", {}).get("cookies", ()):
            # Secrets, whatever their names; one without a name has it for a value.
            pair[:] = [pair[0] if pair[1] else FILTERED, FILTERED]
        if "fingerprint" in event:
            event["fingerprint"] = [cleaned(part) for part in event["fingerprint"]]
    pieces = _written(event)
    redacted = redactor_of(rules).redacted
    pieces.variables = redacted(pieces.variables)
    pieces.breadcrumbs = redacted(pieces.breadcrumbs)
    rest = redacted(pieces.rest)
    if rest is not pieces.rest:
        read = orjson.loads(rest)
        if rules.sensitive_fields:
            _keep_shape(orjson.loads(pieces.rest), read)
            rest = orjson.dumps(read)
        pieces.rest = rest
        replace_rest(event, read)
    return pieces


def _keep_shape(before: Any, after: Any) -> None:
    """Has each part of the event be a list or an object still, as its readers expect.

    A project's own words may name parts themselves: "user", "headers", "value".
    """
    for name, value in before.items():
        # A name that is a secret itself is another by now.
        if not isinstance(value, (dict, list)) or name not in after:
            continue
        is_filtered = not isinstance(after[name], type(value))
        if name in _STRUCTURE:
            after[name] = _blanked(value) if is_filtered else after[name]
            _keep_shapes(value, after[name])
        elif is_filtered:
            after[name] = type(value)()
        elif name in _OF_PARTS:
            _keep_shape(value, after[name])


def _keep_shapes(before: Any, after: Any) -> None:
    """The same of exceptions and threads, of whose stacks none may be missing."""
    if isinstance(before, dict):
        _keep_shape(before, after)
        return
    for number, one in enumerate(before):
        if isinstance(one, dict):
            _keep_shape(one, after[number])


def _blanked(value: Any) -> Any:
    """The same lists and objects without any of their texts."""
    if isinstance(value, dict):
        return {name: _blanked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_blanked(one) for one in value]
    return FILTERED if isinstance(value, str) else value


def _drop_addresses(event: Event) -> None:
    """Takes out where the event tells the address of a user."""
    event.get("user", {}).pop("ip_address", None)
    request = event.get("request", {})
    if "env" in request:
        request["env"] = {
            name: value
            for name, value in request["env"].items()
            if not _is_address_header(name.removeprefix("HTTP_"))
        }
    if "headers" in request:
        request["headers"] = [
            pair for pair in request["headers"] if not _is_address_header(pair[0])
        ]


def _is_address_header(name: str) -> bool:
    return name.lower().replace("_", "-") in _ADDRESS_HEADERS


def _written(event: Event) -> Pieces:
    try:
        return pieces_of(event)
    except (TypeError, ValueError):
        _cut(event, 0)
    return pieces_of(event)


def _cut(node: Any, depth: int) -> None:
    """Replace what lies too deep by dots."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, orjson.Fragment):
            value = node[key] = decode_event(orjson.dumps(value))
        if isinstance(value, dict | list):
            if depth == DEPTH_MAX:
                node[key] = "..."
            else:
                _cut(value, depth + 1)
