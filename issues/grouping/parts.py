"""What a grouping gives: hashes, and the parts of the event they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Part(NamedTuple):
    """One part of an event, as the issue page tells it.

    ``component`` is fingerprint, checksum, rule (of the project), family (known to be
    one), exception, type, value, stacktrace, frame, message, template, csp, security
    or fallback. The parts of a ``stacktrace`` are its frames, one each and in their
    order. ``hint`` says in words why the part does not count; empty where it counts.
    """

    component: str
    values: tuple[str, ...] = ()
    hint: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def contributes(self) -> bool:
        return not self.hint

    def as_json(self) -> dict[str, Any]:
        """The part as JSON objects: component, values, contributes, hint, parts."""
        shown: dict[str, Any] = {
            "component": self.component,
            "values": list(self.values),
            "contributes": not self.hint,
        }
        if self.hint:
            shown["hint"] = self.hint
        if self.parts:
            shown["parts"] = [part.as_json() for part in self.parts]
        return shown

    @classmethod
    def from_json(cls, shown: Mapping[str, Any]) -> Part:
        """The part of its JSON objects (``as_json``)."""
        return cls(
            shown["component"],
            tuple(shown.get("values", ())),
            shown.get("hint", ""),
            tuple(cls.from_json(part) for part in shown.get("parts", ())),
        )


class Grouping(NamedTuple):
    """Events with a hash in common are one issue; each hash has 16 bytes.

    ``title`` is what a rule of the project calls the event, empty without such a rule.
    ``former`` are the hashes by the version that the project was upgraded from, which
    lead to issues that know no hash of this one yet; empty when that is long ago.
    """

    version: str
    hashes: tuple[bytes, ...]
    parts: tuple[Part, ...]
    title: str = ""
    former: tuple[bytes, ...] = ()

    def parts_as_json(self) -> list[dict[str, Any]]:
        """The parts for a JSON column or a page."""
        return [part.as_json() for part in self.parts]
