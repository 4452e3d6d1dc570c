"""What the issue page makes of an event's payload."""

from __future__ import annotations

from typing import Any

import pytest

from issues.event import Event
from issues.highlight import highlight
from issues.presentation.event import view_of
from issues.presentation.frameviews import Fold, FrameView
from issues.presentation.markdown import fenced
from issues.presentation.stack import Choice, Trace, trace_of
from issues.presentation.values import CUT_AT, Value, row
from tests.unit.events import event_of, frame

NEWEST_FIRST = Choice()


def raised(*frames: dict[str, Any], type: str = "Error") -> dict[str, Any]:
    return {"type": type, "value": "no", "stacktrace": {"frames": list(frames)}}


def library(function: str) -> dict[str, Any]:
    return frame(function, in_app=False, filename=f"node_modules/{function}/index.js")


def trace(event: Event, choice: Choice = NEWEST_FIRST, thread: str = "") -> Trace:
    found = trace_of(event, choice, thread)
    assert found is not None
    return found


def shown(event: Event, choice: Choice = NEWEST_FIRST) -> list[str]:
    """The functions of the first block in their order; folds as how many they hold."""
    frames = trace(event, choice).blocks[0].frames
    return [
        view.function if isinstance(view, FrameView) else f"({len(view.frames)})"
        for view in frames
    ]


def test_the_newest_call_stands_first_and_runs_of_libraries_are_folded() -> None:
    calls = [frame("main"), library("a"), library("b"), frame("work"), library("c")]
    event = event_of(exception=[raised(*calls)])
    assert shown(event) == ["c", "work", "(2)", "main"]
    assert shown(event, Choice(oldest_first=True)) == ["main", "(2)", "work", "c"]


def test_the_newest_frame_of_ours_is_open() -> None:
    event = event_of(exception=[raised(frame("main"), frame("work"), library("a"))])
    frames = trace(event).blocks[0].frames
    assert [v.function for v in frames if isinstance(v, FrameView) and v.is_open] == [
        "work"
    ]


def test_a_trace_without_our_frames_opens_its_newest_and_says_so() -> None:
    event = event_of(exception=[raised(library("a"), library("b"), library("c"))])
    block = trace(event).blocks[0]
    assert block.lacks_in_app
    assert [getattr(view, "is_open", False) for view in block.frames] == [
        True,
        False,
        False,
    ]


def test_a_fold_names_the_packages_in_it() -> None:
    event = event_of(exception=[raised(frame("x"), library("a"), library("b"))])
    fold = trace(event).blocks[0].frames[0]
    assert isinstance(fold, Fold)
    assert fold.names == "b, a"


def test_the_middle_of_a_long_trace_is_left_out() -> None:
    event = event_of(exception=[raised(*(frame(f"f{i}") for i in range(100)))])
    frames = trace(event).blocks[0].frames
    gap = next(view for view in frames if isinstance(view, Fold))
    assert (len(frames), gap.left_out) == (61, 40)


def test_the_exception_raised_last_is_the_open_one() -> None:
    event = event_of(exception=[raised(frame("a"), type="Cause"), raised(frame("b"))])
    blocks = trace(event).blocks
    assert [(block.type, block.is_open) for block in blocks] == [
        ("Error", True),
        ("Cause", False),
    ]
    oldest = trace(event, Choice(oldest_first=True)).blocks
    assert [block.type for block in oldest] == ["Cause", "Error"]


def test_the_crashed_thread_shows_unless_another_is_asked_for() -> None:
    threads = [
        {"id": "1", "name": "main", "stacktrace": {"frames": [frame("idle")]}},
        {"id": "2", "crashed": True, "stacktrace": {"frames": [frame("boom")]}},
        {"id": "3", "name": "without a stack"},
    ]
    event = event_of(threads={"values": threads})
    found = trace(event)
    assert [thread.id for thread in found.threads] == ["2", "1"]
    assert shown(event) == ["boom"]
    assert trace(event, thread="1").blocks[0].frames[0].function == "idle"  # type: ignore[union-attr]  # No fold of one frame.


def test_no_stack_no_trace() -> None:
    assert trace_of(event_of(message="hello"), NEWEST_FIRST) is None


