"""Stack traces as pages show them: blocks of exceptions, or of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from issues.event import Event, Exception_, Frame, Mechanism, Stacktrace, Thread
from issues.presentation.allowance import Allowance
from issues.presentation.chain import Link, Relation, links_of
from issues.presentation.frameviews import Arrangement, Fold, FrameView, arranged
from issues.presentation.raw import raw_of_chain, raw_of_trace
from issues.presentation.standing import Explanation, TraceStanding, as_sent

# Of an exception's text: of the one that is open, and of the others.
_VALUE_CHARS, _OTHER_VALUE_CHARS = 2000, 400
_RAW_CHARS = 100_000
_NAME_CHARS = 100
# As many can be chosen from.
_THREADS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How the reader wants traces: kept in the address, and in a cookie."""

    all_frames: bool = False
    oldest_first: bool = False
    raw: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An exception, or a thread, with its trace."""

    anchor: str
    type: str
    value: str
    module: str
    # Pairs of a fact's name and its text, as "mechanism" and "onerror".
    mechanism: Mechanism | None
    # To the exception raised after it; `depth` counts the groups around it.
    relation: Relation
    depth: int
    is_open: bool
    frames: list[FrameView | Fold]
    frame_count: int
    # The trace is there, but none of its frames is ours.
    lacks_in_app: bool
    # Why the event is not grouped by this trace, if it could have been.
    hint: str

    @property
    def has_bare(self) -> bool:
        """The page shows less of some frames than the event has."""
        views = [
            view
            for shown in self.frames
            for view in (shown.frames if isinstance(shown, Fold) else [shown])
        ]
        return any(view.is_bare for view in views)


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
    # The text that the platform prints; empty unless it was asked for.
    raw: str = ""

    @property
    def frame_count(self) -> int:
        return sum(block.frame_count for block in self.blocks)

    @property
    def is_tree(self) -> bool:
        return any(block.depth for block in self.blocks)

    @property
    def has_folds(self) -> bool:
        return any(
            isinstance(shown, Fold) and bool(shown.frames)
            for block in self.blocks
            for shown in block.frames
        )


def trace_of(
    event: Event,
    choice: Choice,
    thread_id: str = "",
    explanation: Explanation | None = None,
) -> Trace | None:
    """The event's trace as chosen; None where it has neither exception nor stack.

    Exceptions come as they were raised, the last one first unless the oldest call
    was asked for first; it is the one that is open. Of threads without an exception
    the crashed one shows, or the one that was asked for.
    """
    chain = event.get("exception", {"values": []})["values"]
    threads = _threads(event)
    shown = _shown_thread(threads, thread_id, has_chain=bool(chain))
    stack = shown.get("stacktrace") if shown else event.get("stacktrace")
    names = _thread_names(threads, shown)
    platform = event["platform"]
    if shown is None and chain:
        raw = _cut(raw_of_chain(chain, platform), _RAW_CHARS) if choice.raw else ""
        blocks = _chain(event, choice, explanation)
        return Trace(blocks=blocks, threads=names, raw=raw)
    if stack is None or not stack["frames"]:
        return None
    standing = explanation.of_trace(stack) if explanation else as_sent(stack["frames"])
    anchor = "thread" if shown else "stack-1"
    block = _block(
        _frames(stack),
        _arrangement(platform, choice, standing, Allowance()),
        anchor=anchor,
    )
    raw = raw_of_trace(stack["frames"], platform) if choice.raw else ""
    raw = _cut(raw, _RAW_CHARS)
    return Trace(blocks=[block], threads=names, raw=raw)


def stack_alone(event: Event) -> Stacktrace | None:
    """The trace of an event without an exception: of its crashed thread, or its own."""
    shown = _shown_thread(_threads(event), "", has_chain=False)
    return shown.get("stacktrace") if shown else event.get("stacktrace")


def _threads(event: Event) -> list[Thread]:
    """Those that have a trace."""
    threads = event.get("threads", {"values": []})["values"]
    return [thread for thread in threads if _frames(thread.get("stacktrace"))]


def _chain(
    event: Event, choice: Choice, explanation: Explanation | None
) -> list[Block]:
    """The blocks; the one that is open has the first claim on the page's room."""
    chain = event["exception"]["values"]
    links = links_of(chain)
    opened = max(
        (i for i, value in enumerate(chain) if _frames(value.get("stacktrace"))),
        default=len(chain) - 1,
    )
    allowance = Allowance()
    blocks = []
    for i in reversed(range(len(chain))):
        frames = _frames(chain[i].get("stacktrace"))
        standing = explanation.exceptions[i] if explanation else as_sent(frames)
        blocks.append(
            _block(
                frames,
                _arrangement(
                    event["platform"], choice, standing, allowance, is_main=i == opened
                ),
                anchor=f"exception-{i + 1}",
                exception=chain[i],
                link=links[i],
                is_open=i == opened,
            )
        )
    return blocks[::-1] if choice.oldest_first else blocks


def _arrangement(
    platform: str,
    choice: Choice,
    standing: TraceStanding,
    allowance: Allowance,
    *,
    is_main: bool = True,
) -> Arrangement:
    return Arrangement(
        platform=platform,
        oldest_first=choice.oldest_first,
        unfolded=choice.all_frames,
        standing=standing,
        allowance=allowance,
        is_main=is_main,
    )


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
    """The crashed threads first, and the one that is shown among them."""
    names = [
        ThreadName(
            id=thread.get("id", ""),
            name=thread.get("name", "")[:_NAME_CHARS],
            is_crashed=thread.get("crashed", False),
            is_shown=thread is shown,
        )
        for thread in threads
        if thread.get("id")
    ]
    names.sort(key=lambda name: not name.is_crashed)
    beyond = [name for name in names[_THREADS:] if name.is_shown]
    return names[:_THREADS] + beyond


def _frames(stack: Stacktrace | None) -> list[Frame]:
    return stack["frames"] if stack else []


def _block(
    frames: list[Frame],
    how: Arrangement,
    *,
    anchor: str,
    exception: Exception_ | None = None,
    link: Link | None = None,
    is_open: bool = True,
) -> Block:
    exception = exception or {}
    link = link or Link(Relation.NONE)
    return Block(
        anchor=anchor,
        type=exception.get("type", ""),
        value=_cut(
            exception.get("value", ""),
            _VALUE_CHARS if is_open else _OTHER_VALUE_CHARS,
        ),
        module=exception.get("module", ""),
        mechanism=exception.get("mechanism"),
        relation=link.relation,
        depth=link.depth,
        is_open=is_open,
        frames=arranged(frames, how),
        frame_count=len(frames),
        lacks_in_app=bool(frames) and not any(s.is_in_app for s in how.standing.frames),
        hint=how.standing.hint,
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
