"""What the frames of an event do for its grouping, by the rules that hold today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from issues.event import Event, Exception_, Frame, Stacktrace
from issues.grouping import (
    NO_RULES,
    Grouping,
    GroupingRules,
    Part,
    group,
    is_library,
)
from issues.grouping.rules import Verdict
from issues.presentation.frames import is_in_app
from issues.presentation.why import hint_of
from projects.rules import GroupingTexts

# What grouping says of a frame that is not of the app begins so; what was generated
# only passes the call on, whatever the SDK says.
_NOT_OWN = ("it belongs to", "it is not of the app", "it was generated")
_SILENT = Verdict()
# What a rule did to a frame; the same where it is not known which rule it was.
_BY_LINE = {
    "+app": gettext_lazy("in app by rule line %(line)d"),
    "-app": gettext_lazy("not in app by rule line %(line)d"),
    "+group": gettext_lazy("counts by rule line %(line)d"),
    "-group": gettext_lazy("left out by rule line %(line)d"),
}
_BY_SOME = {
    "+app": gettext_lazy("in app by a rule"),
    "-app": gettext_lazy("not in app by a rule"),
    "+group": gettext_lazy("counts by a rule"),
    "-group": gettext_lazy("left out by a rule"),
}
_NO_TEXTS = GroupingTexts()

# The exception's type and what its frames are called: what tells its part.
_Key = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One frame: whether it is the app's, whether it counts, and why not."""

    is_in_app: bool
    counts: bool = False
    # In the reader's language; empty where it counts, or its trace does not.
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStanding:
    """Those of a trace, in the order of its frames; `hint`: why none counts."""

    frames: list[Standing]
    hint: str = ""


def as_sent(frames: Iterable[Frame]) -> TraceStanding:
    """What the SDK said of the frames, where nobody asks for the grouping."""
    return TraceStanding(frames=[Standing(is_in_app=is_in_app(f)) for f in frames])


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule of the project as it is written, and its line; 0 if it is not found."""

    text: str
    line: int


class Explanation:
    """How an event is grouped by rules, told of each of its traces."""

    def __init__(
        self,
        event: Event,
        rules: GroupingRules = NO_RULES,
        texts: GroupingTexts = _NO_TEXTS,
        version: str = "",
    ) -> None:
        self._event = event
        self._rules = rules
        self._version = version
        self._enhancements = texts.enhancements
        self.grouping: Grouping = group(event, rules, version)
        self.rule = _rule_of(self.grouping, texts.fingerprinting)
        self.exceptions = self._of_exceptions()

    def parts(self) -> list[dict[str, Any]]:
        return self.grouping.parts_as_json()

    def of_trace(self, stack: Stacktrace) -> TraceStanding:
        """A trace without an exception: that of the event, or of a thread."""
        alone = _first(self._alone(stacktrace=stack), "stacktrace")
        whole = _first(self.grouping.parts, "stacktrace")
        is_same = alone is not None and whole is not None
        is_same = is_same and _frame_values(alone) == _frame_values(whole)
        return self._told(stack["frames"], None, alone, whole if is_same else None)

    def _of_exceptions(self) -> list[TraceStanding]:
        pending = [p for p in self.grouping.parts if p.component == "exception"]
        told = []
        for value in self._event.get("exception", {"values": []})["values"]:
            alone = _first(self._alone(exception={"values": [value]}), "exception")
            found = next((p for p in pending if alone and _key(p) == _key(alone)), None)
            if found is not None:
                pending.remove(found)
            told.append(self._of_exception(value, alone, found))
        return told

    def _of_exception(
        self, value: Exception_, alone: Part | None, found: Part | None
    ) -> TraceStanding:
        frames = value.get("stacktrace", {"frames": []})["frames"]
        whole = _first(found.parts, "stacktrace") if found else None
        if whole is not None and found is not None and found.hint:
            whole = whole._replace(hint=found.hint)
        inner = _first(alone.parts, "stacktrace") if alone else None
        return self._told(frames, value, inner, whole)

    def _alone(self, **fields: Any) -> tuple[Part, ...]:
        """The parts of an event that has nothing but these fields."""
        event: Any = {"platform": self._event["platform"], "type": "error", **fields}
        return group(event, self._rules, self._version).parts

    def _told(
        self,
        frames: Sequence[Frame],
        exception: Exception_ | None,
        alone: Part | None,
        whole: Part | None,
    ) -> TraceStanding:
        platform = self._event["platform"]
        verdicts = self._rules.verdicts(frames, platform, exception)
        said = verdicts.frames if verdicts else (_SILENT,) * len(frames)
        shown = whole or alone
        parts = shown.parts if shown else ()
        if len(parts) != len(frames):
            parts = (Part("frame"),) * len(frames)
        has_standing = whole is not None and not whole.hint
        told = [
            self._of_frame(frame, part, verdict, has_standing=has_standing)
            for frame, part, verdict in zip(frames, parts, said, strict=True)
        ]
        return TraceStanding(frames=told, hint=hint_of(whole.hint) if whole else "")

    def _of_frame(
        self, frame: Frame, part: Part, said: Verdict, *, has_standing: bool
    ) -> Standing:
        own = said.in_app
        if own is None:
            own = self._is_own(frame, part)
        hint = hint_of(part.hint) if part.hint and has_standing else ""
        # What a rule takes out needs no other reason.
        is_out = said.in_app is False or said.counts is False
        reasons = [*self._by_rules(said), "" if is_out else hint]
        return Standing(
            is_in_app=own,
            counts=has_standing and not part.hint and bool(part.values),
            reason="; ".join(filter(None, reasons)),
        )

    def _is_own(self, frame: Frame, part: Part) -> bool:
        if part.hint.startswith(_NOT_OWN):
            return False
        flag = frame.get("in_app")
        return not is_library(frame, self._event["platform"]) if flag is None else flag

    def _by_rules(self, said: Verdict) -> list[str]:
        """In words what stack trace rules made of a frame; the last one is known."""
        told = []
        if said.in_app is not None:
            told.append(self._by_rule("+app" if said.in_app else "-app", said.rule))
        if said.counts is not None:
            told.append(self._by_rule("+group" if said.counts else "-group", said.rule))
        return told

    def _by_rule(self, action: str, rule: str) -> str:
        line = _line_of(rule, self._enhancements) if action in rule else 0
        words = _BY_LINE if line else _BY_SOME
        return str(words[action]) % {"line": line}


def _rule_of(grouping: Grouping, fingerprinting: str) -> RuleLine | None:
    part = _first(grouping.parts, "rule")
    if part is None:
        return None
    text = part.values[0]
    return RuleLine(text, _line_of(text, fingerprinting))


def _line_of(rule: str, text: str) -> int:
    """The number of the last line that is this rule; 0 where none is."""
    lines = list(enumerate(text.splitlines(), 1))
    return next((n for n, line in reversed(lines) if line.strip() == rule.strip()), 0)


def _first(parts: Iterable[Part], component: str) -> Part | None:
    return next((part for part in parts if part.component == component), None)


def _key(part: Part) -> _Key:
    kind = _first(part.parts, "type")
    stack = _first(part.parts, "stacktrace")
    return (kind.values if kind else (), *_frame_values(stack))


def _frame_values(stack: Part | None) -> _Key:
    return tuple(part.values for part in stack.parts) if stack else ()
