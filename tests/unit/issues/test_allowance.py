"""A page shows what it has room for, whatever an event holds."""

from __future__ import annotations

import time

import pytest

from issues.highlight import highlight
from issues.presentation.allowance import DETAIL_CHARS, TRACE_CHARS
from issues.presentation.event import EventView, view_of
from issues.presentation.frameviews import Fold, FrameView
from issues.presentation.stack import Choice, Trace, trace_of
from issues.presentation.values import Value
from tests.unit.events import event_of, frame

# Eleven such lines kept Pygments' Java busy for seconds.
SLOW_LINE = "a " * 120


def raised(*frames: object, **fields: object) -> dict[str, object]:
    return {"type": "E", "value": "no", "stacktrace": {"frames": [*frames]}, **fields}


def trace(*exceptions: object, choice: Choice | None = None) -> Trace:
    found = trace_of(event_of(exception=[*exceptions]), choice or Choice())
    assert found is not None
    return found


def frames_of(found: Trace) -> list[FrameView]:
    """All that are shown, also those in folds."""
    shown = []
    for block in found.blocks:
        for one in block.frames:
            shown += one.frames if isinstance(one, Fold) else [one]
    return shown


def size_of(values: list[Value]) -> int:
    return sum(
        len(v.name) + len(v.text) + len(v.rest) + size_of(v.inner) for v in values
    )


def details_of(view: EventView) -> int:
    """Characters of what an event has besides its trace and its packages."""
    told = size_of([*view.user, *view.extra, *view.params])
    told += sum(size_of(section.rows) for section in view.contexts)
    told += size_of(view.request.rows) if view.request else 0
    crumbs = [*view.trail.crumbs, *view.trail.earlier]
    return told + sum(len(crumb.message + crumb.data) for crumb in crumbs)


def test_colours_end_when_they_take_too_long() -> None:
    began = time.thread_time()
    lines = highlight([SLOW_LINE] * 11, filename="A.java", platform="")
    assert time.thread_time() - began < 1
    assert ["".join(text for text, _ in line) for line in lines] == [SLOW_LINE] * 11


def test_what_is_read_in_time_keeps_its_colours() -> None:
    coloured = highlight(["int a = 1;"], filename="A.java", platform="")
    none = highlight(["int a = 1;"] * 2, filename="A.java", platform="", patience_s=-1)
    assert any(style for _, style in coloured[0])
    assert not any(style for line in none for _, style in line)


def test_all_traces_of_a_page_share_its_time_for_colours() -> None:
    hostile = frame(
        "f", filename="A.java", context_line=SLOW_LINE, pre_context=[SLOW_LINE] * 5
    )
    event = event_of(exception=[raised(hostile) for _ in range(100)])
    began = time.thread_time()
    trace_of(event, Choice())
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("filename", "platform", "line"),
    [
        ("/srv/pay.php", "php", "public function pay(int $sum) {"),
        ("pay.js?v=3.1", "other", 'const sum = "a";'),
        ("C:\\shop\\Pay.CS", "other", "public int Sum() { return 1; }"),
        ("pay.hpp", "native", "int sum() { return 1; }"),
        ("Pay.groovy", "java", 'def sum = "a"'),
        ("pay.erl", "other", 'sum() -> "a".'),
        ("", "native", "int sum() { return 1; }"),
        ("pay.html.erb", "ruby", "<%= link_to 'pay' %>"),
    ],
)
def test_languages_have_their_colours(filename: str, platform: str, line: str) -> None:
    (tokens,) = highlight([line], filename=filename, platform=platform)
    assert any(style for _, style in tokens)


def test_a_page_of_many_long_traces_shows_some_frames_of_each() -> None:
    calls = [frame(f"f{i}") for i in range(250)]
    found = trace(*(raised(*calls) for _ in range(60)))
    assert len(frames_of(found)) < 500
    assert all(block.frames for block in found.blocks)
    for block in found.blocks:
        gaps = (one.left_out for one in block.frames if isinstance(one, Fold))
        shown = sum(isinstance(one, FrameView) for one in block.frames)
        assert shown + sum(gaps) == 250


def test_the_failing_frame_shows_wherever_it_is_in_a_long_trace() -> None:
    calls = [frame(f"f{i}", in_app=i == 100) for i in range(200)]
    (opened,) = (
        one for one in frames_of(trace(raised(*calls))) if one.function == "f100"
    )
    assert opened.is_open


def test_only_the_open_trace_has_its_source_for_certain() -> None:
    calls = [
        frame("f", context_line="x" * 200, vars={f"v{j}": "y" * 900 for j in range(20)})
    ]
    found = trace(*(raised(*calls) for _ in range(100)))
    shown = [one for one in frames_of(found) if not one.is_bare]
    assert shown[0].is_open
    spent = sum(size_of(one.variables) for one in shown)
    assert spent < TRACE_CHARS + 20_000


def test_a_long_chain_cuts_the_texts_of_its_causes() -> None:
    found = trace(*(raised(frame("f"), value="x" * 3000) for _ in range(5)))
    assert [len(block.value) for block in found.blocks] == [2001, *[401] * 4]


def test_the_raw_text_has_an_end() -> None:
    calls = [frame(f"f{i}", filename="x" * 200) for i in range(250)]
    chain = [raised(*calls) for _ in range(10)]
    assert len(trace(*chain, choice=Choice(raw=True)).raw) < 110_000


def test_threads_to_choose_from_are_bounded_and_have_the_shown_one() -> None:
    stack = {"frames": [frame("f")]}
    threads = [{"id": n, "name": "n" * 200, "stacktrace": stack} for n in range(900)]
    found = trace_of(event_of(threads=threads), Choice(), "800")
    assert found is not None
    assert len(found.threads) == 301
    assert [name.id for name in found.threads if name.is_shown] == ["800"]


@pytest.mark.parametrize(
    "payload",
    [
        {"extra": {f"k{n}": "x" * 40 for n in range(5000)}},
        {
            "contexts": {
                f"c{n}": {f"k{m}": "x" * 40 for m in range(30)} for n in range(200)
            }
        },
        {"breadcrumbs": [{"message": "x" * 2000, "data": {"a": "y" * 2000}}] * 100},
        {"request": {"url": "http://a/", "headers": [["k", "x" * 200]] * 2000}},
        {"user": {"id": "1", "data": {f"k{n}": "x" * 90 for n in range(2000)}}},
        {"logentry": {"message": "%s", "params": ["x" * 99] * 3000}},
    ],
    ids=lambda payload: next(iter(payload)),
)
def test_details_of_an_event_have_an_end(payload: dict[str, object]) -> None:
    assert details_of(view_of(event_of(payload))) < DETAIL_CHARS + 30_000


def test_a_list_without_room_says_how_much_is_missing() -> None:
    sent = event_of(extra={f"k{n}": "x" * 400 for n in range(900)})
    shown = view_of(sent).extra
    *rows, last = shown
    assert (last.name, len(rows) + last.more) == ("", len(sent["extra"]))
