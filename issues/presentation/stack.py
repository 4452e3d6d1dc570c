"""Stack traces as pages show them: blocks of exceptions, frames and folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from issues.event import Event, Exception_, Frame, Mechanism, Stacktrace, Thread
from issues.highlight import Token, highlight
from issues.presentation.frames import (
    function_of,
    is_in_app,
    packages_of,
    place_of,
)
from issues.presentation.raw import raw_text
from issues.presentation.values import Value, plain

# Past this many frames the middle is left out.
_FRAMES_SHOWN = 60
_LINES_AROUND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How the reader wants traces: kept in the address, and in a cookie."""

    all_frames: bool = False
    oldest_first: bool = False
    raw: bool = False


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
    is_open: bool
    lines: list[Line]
    variables: list[Value]

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
class Block:
    """An exception, or a thread, with its trace."""

    anchor: str
    type: str
    value: str
    module: str
    # Pairs of a fact's name and its text, as "mechanism" and "onerror".
    mechanism: Mechanism | None
    is_open: bool
    frames: list[FrameView | Fold]
    frame_count: int
    # The trace is there, but none of its frames is ours.
    lacks_in_app: bool
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadName:
    id: str
    name: str
    is_crashed: bool
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything under "Stack trace"."""

    blocks: list[Block]
    threads: list[ThreadName] = field(default_factory=list)

    @property
    def frame_count(self) -> int:
        return sum(block.frame_count for block in self.blocks)

    @property
    def has_folds(self) -> bool:
        return any(
            isinstance(shown, Fold) and bool(shown.frames)
            for block in self.blocks
            for shown in block.frames
        )


def trace_of(event: Event, choice: Choice, thread_id: str = "") -> Trace | None:
    """The event's trace as chosen; None where it has neither exception nor stack.

    Exceptions come as they were raised, the last one first unless the oldest call
    was asked for first; it is the one that is open. Of threads without an exception
    the crashed one shows, or the one that was asked for.
    """
    platform = event["platform"]
    chain = event.get("exception", {"values": []})["values"]
    threads = event.get("threads", {"values": []})["values"]
    threads = [thread for thread in threads if _frames(thread.get("stacktrace"))]
    shown = _shown_thread(threads, thread_id, has_chain=bool(chain))
    blocks = []
    if shown is not None:
        blocks = [_thread_block(shown, platform, choice)]
    elif chain:
        blocks = _chain(chain, platform, choice)
    elif frames := _frames(event.get("stacktrace")):
        blocks = [_block(frames, platform, choice, anchor="stack-1")]
    if not blocks:
        return None
    return Trace(blocks=blocks, threads=_thread_names(threads, shown))


def _chain(chain: Sequence[Exception_], platform: str, choice: Choice) -> list[Block]:
    last = len(chain) - 1
    blocks = [
        _block(
            _frames(exception.get("stacktrace")),
            platform,
            choice,
            anchor=f"exception-{i + 1}",
            exception=exception,
            is_open=i == last,
        )
        for i, exception in enumerate(chain)
    ]
    return blocks if choice.oldest_first else blocks[::-1]


def _thread_block(thread: Thread, platform: str, choice: Choice) -> Block:
    return _block(_frames(thread.get("stacktrace")), platform, choice, anchor="thread")


def _shown_thread(
    threads: Sequence[Thread], thread_id: str, *, has_chain: bool
) -> Thread | None:
    for thread in threads:
        if thread_id and thread.get("id") == thread_id:
            return thread
    if has_chain or not threads:
        return None
    crashed = (t for t in threads if t.get("crashed"))
    current = (t for t in threads if t.get("current"))
    return next(crashed, None) or next(current, None) or threads[0]


def _thread_names(threads: Sequence[Thread], shown: Thread | None) -> list[ThreadName]:
    """The crashed threads first."""
    names = [
        ThreadName(
            id=thread.get("id", ""),
            name=thread.get("name", ""),
            is_crashed=thread.get("crashed", False),
            is_shown=thread is shown,
        )
        for thread in threads
        if thread.get("id")
    ]
    return sorted(names, key=lambda name: not name.is_crashed)


def _frames(stack: Stacktrace | None) -> list[Frame]:
    return stack["frames"] if stack else []


def _block(
    frames: list[Frame],
    platform: str,
    choice: Choice,
    *,
    anchor: str,
    exception: Exception_ | None = None,
    is_open: bool = True,
) -> Block:
    exception = exception or {}
    return Block(
        anchor=anchor,
        type=exception.get("type", ""),
        value=exception.get("value", ""),
        module=exception.get("module", ""),
        mechanism=exception.get("mechanism"),
        is_open=is_open,
        frames=_arranged(frames, platform, choice),
        frame_count=len(frames),
        lacks_in_app=bool(frames) and not any(is_in_app(f) for f in frames),
        raw=raw_text(frames, exception, platform) if choice.raw else "",
    )


def _arranged(
    frames: Sequence[Frame], platform: str, choice: Choice
) -> list[FrameView | Fold]:
    """Frames in the chosen order, runs of two and more library frames folded."""
    if not frames:
        return []
    opened = _opened(frames)
    order = range(len(frames)) if choice.oldest_first else range(len(frames))[::-1]
    shown, left_out = _without_middle(list(order))
    arranged: list[FrameView | Fold] = []
    run: list[int] = []

    def close_run() -> None:
        views = [_view(frames[i], platform, is_open=i == opened) for i in run]
        if len(run) > 1 and opened not in run:
            names = packages_of([frames[i] for i in run])
            arranged.append(Fold(frames=views, names=names, is_open=choice.all_frames))
        else:
            arranged.extend(views)
        run.clear()

    for i in shown:
        if i is None:
            close_run()
            arranged.append(Fold(frames=[], names="", left_out=left_out))
        elif is_in_app(frames[i]):
            close_run()
            arranged.append(_view(frames[i], platform, is_open=i == opened))
        else:
            run.append(i)
    close_run()
    return arranged


def _without_middle(order: list[int]) -> tuple[list[int | None], int]:
    """The positions to show, None for the gap, and how many fall into it."""
    left_out = len(order) - _FRAMES_SHOWN
    if left_out <= 0:
        return [*order], 0
    half = _FRAMES_SHOWN // 2
    return [*order[:half], None, *order[-half:]], left_out


def _opened(frames: Sequence[Frame]) -> int:
    """The newest frame of ours, else the newest that is not."""
    ours = (i for i in reversed(range(len(frames))) if is_in_app(frames[i]))
    return next(ours, len(frames) - 1)


def _view(frame: Frame, platform: str, *, is_open: bool) -> FrameView:
    filename = frame.get("filename") or frame.get("abs_path") or ""
    path = frame.get("abs_path", "")
    return FrameView(
        function=function_of(frame),
        place=place_of(frame),
        path=path if path != filename else "",
        is_in_app=is_in_app(frame),
        is_open=is_open,
        lines=_lines(frame, frame.get("platform", platform), is_open=is_open),
        variables=plain(frame.get("vars", {})),
    )


def _lines(frame: Frame, platform: str, *, is_open: bool) -> list[Line]:
    """Up to five lines either side of the failing one; coloured where open."""
    hit = frame.get("context_line")
    if hit is None:
        return []
    before = frame.get("pre_context", [])[-_LINES_AROUND:]
    text = [*before, hit, *frame.get("post_context", [])[:_LINES_AROUND]]
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
