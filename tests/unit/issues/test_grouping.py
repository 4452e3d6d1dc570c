"""Which events are one issue: the axes of grouping, and what it tells of itself."""

from __future__ import annotations

from typing import Any

import pytest

from issues.grouping import Part, group
from tests.unit.events import error, event_of, frame, hash_of


def call(function: str, module: str = "shop.cart", **fields: Any) -> dict[str, Any]:
    """A frame as the Python SDK sends it."""
    path = module.replace(".", "/") + ".py"
    usual = {
        "module": module,
        "filename": path,
        "abs_path": f"/srv/app/{path}",
        "context_line": f"    return {function}(order)",
    }
    return frame(function, **{**usual, **fields})


def library(function: str, package: str, **fields: Any) -> dict[str, Any]:
    path = f"/venv/lib/python3.11/site-packages/{package}.py"
    return call(function, package, **{"abs_path": path, "in_app": False, **fields})


def test_a_hash_has_16_bytes_and_a_version() -> None:
    grouping = group(event_of(error(call("total"))))
    assert grouping.version == "v1"
    assert [len(digest) for digest in grouping.hashes] == [16]


# What must not split.


def test_lines_folders_and_variables_say_nothing() -> None:
    one = call("total", lineno=7, abs_path="/srv/releases/1/cart.py", vars={"a": "1"})
    other = call("total", lineno=90, abs_path="/srv/releases/2/cart.py")
    assert hash_of(error(one)) == hash_of(error(other))


def test_what_the_event_was_about_says_nothing() -> None:
    plain = error(call("total"))
    rich = plain | {
        "user": {"id": 7},
        "tags": {"a": "b"},
        "transaction": "/orders/7",
        "environment": "test",
        "breadcrumbs": [{"message": "x"}],
    }
    assert hash_of(plain) == hash_of(rich)


def test_the_value_says_nothing_beside_a_stack() -> None:
    one = error(call("total"), value="badge maria is not allowed")
    other = error(call("total"), value="badge 17 is not allowed")
    assert hash_of(one) == hash_of(other)


def test_frames_of_libraries_say_nothing_beside_the_apps() -> None:
    one = error(library("run", "celery.app"), call("total"))
    other = error(library("go", "celery.worker"), call("total"))
    assert hash_of(one) == hash_of(other)


def test_an_sdk_that_calls_all_frames_the_apps_did_not_look() -> None:
    one = error(library("run", "celery.app", in_app=True), call("total"))
    other = error(library("go", "celery.worker", in_app=True), call("total"))
    assert hash_of(one) == hash_of(other)


def test_without_any_word_of_the_sdk_the_rules_tell_the_apps_frames() -> None:
    unsaid = call("total")
    del unsaid["in_app"]
    one = call("run", "threading", abs_path="/usr/lib/python3.9/threading.py")
    other = call("_run", "threading", abs_path="/usr/local/lib/python3.12/threading.py")
    del one["in_app"], other["in_app"]
    assert hash_of(error(one, unsaid)) == hash_of(error(other, unsaid))


def test_no_word_of_the_sdk_makes_a_runtime_the_apps() -> None:
    own, other = call("total"), library("run", "celery.app")
    old = call("_run_code", "runpy", abs_path="/usr/lib/python3.10/runpy.py")
    new = call(
        "_run_code", "runpy", abs_path="<frozen runpy>", filename="<frozen runpy>"
    )
    hashes = {hash_of(error(*first, other, own)) for first in ([old], [new], [])}
    assert len(hashes) == 1


def test_the_depth_of_recursion_says_nothing() -> None:
    start, end = call("main"), call("fail")
    loop = [call("walk"), call("visit")]
    assert hash_of(error(start, *loop * 3, end)) == hash_of(
        error(start, *loop * 40, end)
    )


def test_an_overflow_is_known_by_what_recurs() -> None:
    loop = [call("walk"), call("visit")]
    one = error(call("main"), *loop * 30, type="RecursionError")
    other = error(*loop * 48, call("walk"), call("__repr__"), type="RecursionError")
    third = error(call("main"), *[call("climb")] * 60, type="RecursionError")
    assert hash_of(one) == hash_of(other) != hash_of(third)


def test_comprehensions_have_a_frame_only_in_old_pythons() -> None:
    line = {"context_line": "    return [price(line) for line in order]"}
    old = error(call("total", **line), call("<listcomp>", **line), call("price"))
    new = error(call("total", **line), call("price"))
    assert hash_of(old) == hash_of(new)


def test_retries_leave_equal_exceptions_in_the_chain() -> None:
    def chain(attempts: int) -> dict[str, Any]:
        failed = {"type": "OSError", "stacktrace": {"frames": [call("send")]}}
        gave_up = {"type": "GaveUp", "stacktrace": {"frames": [call("retry")]}}
        return {"platform": "python", "exception": [*[failed] * attempts, gave_up]}

    assert hash_of(chain(2)) == hash_of(chain(5))


