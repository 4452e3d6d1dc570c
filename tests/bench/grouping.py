"""What grouping costs beyond parsing: at the first sight of a stack, and later."""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from ingest.normalise import normalise
from issues.event import Event
from issues.grouping import group
from issues.grouping.v1 import frames, library, names, parameterise
from tests.bench.events import Sent

FRAMES = 30
_GZIP_WINDOW = 31
_EVENTS_MAX = 200
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingCosts:
    """Processor time of one event of 30 frames, in microseconds (medians)."""

    # With every memory empty; then of a stack whose libraries are known from others.
    first_sight_us: float
    new_stack_us: float
    seen_before_us: float


def measure(sent: list[Sent]) -> GroupingCosts:
    """By typical events, their traces lengthened to 30 frames."""
    events = [_event_of(one) for one in sent[:_EVENTS_MAX]]
    first: list[float] = []
    new: list[float] = []
    later: list[float] = []
    for event in events * _ROUNDS:
        _forget()
        first.append(_cpu_us(event))
        _forget_own(event)
        new.append(_cpu_us(event))
        later.append(_cpu_us(event))
    return GroupingCosts(
        first_sight_us=median(first),
        new_stack_us=median(new),
        seen_before_us=median(later),
    )


def _cpu_us(event: Event) -> float:
    started = time.thread_time_ns()
    group(event)
    return (time.thread_time_ns() - started) / 1000


def _forget() -> None:
    frames._traces.clear()
    frames._views.clear()
    library._of_python.cache_clear()
    names.module_name.cache_clear()
    parameterise.parameterised.cache_clear()


def _forget_own(event: Event) -> None:
    """The stack, and the frames of the app in it."""
    frames._traces.clear()
    for value in event["exception"]["values"]:
        for frame in value["stacktrace"]["frames"]:
            if frame.get("in_app"):
                frames._views.pop(frames._key(frame, event["platform"]), None)


def _event_of(sent: Sent) -> Event:
    envelope = zlib.decompress(sent.body, _GZIP_WINDOW)
    payload: dict[str, Any] = json.loads(envelope.split(b"\n", 2)[2])
    for value in payload["exception"]["values"]:
        value["stacktrace"]["frames"] = _lengthened(value["stacktrace"]["frames"])
    return normalise(
        payload,
        received_at=datetime.now(UTC),
        sent_at=None,
        event_id=sent.event_id,
        client="",
        remote_ip="192.0.2.7",
        user_agent="",
    )


def _lengthened(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Thirty different frames: those of the trace, over again under other names."""
    return [
        {**frame, "function": f"{frame['function']}_{chr(97 + number // len(found))}"}
        for number, frame in enumerate((found * FRAMES)[:FRAMES])
    ]
