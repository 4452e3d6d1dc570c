"""Why the events of an issue are one issue, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from issues.grouping.comparison import Comparison

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
        gettext_noop("it belongs to the script that starts an installed program"),
        gettext_noop("it belongs to Ruby itself"),
        gettext_noop("it belongs to PHP itself"),
        gettext_noop("it belongs to Erlang's own library"),
        gettext_noop("it was generated, and only passes the call on"),
        gettext_noop("it belongs to the system's libraries"),
        gettext_noop("it belongs to the language's runtime"),
        gettext_noop("it belongs to a crate of others or Rust itself"),
        gettext_noop("it belongs to Dart's or Flutter's own library"),
    }
)

# A page tells of as many parts.
_MOST = 300

# The first of these that counts says it all.
_SENTENCES = {
    "checksum": gettext_lazy("Grouped by the checksum that the SDK sent."),
    "rule": gettext_lazy("Grouped by a rule of the project."),
    "fingerprint": gettext_lazy("Grouped by the fingerprint that the SDK sent."),
    "family": gettext_lazy(
        "Grouped with all errors of a kind that is known to be one."
    ),
    "csp": gettext_lazy("Grouped by the policy's directive and by what it blocked."),
    "security": gettext_lazy("Grouped by the kind of the report and by the host."),
    "template": gettext_lazy("Grouped by the template and its line."),
    "fallback": gettext_lazy(
        "The event holds nothing to group by. All such events of the project are one "
        "issue."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A part of the grouping, at its depth; `hint` says why it doesn't count.

    A part within one that does not count does not count either.
    """

    depth: int
    name: str
    text: str
    hint: str
    counts: bool


def reasons(parts: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """The first of the stored parts (issues.grouping.Part.as_json), flattened."""
    found = (_reasons(part, depth=0, counts=True) for part in parts)
    return list(islice((reason for one in found for reason in one), _MOST))


def _reasons(part: Mapping[str, Any], *, depth: int, counts: bool) -> Iterable[Reason]:
    component = part.get("component", "")
    hint = part.get("hint", "")
    counts = counts and not hint
    yield Reason(
        depth=depth,
        name=name_of(component),
        text=text_of(part.get("values", ())),
        hint=hint_of(hint),
        counts=counts,
    )
    for inner in part.get("parts", ()):
        yield from _reasons(inner, depth=depth + 1, counts=counts)


def name_of(component: str) -> str:
    """What people call a part of this kind."""
    return str(_COMPONENTS.get(component, component))


def text_of(values: Iterable[str]) -> str:
    """The values of a part in one line."""
    return " · ".join(_(value) if value in _HINTS else value for value in values)


def hint_of(hint: str) -> str:
    """Why a part does not count, in the reader's language."""
    return _(hint) if hint in _HINTS else hint


def summary(parts: Iterable[Mapping[str, Any]]) -> str:
    """In one sentence what the events are grouped by; empty without any parts."""
    counted = [part for part in parts if not part.get("hint")]
    components = [part.get("component", "") for part in counted]
    for component, sentence in _SENTENCES.items():
        if component in components:
            return str(sentence)
    if "exception" in components:
        told = ("exception", "stacktrace")
        return _of_exceptions([p for p in counted if p["component"] in told])
    if "stacktrace" in components:
        if "message" in components:
            return _("Grouped by the place that sent the message, and by its text.")
        return _("Grouped by the place in the program, as the stack trace tells it.")
    if "message" in components:
        return _("Grouped by the text of the message without its variable data.")
    return ""


def _of_exceptions(exceptions: list[Mapping[str, Any]]) -> str:
    # The trace of a crashed thread stands beside them.
    inner = [part for one in exceptions for part in (one, *one.get("parts", ()))]
    traces = [part for part in inner if part.get("component") == "stacktrace"]
    if any(trace.get("values") for trace in traces):
        return _("Grouped by the type of the exception and the functions that recur.")
    frames = [f for t in traces for f in t.get("parts", ()) if not t.get("hint")]
    counted = sum(not frame.get("hint") for frame in frames)
    if not counted:
        return _(
            "Grouped by the type and the text of the exception, without variable data: "
            "no frame of a stack trace tells more."
        )
    return ngettext(
        "Grouped by the type of the exception and by one frame of %(all)d of its "
        "stack trace.",
        "Grouped by the type of the exception and by %(counted)d frames of %(all)d of "
        "its stack trace.",
        counted,
    ) % {"counted": counted, "all": len(frames)}


def difference(comparison: Comparison) -> str:
    """What separates two groupings first, in one sentence."""
    if comparison.first is None:
        return _("The same parts count in both.")
    row = comparison.rows[comparison.first]
    sides = [side for side in (row.left, row.right) if side is not None]
    told = {"name": name_of(sides[0].component)}
    if len(sides) == 1:
        return _("Only one of them has this part: %(name)s") % told
    if sides[0].values == sides[1].values:
        return _("This part counts in only one of them: %(name)s") % told
    return _("They differ first in this part: %(name)s") % told