def test_source_lines_carry_their_numbers() -> None:
    context = {"pre_context": ["a", "b"], "context_line": "c", "post_context": ["d"]}
    event = event_of(exception=[raised(frame("f", **context))], platform="python")
    (view,) = trace(event).blocks[0].frames
    assert isinstance(view, FrameView)
    assert [(line.number, line.is_hit) for line in view.lines] == [
        (5, False),
        (6, False),
        (7, True),
        (8, False),
    ]


def test_raw_text_looks_like_the_platforms_own() -> None:
    call = frame("work", filename="a.py", context_line="  run()")
    event = event_of(exception=[raised(call)], platform="python")
    assert trace(event, Choice(raw=True)).raw == (
        "Traceback (most recent call last):\n"
        '  File "a.py", line 7, in work\n'
        "    run()\n"
        "Error: no"
    )
    event = event_of(
        exception=[raised(frame("work", filename="a.js"))], platform="node"
    )
    raw = trace(event, Choice(raw=True)).raw
    assert raw == "Error: no\n    at work (a.js:7)"


def test_a_long_value_is_cut_and_the_rest_kept_apart() -> None:
    value = row("x", "a" * (CUT_AT + 10))
    assert (len(value.text), len(value.rest), value.left_out) == (CUT_AT, 10, 0)
    assert row("x", "a" * 10**6).left_out > 900_000


def test_breadcrumbs_end_with_the_event_itself() -> None:
    crumbs = [{"category": "console", "message": f"step {i}"} for i in range(20)]
    view = view_of(event_of(breadcrumbs=crumbs, message="the end"))
    assert view.trail.crumbs[-1].message == "the end"
    assert (len(view.trail.crumbs), len(view.trail.earlier)) == (10, 11)


def test_a_message_that_the_title_tells_is_not_repeated() -> None:
    no = {"type": "Error", "value": "no"}
    assert view_of(event_of(message="short")).message == ""
    assert view_of(event_of(message="Error: no", exception=[no])).message == ""
    assert view_of(event_of(message="more", exception=[no])).message == "more"
    assert view_of(event_of(message="a\nb")).message == "a\nb"
    entry = {"message": "%s failed", "params": ["x"]}
    assert view_of(event_of(logentry=entry)).message == "x failed"


def test_a_request_in_the_trail_is_one_line() -> None:
    data = {"method": "GET", "url": "http://x.example/", "status_code": 409}
    crumb = {"type": "http", "category": "http", "data": data}
    (first, _) = view_of(event_of(breadcrumbs=[crumb], message="m")).trail.crumbs
    assert (first.message, first.data) == ("GET http://x.example/ → 409", "")


def trail(chosen: str) -> tuple[list[str], str]:
    crumbs = [
        {"category": "console", "level": "error", "message": "a"},
        {"category": "http.client", "level": "info", "message": "b"},
    ]
    found = view_of(event_of(breadcrumbs=crumbs, message="end"), chosen).trail
    return [crumb.message for crumb in found.crumbs], found.chosen


@pytest.mark.parametrize(
    ("chosen", "messages", "name"),
    [
        ("", ["a", "b", "end"], ""),
        ("level:error", ["a", "end"], "error"),
        ("type:http", ["b", "end"], "http"),
        ("type:nothing", ["a", "b", "end"], ""),
        ("<script>", ["a", "b", "end"], ""),
    ],
)
def test_breadcrumbs_of_one_kind_keep_the_event_at_their_end(
    chosen: str, messages: list[str], name: str
) -> None:
    assert trail(chosen) == (messages, name)


def test_what_is_nested_opens_step_by_step() -> None:
    value = row("order", {"id": 1, "lines": [{"sku": "x" * 90}, 2], "note": "n" * 80})
    names = [inner.name for inner in value.inner]
    assert names == ["id", "lines", "note"]
    assert value.inner[1].inner[0].inner[0].text == "x" * 90
    assert row("short", {"id": 1}).inner == []


def test_what_is_nested_is_bounded() -> None:
    def size(value: Value) -> int:
        return 1 + sum(map(size, value.inner))

    deep: object = "end"
    for _ in range(50):
        deep = [deep, "x" * 100]
    wide = {str(i): ["y" * 100] * 50 for i in range(1000)}
    for held in (deep, wide):
        assert size(row("x", held)) <= 100
    assert row("x", wide).more == 1000 - len(row("x", wide).inner)


