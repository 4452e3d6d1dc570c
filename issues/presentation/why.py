"""Why the events of an issue are one issue, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

_COMPONENTS = {
    "fingerprint": gettext_lazy("Fingerprint"),
    "checksum": gettext_lazy("Checksum"),
    "rule": gettext_lazy("Rule of the project"),
    "family": gettext_lazy("Known family"),
    "exception": gettext_lazy("Exception"),
    "type": gettext_lazy("Type"),
    "code": gettext_lazy("Code"),
    "value": gettext_lazy("Value"),
    "stacktrace": gettext_lazy("Stack trace"),
    "frame": gettext_lazy("Frame"),
    "thread": gettext_lazy("Thread"),
    "message": gettext_lazy("Message"),
    "template": gettext_lazy("Template"),
    "csp": gettext_lazy("Policy report"),
    "security": gettext_lazy("Policy report"),
    "fallback": gettext_lazy("Nothing to tell it by"),
}

# What grouping says of the parts that don't count, for translators to find.
_HINTS = frozenset(
    {
        gettext_noop("the fingerprint that the SDK sent counts instead"),
        gettext_noop("a rule of the project counts instead"),
        gettext_noop("a rule of the project leaves it out"),
        gettext_noop("a rule of the project lets only the last frames count"),
        gettext_noop("the line that sent it tells more"),
        gettext_noop("the exceptions that it groups tell more"),
        gettext_noop("it repeats another exception"),
        gettext_noop("the SDK made it up"),
        gettext_noop("the stack trace tells more"),
        gettext_noop("none of its frames is of the app"),
        gettext_noop("none of its frames tells anything"),
        gettext_noop("it repeats frames before it"),
        gettext_noop("it names no function"),
        gettext_noop("it holds nothing to group by"),
        gettext_noop("it is not of the app"),
        gettext_noop("it belongs to an installed package"),
        gettext_noop("it belongs to Python's standard library"),
        gettext_noop("it belongs to an error tracking SDK"),
        gettext_noop("it belongs to an installed package or the runtime"),
        gettext_noop("it belongs to Node's own library"),
        gettext_noop("it belongs to a library or the Java runtime"),
        gettext_noop("it belongs to a library or the .NET runtime"),
        gettext_noop("it belongs to a module of others or Go's own library"),
        gettext_noop("it belongs to Go's own library"),
        gettext_noop("it belongs to a gem"),
        gettext_noop("it belongs to Ruby itself"),
        gettext_noop("it belongs to PHP itself"),
        gettext_noop("it belongs to Erlang's own library"),
        gettext_noop("it was generated, and only passes the call on"),
        gettext_noop("it belongs to a library of the system"),
        gettext_noop("it belongs to the language's runtime"),
        gettext_noop("it belongs to a crate of others or Rust itself"),
        gettext_noop("it belongs to Dart's or Flutter's own library"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A part of the grouping, at its depth; `hint` says why it doesn't count."""

    depth: int
    name: str
    text: str
    hint: str


def reasons(parts: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """The stored parts (issues.grouping.Part.as_json), flattened in their order."""
    return [reason for part in parts for reason in _reasons(part, depth=0)]


def _reasons(part: Mapping[str, Any], *, depth: int) -> Iterable[Reason]:
    component = part.get("component", "")
    hint = part.get("hint", "")
    yield Reason(
        depth=depth,
        name=str(_COMPONENTS.get(component, component)),
        text=" · ".join(_(v) if v in _HINTS else v for v in part.get("values", ())),
        hint=_(hint) if hint in _HINTS else hint,
    )
    for inner in part.get("parts", ()):
        yield from _reasons(inner, depth=depth + 1)
