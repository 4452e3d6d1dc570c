"""The frames of a trace as pages show them: open, folded, or without their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from issues.event import Frame
from issues.highlight import Token
from issues.presentation.allowance import Allowance
from issues.presentation.frames import function_of, packages_of, place_of
from issues.presentation.standing import Standing, TraceStanding
from issues.presentation.values import Value, plain

# Past this many frames of a trace those in between are left out; of a page with very
# many traces each still shows a few.
_FRAMES_SHOWN = 60
_FEWEST_FRAMES = 2
_LINES_AROUND = 5
_LONGEST_LINE = 1000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How the frames of one trace are to be shown."""

    platform: str
    oldest_first: bool
    unfolded: bool
    standing: TraceStanding
    allowance: Allowance
    # Its open frame shows whole, whatever is left.
    is_main: bool = True


def arranged(frames: Sequence[Frame], how: Arrangement) -> list[FrameView | Fold]:
    """Frames in the chosen order, runs of two and more library frames folded."""
    if not frames:
        return []
    own = [standing.is_in_app for standing in how.standing.frames]
    opened = max((i for i, is_own in enumerate(own) if is_own), default=len(frames) - 1)
    order = range(len(frames)) if how.oldest_first else range(len(frames))[::-1]
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

    most = how.allowance.frames(min(_FRAMES_SHOWN, len(frames)), _FEWEST_FRAMES)
    for i in _kept(order, opened, most):
        if isinstance(i, Fold):
            close_run()
            found.append(i)
        elif own[i]:
            close_run()
            found.append(view(i))
        else:
            run.append(i)
    close_run()
    return found


def _kept(order: Sequence[int], opened: int, most: int) -> list[int | Fold]:
    """The positions to show: both ends and the open one, and the gaps in between."""
    ends = {*order[: most // 2], *order[len(order) - most + most // 2 :], opened}
    kept: list[int | Fold] = []
    gap = 0
    for i in order:
        if i in ends:
            if gap:
                kept.append(Fold(frames=[], names="", left_out=gap))
            kept.append(i)
            gap = 0
        else:
            gap += 1
    return kept


def _view(
    frame: Frame, standing: Standing, how: Arrangement, *, is_open: bool
) -> FrameView:
    filename = frame.get("filename") or frame.get("abs_path") or ""
    path = frame.get("abs_path", "")
    has_more = "context_line" in frame or bool(frame.get("vars"))
    is_bare = has_more and how.allowance.is_used_up and not (is_open and how.is_main)
    view = FrameView(
        function=function_of(frame),
        place=place_of(frame),
        path=path if path != filename else "",
        is_in_app=standing.is_in_app,
        counts=standing.counts,
        reason=standing.reason,
        is_open=is_open and not is_bare,
        lines=[] if is_bare else _lines(frame, how, is_open=is_open),
        variables=[] if is_bare else plain(frame.get("vars", {}), how.allowance),
        is_bare=is_bare,
    )
    how.allowance.spend(view.function, view.place, view.path)
    return view


def _lines(frame: Frame, how: Arrangement, *, is_open: bool) -> list[Line]:
    """Up to five lines either side of the failing one; coloured where open."""
    hit = frame.get("context_line")
    if hit is None:
        return []
    before = frame.get("pre_context", [])[-_LINES_AROUND:]
    text = [*before, hit, *frame.get("post_context", [])[:_LINES_AROUND]]
    text = [line[:_LONGEST_LINE] for line in text]
    number = frame.get("lineno")
    first = number - len(before) if number is not None else None
    return [
        Line(
            number=None if first is None else first + i,
            tokens=tokens,
            is_hit=i == len(before),
        )
        for i, tokens in enumerate(_tokens(text, frame, how, is_open=is_open))
    ]


def _tokens(
    text: Sequence[str], frame: Frame, how: Arrangement, *, is_open: bool
) -> list[list[Token]]:
    for line in text:
        how.allowance.spend(line)
    if not is_open:
        return [[(line, "")] for line in text]
    filename = frame.get("filename") or frame.get("abs_path") or ""
    platform = frame.get("platform", how.platform)
    return how.allowance.coloured(text, filename=filename, platform=platform)
