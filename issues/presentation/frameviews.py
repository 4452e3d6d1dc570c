"""The frames of a trace as pages show them: open, folded, or without their source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from issues.event import Frame
from issues.highlight import Token, highlight
from issues.presentation.frames import function_of, packages_of, place_of
from issues.presentation.standing import Standing, TraceStanding
from issues.presentation.values import Value, plain

# Past this many frames the middle is left out.
_FRAMES_SHOWN = 60
_LINES_AROUND = 5
_LONGEST_LINE = 1000
# A page shows about so many characters of source and variables.
ALLOWANCE_CHARS = 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    number: int | None
    tokens: list[Token]
    is_hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """One frame; `is_open` where its source and variables show from the start."""

    function: str
    place: str
    # Where the file is on the machine, when the place doesn't tell.
    path: str
    is_in_app: bool
    # The event is grouped by it; else `reason` says why not.
    counts: bool
    reason: str
    is_open: bool
    lines: list[Line]
    variables: list[Value]
    # Its source and variables are left out: the page has enough of them.
    is_bare: bool = False

    @property
    def has_more(self) -> bool:
        return bool(self.lines or self.variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A run of library frames, or of frames left out of a long trace."""

    frames: list[FrameView]
    # The packages that the frames belong to.
    names: str
    # Frames that are not shown at all.
    left_out: int = 0
    is_open: bool = False

    @property
    def is_fold(self) -> bool:
        return True


class Allowance:
    """What is left of the characters that a page may spend on frames."""

    def __init__(self, characters: int = ALLOWANCE_CHARS) -> None:
        self.left = characters

    def takes(self, frame: Frame) -> bool:
        """Whether the frame's source and variables may show; takes them off."""
        if self.left <= 0:
            return False
        self.left -= _size_of(frame)
        return True


def _size_of(frame: Frame) -> int:
    lines = [*frame.get("pre_context", []), *frame.get("post_context", [])]
    variables = frame.get("vars", {})
    told = sum(min(len(line), _LONGEST_LINE) + 60 for line in lines)
    return told + sum(min(len(str(v)), 5000) + 80 for v in variables.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How the frames of one trace are to be shown."""

    platform: str
    oldest_first: bool
    unfolded: bool
    standing: TraceStanding
    allowance: Allowance


def arranged(frames: Sequence[Frame], how: Arrangement) -> list[FrameView | Fold]:
    """Frames in the chosen order, runs of two and more library frames folded."""
    if not frames:
        return []
    own = [standing.is_in_app for standing in how.standing.frames]
    opened = max((i for i, is_own in enumerate(own) if is_own), default=len(frames) - 1)
    order = range(len(frames)) if how.oldest_first else range(len(frames))[::-1]
    shown, left_out = _without_middle(list(order))
    found: list[FrameView | Fold] = []
    run: list[int] = []

    def view(i: int) -> FrameView:
        standing = how.standing.frames[i]
        return _view(frames[i], standing, how, is_open=i == opened)

    def close_run() -> None:
        views = [view(i) for i in run]
        if len(run) > 1 and opened not in run:
            names = packages_of([frames[i] for i in run])
            found.append(Fold(frames=views, names=names, is_open=how.unfolded))
        else:
            found.extend(views)
        run.clear()

    for i in shown:
        if i is None:
            close_run()
            found.append(Fold(frames=[], names="", left_out=left_out))
        elif own[i]:
            close_run()
            found.append(view(i))
        else:
            run.append(i)
    close_run()
    return found


def _without_middle(order: list[int]) -> tuple[list[int | None], int]:
    """The positions to show, None for the gap, and how many fall into it."""
    left_out = len(order) - _FRAMES_SHOWN
    if left_out <= 0:
        return [*order], 0
    half = _FRAMES_SHOWN // 2
    return [*order[:half], None, *order[-half:]], left_out


def _view(
    frame: Frame, standing: Standing, how: Arrangement, *, is_open: bool
) -> FrameView:
    filename = frame.get("filename") or frame.get("abs_path") or ""
    path = frame.get("abs_path", "")
    has_more = "context_line" in frame or bool(frame.get("vars"))
    is_bare = has_more and not is_open and not how.allowance.takes(frame)
    platform = frame.get("platform", how.platform)
    return FrameView(
        function=function_of(frame),
        place=place_of(frame),
        path=path if path != filename else "",
        is_in_app=standing.is_in_app,
        counts=standing.counts,
        reason=standing.reason,
        is_open=is_open,
        lines=[] if is_bare else _lines(frame, platform, is_open=is_open),
        variables=[] if is_bare else plain(frame.get("vars", {})),
        is_bare=is_bare,
    )


def _lines(frame: Frame, platform: str, *, is_open: bool) -> list[Line]:
    """Up to five lines either side of the failing one; coloured where open."""
    hit = frame.get("context_line")
    if hit is None:
        return []
    before = frame.get("pre_context", [])[-_LINES_AROUND:]
    text = [*before, hit, *frame.get("post_context", [])[:_LINES_AROUND]]
    text = [line[:_LONGEST_LINE] for line in text]
    colour: Callable[..., list[list[Token]]] = highlight if is_open else _uncoloured
    filename = frame.get("filename") or frame.get("abs_path") or ""
    number = frame.get("lineno")
    first = number - len(before) if number is not None else None
    return [
        Line(
            number=None if first is None else first + i,
            tokens=tokens,
            is_hit=i == len(before),
        )
        for i, tokens in enumerate(colour(text, filename=filename, platform=platform))
    ]


def _uncoloured(
    lines: Sequence[str], *, filename: str, platform: str
) -> list[list[Token]]:
    return [[(line, "")] for line in lines]