def test_frames_of_native_and_evaluated_code_say_nothing() -> None:
    url = "https://x.org/app.js"
    ends = [frame("start", filename=url), frame("end", filename=url)]
    plain = error(*ends, platform="javascript")
    for odd in (
        frame("Array.map", filename="<anonymous>"),
        frame("map", filename="[native code]"),
        frame("eval", filename=f"{url} line 3 > eval"),
        frame("eval", filename=f"eval at f ({url}:1:1)"),
        frame("async Promise.all", filename="index 0"),
    ):
        spelt = error(ends[0], odd, ends[1], platform="javascript")
        assert hash_of(spelt) == hash_of(plain)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ChunkLoadError", "Loading chunk 3 failed.\n(missing: https://x.org/3.js)"),
        ("Error", "Loading CSS chunk 12 failed."),
        ("TypeError", "Failed to fetch dynamically imported module: https://x/a.js"),
        ("TypeError", "error loading dynamically imported module: https://x/b.js"),
    ],
)
def test_chunks_that_do_not_load_are_one_family(kind: str, value: str) -> None:
    url = "https://x.org/rt.js"
    payload = error(frame(kind, filename=url), type=kind, value=value)
    usual = error(type="ChunkLoadError", value="Loading chunk 5 failed")
    assert hash_of({**payload, "platform": "javascript"}) == hash_of(
        {**usual, "platform": "javascript"}
    )


# What must split.


@pytest.mark.parametrize(
    "other",
    [
        error(call("total"), type="KeyError"),
        error(call("sum")),
        error(call("total", "shop.order")),
        error(call("main"), call("total")),
        error(call("total", context_line="    return order.lines")),
    ],
)
def test_type_function_module_caller_and_line_say_all(other: dict[str, Any]) -> None:
    assert hash_of(error(call("total"))) != hash_of(other)


def test_the_root_cause_says_something() -> None:
    def chain(kind: str, function: str) -> dict[str, Any]:
        cause = {"type": kind, "stacktrace": {"frames": [call(function)]}}
        outer = {"type": "FlashError", "stacktrace": {"frames": [call("flash")]}}
        return {"platform": "python", "exception": {"values": [cause, outer]}}

    assert hash_of(chain("OSError", "usb")) != hash_of(chain("ValueError", "image"))


def test_without_a_stack_type_and_template_of_the_value_say_all() -> None:
    down = error(value="link 4 down")
    assert hash_of(down) == hash_of(error(value="link 19 down"))
    assert hash_of(down) != hash_of(error(value="link table full"))
    assert hash_of(down) != hash_of(error(type="PortError", value="link 4 down"))


def test_only_library_frames_are_better_than_none() -> None:
    one, other = error(library("run", "celery.app")), error(library("go", "celery.app"))
    assert hash_of(one) != hash_of(other)


def exception_group(*members: str, message: str = "scan") -> dict[str, Any]:
    values: list[dict[str, Any]] = [
        {
            "type": kind,
            "value": f"node {number}",
            "mechanism": {"exception_id": number, "parent_id": 0},
            "stacktrace": {"frames": [call(f"raise_{kind}")]},
        }
        for number, kind in enumerate(members, 1)
    ]
    root = {
        "type": "ExceptionGroup",
        "value": message,
        "mechanism": {"exception_id": 0, "is_exception_group": True},
        "stacktrace": {"frames": [call("gather")]},
    }
    return {"platform": "python", "exception": {"values": [*values, root]}}


def test_a_group_is_known_by_the_kinds_of_its_members() -> None:
    two = exception_group("TimeoutError", "TimeoutError")
    three = exception_group("TimeoutError", "TimeoutError", "TimeoutError")
    assert hash_of(two) == hash_of(three) == hash_of(exception_group("TimeoutError"))
    assert hash_of(two) != hash_of(exception_group("OSError", "OSError"))


def test_the_order_of_a_groups_members_says_nothing() -> None:
    one = exception_group("TimeoutError", "OSError")
    other = exception_group("OSError", "TimeoutError")
    assert hash_of(one) == hash_of(other)
    assert hash_of(one) != hash_of(exception_group("TimeoutError", "KeyError"))


# Messages.


def test_a_template_says_all_and_its_parameters_nothing() -> None:
    def logged(template: str, *params: str) -> dict[str, Any]:
        return {"logentry": {"message": template, "params": list(params)}}

    one = logged("valve %s stuck at %s", "north", "open")
    assert hash_of(one) == hash_of(
        logged("valve %s stuck at %s", "south-2", "half way")
    )
    assert hash_of(one) != hash_of(logged("pump %s stuck at %s", "north", "open"))
    assert hash_of(logged("HTTP 404 for %s", "a")) != hash_of(
        logged("HTTP 500 for %s", "a")
    )


