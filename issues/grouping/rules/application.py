"""Applies the rules for stack traces to the frames of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from issues.event import Exception_
from issues.grouping.rules import Verdict, Verdicts
from issues.grouping.rules.frames import FrameNeed, FrameTests, State
from issues.grouping.rules.matchers import (
    ExceptionTest,
    Matcher,
    Subject,
    exception_test,
    subject_of,
)
from issues.grouping.rules.stack import Flag, StackRule

_SILENT = Verdict()


class ReadyRule(NamedTuple):
    """A rule with its tests; a neighbour is None where the rule asks for none."""

    frame: FrameNeed
    caller: FrameNeed | None
    callee: FrameNeed | None
    exception: tuple[ExceptionTest, ...]
    rule: StackRule


def ready(rule: StackRule, tests: FrameTests) -> ReadyRule:
    of_exception = [m for m in rule.matchers if subject_of(m) is Subject.EXCEPTION]
    of_frame = [m for m in rule.matchers if m not in of_exception]
    return ReadyRule(
        tests.need(of_frame),
        _neighbour(rule.caller, tests),
        _neighbour(rule.callee, tests),
        tuple(exception_test(matcher) for matcher in of_exception),
        rule,
    )


def _neighbour(matchers: Iterable[Matcher], tests: FrameTests) -> FrameNeed | None:
    return tests.need(matchers) if matchers else None


def is_about(rule: ReadyRule, exception: Exception_ | None) -> bool:
    """Whether the rule is one for the trace of this exception."""
    if not rule.exception:
        return True
    return exception is not None and all(test(exception) for test in rule.exception)


def applied(rules: Sequence[ReadyRule], state: State) -> Verdicts | None:
    """What the rules, one after the other, say of the frames; None: nothing."""
    said = _Said(state)
    max_frames = 0
    for ready_rule in rules:
        for place in _places(ready_rule, state):
            rule = ready_rule.rule
            for flag in rule.flags:
                said.flag(flag, place, rule.written)
            if rule.category:
                state.categories[place] = rule.category
            if rule.max_frames is not None:
                max_frames = rule.max_frames
    if not said.rules and not max_frames:
        return None
    return Verdicts(said.verdicts(), max_frames)


def _places(ready_rule: ReadyRule, state: State) -> list[int]:
    """The frames that the rule is about, as they are before it acts."""
    frame, caller, callee, _, _ = ready_rule
    # Most rules are about no frame of a trace, which the union of the masks tells.
    if state.any_mask & frame.mask != frame.mask:
        return []
    last = len(state.masks) - 1
    return [
        place
        for place in range(last + 1)
        if state.meets(frame, place)
        and (caller is None or (place > 0 and state.meets(caller, place - 1)))
        and (callee is None or (place < last and state.meets(callee, place + 1)))
    ]


class _Said:
    """What has been said of the frames so far."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._in_app: dict[int, bool] = {}
        self._counts: dict[int, bool] = {}
        self.rules: dict[int, str] = {}

    def flag(self, flag: Flag, place: int, rule: str) -> None:
        for reached in self._reached(flag, place):
            if flag.name == "app":
                self._in_app[reached] = self._state.apps[reached] = flag.value
            else:
                self._counts[reached] = flag.value
            self.rules[reached] = rule

    def _reached(self, flag: Flag, place: int) -> range:
        if flag.reach == "^":
            return range(place + 1, len(self._state.masks))
        return range(place) if flag.reach == "v" else range(place, place + 1)

    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(
            Verdict(self._in_app.get(place), self._counts.get(place), self.rules[place])
            if place in self.rules
            else _SILENT
            for place in range(len(self._state.masks))
        )
