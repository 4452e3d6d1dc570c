"""What a project's own rules tell grouping: other fingerprints, other frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from issues.event import Event, Exception_, Frame


class Choice(NamedTuple):
    """The fingerprint and the title that a rule gives an event; variables unfilled.

    ``title`` is empty where the rule names none; ``rule`` is the rule as it is written.
    """

    fingerprint: tuple[str, ...]
    title: str
    rule: str


class Verdict(NamedTuple):
    """What the rules say of one frame; None where they say nothing."""

    in_app: bool | None = None
    counts: bool | None = None
    rule: str = ""


class Verdicts(NamedTuple):
    """One verdict a frame, in their order; ``max_frames`` is 0 without a limit."""

    frames: tuple[Verdict, ...]
    max_frames: int = 0


class GroupingRules(Protocol):
    """The compiled rules of a project; pure, and cheap where nothing matches."""

    def choice(self, event: Event) -> Choice | None:
        """The first rule for fingerprints that the event matches."""

    def verdicts(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> Verdicts | None:
        """What the rules for stack traces say of the frames; None: nothing at all.

        The trace is that of the exception, or of a thread where it is None.
        """


class NoRules:
    """A project without rules."""

    def choice(self, event: Event) -> Choice | None:
        return None

    def verdicts(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> Verdicts | None:
        return None


NO_RULES = NoRules()
