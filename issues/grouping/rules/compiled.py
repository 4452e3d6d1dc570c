"""The rules of a project, ready to be asked about events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from issues.crashsite import crash_frames
from issues.event import Event, Exception_, Frame
from issues.grouping.rules import NO_RULES, Choice, GroupingRules, Verdicts
from issues.grouping.rules.application import applied, is_about, ready
from issues.grouping.rules.fingerprints import FingerprintRule
from issues.grouping.rules.frames import FrameNeed, FrameTests, State
from issues.grouping.rules.matchers import (
    EventTest,
    ExceptionTest,
    Subject,
    event_test,
    exception_test,
    subject_of,
)
from issues.grouping.rules.reading import read_rules
from issues.grouping.rules.stack import StackRule
from issues.repeated import Frames

TRACES_MAX = 1024

# A trace as it is remembered: platform, hash of its static part, what else counts.
_Key = tuple[str, bytes, object]


@lru_cache(maxsize=512)
def compile_rules(fingerprinting: str, enhancements: str) -> GroupingRules:
    """The rules of two texts; lines with mistakes say nothing."""
    read = read_rules(fingerprinting, enhancements)
    if not read.fingerprinting and not read.enhancements:
        return NO_RULES
    text = f"{fingerprinting}\x00{enhancements}".encode(errors="replace")
    version = blake2b(text, digest_size=8).hexdigest()
    return CompiledRules(read.fingerprinting, read.enhancements, version)


class _Chooser(NamedTuple):
    """A fingerprint rule with its tests; ``frame`` is None without any for frames."""

    event: tuple[EventTest, ...]
    exception: tuple[ExceptionTest, ...]
    frame: FrameNeed | None
    choice: Choice


class CompiledRules:
    """The rules of one project; equal texts have the same version.

    What they say of a trace is remembered by its static part. Two threads may work
    out the same at once, which does no harm.
    """

    def __init__(
        self,
        fingerprinting: Sequence[FingerprintRule],
        enhancements: Sequence[StackRule],
        version: str,
    ) -> None:
        self.version = version
        self._frame_tests = FrameTests()
        self._choosers = [self._chooser(rule) for rule in fingerprinting]
        self._rules = [ready(rule, self._frame_tests) for rule in enhancements]
        self._needs_app = any(one.frame and one.frame.app for one in self._choosers)
        self._of_exceptions = [rule for rule in self._rules if rule.exception]
        self._verdicts: dict[_Key, Verdicts | None] = {}
        self._met: dict[_Key, int] = {}

    def _chooser(self, rule: FingerprintRule) -> _Chooser:
        by_subject = {
            subject: [m for m in rule.matchers if subject_of(m) is subject]
            for subject in Subject
        }
        of_frame = by_subject[Subject.FRAME]
        return _Chooser(
            tuple(map(event_test, by_subject[Subject.EVENT])),
            tuple(map(exception_test, by_subject[Subject.EXCEPTION])),
            self._frame_tests.need(of_frame) if of_frame else None,
            rule.choice,
        )

    def choice(self, event: Event) -> Choice | None:
        """The first rule for fingerprints that the event matches."""
        errors = event["exception"]["values"] if "exception" in event else []
        met: int | None = None
        for number, chooser in enumerate(self._choosers):
            if not all(test(event) for test in chooser.event):
                continue
            if chooser.exception and not _any_passes(chooser.exception, errors):
                continue
            if chooser.frame is not None:
                met = self._met_by(event) if met is None else met
                if not met >> number & 1:
                    continue
            return chooser.choice
        return None

    def verdicts(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> Verdicts | None:
        """What the rules for stack traces say of the frames; None: nothing at all."""
        if not self._rules:
            return None
        passed = tuple(is_about(rule, exception) for rule in self._of_exceptions)
        if not isinstance(frames, Frames):
            return self._verdicts_on(frames, platform, exception)
        key = (platform, frames.static.hash, passed)
        if key not in self._verdicts:
            found = self._verdicts_on(frames, platform, exception)
            if len(self._verdicts) >= TRACES_MAX:
                self._verdicts = {}
            self._verdicts[key] = found
            return found
        return self._verdicts[key]

    def _verdicts_on(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> Verdicts | None:
        rules = [rule for rule in self._rules if is_about(rule, exception)]
        return applied(rules, self._state(frames, platform))

    def _state(self, frames: Sequence[Frame], platform: str) -> State:
        mask = self._frame_tests.mask
        apps = [bool(frame.get("in_app")) for frame in frames]
        return State([mask(frame, platform) for frame in frames], apps)

    def _met_by(self, event: Event) -> int:
        """A bit for each rule whose matchers of frames some frame meets."""
        met = 0
        for frames, exception in _traces(event):
            met |= self._met_in(frames, event["platform"], exception)
        return met

    def _met_in(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> int:
        verdicts = None
        if self._needs_app:
            verdicts = self.verdicts(frames, platform, exception)
        if not isinstance(frames, Frames):
            return self._met_anew(frames, platform, verdicts)
        key = (platform, frames.static.hash, verdicts)
        known = self._met.get(key)
        if known is None:
            known = self._met_anew(frames, platform, verdicts)
            if len(self._met) >= TRACES_MAX:
                self._met = {}
            self._met[key] = known
        return known

    def _met_anew(
        self, frames: Sequence[Frame], platform: str, verdicts: Verdicts | None
    ) -> int:
        state = self._state(frames, platform)
        if verdicts is not None:
            for place, verdict in enumerate(verdicts.frames):
                if verdict.in_app is not None:
                    state.apps[place] = verdict.in_app
        met = 0
        for number, chooser in enumerate(self._choosers):
            need = chooser.frame
            if need is None or state.any_mask & need.mask != need.mask:
                continue
            if any(state.meets(need, place) for place in range(len(frames))):
                met |= 1 << number
        return met


def _any_passes(
    tests: Sequence[ExceptionTest], exceptions: Iterable[Exception_]
) -> bool:
    return any(all(test(each) for test in tests) for each in exceptions)


def _traces(event: Event) -> Iterator[tuple[Sequence[Frame], Exception_ | None]]:
    """The traces of the exceptions; without any, that of the event or its thread."""
    has_some = False
    for value in event["exception"]["values"] if "exception" in event else ():
        stack = value.get("stacktrace")
        if stack:
            has_some = True
            yield stack["frames"], value
    if not has_some:
        yield crash_frames(event), None