def grouped(id_: int, parent: int | None, type: str, **fields: Any) -> dict[str, Any]:
    mechanism = {"type": "chained", "exception_id": id_, **fields}
    if parent is not None:
        mechanism["parent_id"] = parent
    return {**raised(frame(f"f{id_}"), type=type), "mechanism": mechanism}


def test_a_group_of_exceptions_is_a_tree() -> None:
    event = event_of(
        platform="python",
        exception=[
            grouped(3, 2, "KeyError", source="__cause__"),
            grouped(2, 0, "OSError", source="exceptions[1]"),
            grouped(1, 0, "ValueError", source="exceptions[0]"),
            grouped(0, None, "ExceptionGroup", is_exception_group=True),
        ],
    )
    found = trace(event)
    assert [(b.type, b.relation.value, b.depth) for b in found.blocks] == [
        ("ExceptionGroup", "", 0),
        ("ValueError", "member", 1),
        ("OSError", "member", 1),
        ("KeyError", "cause", 1),
    ]
    assert found.is_tree


@pytest.mark.parametrize("parent", [0, 1, 7])
def test_a_tree_that_bites_its_tail_is_shown(parent: int) -> None:
    values = [
        grouped(i, parent, "E", is_exception_group=True, source="exceptions[0]")
        for i in (0, 1)
    ]
    assert len(trace(event_of(exception=values)).blocks) == 2


def test_a_page_shows_so_much_source_and_no_more() -> None:
    calls = [
        frame(f"f{i}", context_line="x" * 500, vars={"a": "y" * 4000})
        for i in range(50)
    ]
    event = event_of(exception=[raised(*calls) for _ in range(5)])
    blocks = trace(event).blocks
    assert [block.has_bare for block in (blocks[0], blocks[-1])] == [False, True]


@pytest.mark.parametrize(
    ("size", "told"),
    [(17_179_869_184, "16.0 GiB"), (900, "900 B"), (-1, "-1 B"), ("many", "many")],
)
def test_sizes_of_memory_are_told_in_units(size: object, told: str) -> None:
    event = event_of(contexts={"device": {"memory_size": size, "cores": 4}})
    (section,) = view_of(event).contexts
    assert [value.text for value in section.rows] == [told, "4"]


def test_curl_quotes_what_a_shell_would_run() -> None:
    request = {
        "url": "http://x.example/$(reboot)",
        "method": "POST",
        "headers": {"X-A": "'; rm -rf / #", "Content-Length": "3"},
        "data": "a\nb",
    }
    found = view_of(event_of(request=request)).request
    assert found is not None
    assert found.curl == (
        "curl -X POST -H 'X-A: '\"'\"'; rm -rf / #' --data-raw 'a\nb' "
        "'http://x.example/$(reboot)'"
    )


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://x/", "//x", "http://a\u202e"],
)
def test_only_web_addresses_become_links(url: str) -> None:
    found = view_of(event_of(request={"url": url})).request
    assert found is None or found.href == ""


def test_the_user_chip_searches_by_what_counts_users() -> None:
    chip = view_of(event_of(user={"email": "a@b.example", "username": "a b"})).user_chip
    assert chip is not None
    assert chip.query == "user:email:a@b.example"
    named = view_of(event_of(user={"username": "a b"})).user_chip
    assert named is not None
    assert named.query == 'user:"username:a b"'


def test_a_fence_is_longer_than_any_run_of_backticks() -> None:
    assert fenced("a ```` b").startswith("`````\n")
    assert fenced("plain").startswith("```\n")


def test_highlighting_loses_no_text() -> None:
    lines = ["def f(x):", '    """doc', "    more", '    """', "", "\treturn f'{x}'"]
    for filename, platform in (("a.py", ""), ("x", "node"), ("x", "unknown")):
        cut = highlight(lines, filename=filename, platform=platform)
        assert ["".join(text for text, _ in line) for line in cut] == lines


def test_minified_code_is_left_plain() -> None:
    (line,) = highlight(["var a=1;" * 200], filename="a.js", platform="")
    assert [style for _, style in line] == [""]


@pytest.mark.parametrize("cookies", ["[Filtered]", [["[Filtered]", "[Filtered]"]]])
def test_cookies_that_were_filtered_whole_are_one_word(cookies: Any) -> None:
    event = event_of(request={"url": "https://x.example/"})
    event["request"]["cookies"] = cookies
    found = view_of(event).request
    assert found is not None
    assert [one.text for one in found.rows if one.name == "Cookies"] == ["[Filtered]"]