def test_a_message_is_known_by_its_text_without_variables() -> None:
    assert hash_of({"message": "Order 7 lost"}) == hash_of({"message": "Order 9 lost"})
    assert hash_of({"message": "Order 7 lost"}) != hash_of({"message": "Order 7 sent"})


def sent_from(line: str, message: str, function: str = "a") -> dict[str, Any]:
    place = frame(function, module="shop", context_line=line)
    thread = {"current": True, "stacktrace": {"frames": [place]}}
    return {"platform": "python", "message": message, "threads": [thread]}


def test_the_line_that_a_message_is_written_in_says_more_than_its_words() -> None:
    line = 'send(f"{name} has left")'
    one = sent_from(line, "maria has left")
    assert hash_of(one) == hash_of(sent_from(line, "bob has left"))
    assert hash_of(one) != hash_of(sent_from(line, "maria has left", "b"))


def test_a_helper_that_sends_what_it_is_told_says_less_than_the_words() -> None:
    line = "send(message)"
    one = sent_from(line, "Order 7 lost")
    assert hash_of(one) == hash_of(sent_from(line, "Order 9 lost"))
    assert hash_of(one) != hash_of(sent_from(line, "Order 7 sent"))


def test_without_the_line_of_source_the_words_count_too() -> None:
    def sent(message: str) -> dict[str, Any]:
        place = frame("validate", filename="https://x.org/app.js")
        return error(place, type=None, value=message, platform="javascript")

    assert hash_of(sent("7 items")) == hash_of(sent("9 items"))
    assert hash_of(sent("7 items")) != hash_of(sent("7 orders"))


def test_the_crashed_thread_counts() -> None:
    def threads(crashed: str, other: str) -> dict[str, Any]:
        return {
            "platform": "native",
            "threads": [
                {"id": 1, "stacktrace": {"frames": [frame(other)]}},
                {"id": 2, "crashed": True, "stacktrace": {"frames": [frame(crashed)]}},
            ],
        }

    assert hash_of(threads("poll", "wait")) == hash_of(threads("poll", "sleep"))
    assert hash_of(threads("poll", "wait")) != hash_of(threads("push", "wait"))


def test_policy_reports_are_known_by_directive_and_host() -> None:
    def report(directive: str, blocked: str) -> str:
        page = "https://iot.example.org/"
        sent = {"document-uri": page, "effective-directive": directive}
        return hash_of({"csp-report": {**sent, "blocked-uri": blocked}})

    font = report("font-src", "https://f.example.net/a.woff")
    assert font == report("font-src", "https://www.f.example.net:444/b.woff?x=1")
    assert font != report("media-src", "https://f.example.net/a.woff")
    assert font != report("font-src", "https://g.example.net/a.woff")
    blob = report("img-src", "blob:https://iot.example.org/1f0c2a3b")
    assert blob == report("img-src", "blob")
    assert report("font-src", "inline") != report("font-src", "eval")


def test_events_that_say_nothing_are_one() -> None:
    assert hash_of({"level": "error"}) == hash_of({"platform": "python"})


# What it tells of itself.


def flattened(part: Part) -> list[Part]:
    return [part, *(below for child in part.parts for below in flattened(child))]


def test_each_frame_has_its_part_with_the_reason() -> None:
    frames = [library("run", "celery.app"), call("walk"), call("walk"), call("total")]
    (part,) = group(event_of(error(*frames))).parts
    (stack,) = [child for child in part.parts if child.component == "stacktrace"]
    assert [bool(child.hint) for child in stack.parts] == [True, False, True, False]
    assert "package" in stack.parts[0].hint
    assert "repeats" in stack.parts[2].hint
    assert stack.parts[3].values == ("shop.cart", "total", "return total(order)")


def test_the_value_says_why_it_does_not_count() -> None:
    (part,) = group(event_of(error(call("total")))).parts
    (value,) = [child for child in part.parts if child.component == "value"]
    assert not value.contributes
    assert value.hint


def test_beside_a_fingerprint_the_parts_say_that_they_do_not_count() -> None:
    grouping = group(event_of(error(call("total"), fingerprint=["a"])))
    assert [part.contributes for part in grouping.parts] == [True, False]


def test_parts_are_json() -> None:
    shown = group(event_of(error(call("total")))).parts_as_json()
    assert shown[0]["component"] == "exception"
    assert shown[0]["parts"][0] == {
        "component": "type",
        "values": ["ValueError"],
        "contributes": True,
    }


def test_grouping_leaves_the_event_as_it_is() -> None:
    event = event_of(error(call("total"), fingerprint=["{{ default }}", "a"]))
    before = repr(event)
    group(event)
    assert repr(event) == before
