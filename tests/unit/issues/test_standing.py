"""What frames are told to do for the grouping, by rules and without."""

from __future__ import annotations

from typing import Any

from issues.grouping.rules.compiled import compile_rules
from issues.presentation.frameviews import Fold, FrameView
from issues.presentation.stack import Choice, trace_of
from issues.presentation.standing import Explanation
from projects.rules import GroupingTexts
from tests.unit.events import error, event_of, frame

OWN = frame("total", module="shop.cart", filename="shop/cart.py")
LIBRARY = frame("run", module="celery.app", filename="celery/app.py", in_app=False)


def explained(
    payload: dict[str, Any], enhancements: str = "", fingerprinting: str = ""
) -> Explanation:
    texts = GroupingTexts(enhancements=enhancements, fingerprinting=fingerprinting)
    return Explanation(
        event_of(payload), compile_rules(fingerprinting, enhancements), texts
    )


def standings(payload: dict[str, Any], enhancements: str = "") -> list[tuple[Any, ...]]:
    (trace,) = explained(payload, enhancements).exceptions
    return [(one.is_in_app, one.counts, one.reason) for one in trace.frames]


def test_frames_tell_whether_they_count_and_why_not() -> None:
    assert standings(error(LIBRARY, OWN)) == [
        (False, False, "it is not of the app"),
        (True, True, ""),
    ]


def test_a_generated_class_is_not_of_the_app_whatever_the_sdk_says() -> None:
    made = frame("run", module="com.shop.Basket$$Lambda$14", in_app=True)
    (trace,) = explained(error(made, platform="java")).exceptions
    assert [one.is_in_app for one in trace.frames] == [False]


def test_a_rule_takes_a_frame_out_of_the_app_and_is_named_by_its_line() -> None:
    rules = "# ours\n\nmodule:shop.* -app\nmodule:celery.* +app"
    assert standings(error(LIBRARY, OWN), rules) == [
        (True, True, "in app by rule line 4"),
        (False, False, "not in app by rule line 3"),
    ]


def test_a_rule_that_leaves_a_frame_out_is_named_by_its_line() -> None:
    (_, told) = standings(error(OWN, frame("x", module="a.b")), "function:x -group")
    assert told == (True, False, "left out by rule line 1")


def test_where_two_rules_spoke_only_the_last_one_is_named() -> None:
    rules = "module:shop.* +app\nfunction:total -group"
    assert standings(error(OWN), rules) == [
        (True, False, "in app by a rule; left out by rule line 2")
    ]


def test_a_trace_that_does_not_count_says_why_once() -> None:
    (trace,) = explained(error(OWN, fingerprint=["mine"])).exceptions
    assert trace.hint == "the fingerprint that the SDK sent counts instead"
    assert [(one.counts, one.reason) for one in trace.frames] == [(False, "")]


def test_the_members_of_a_group_keep_their_own_frames() -> None:
    def member(id_: int, name: str) -> dict[str, Any]:
        mechanism = {"type": "x", "exception_id": id_, "parent_id": 0}
        made = error(frame(name, module="shop"), type=name, mechanism=mechanism)
        found: dict[str, Any] = made["exception"]["values"][0]
        return found

    root = {"type": "x", "exception_id": 0, "is_exception_group": True}
    group = {"type": "ExceptionGroup", "value": "2", "mechanism": root}
    values = [member(2, "Zed"), member(1, "Abc"), group]
    told = explained({"platform": "python", "exception": {"values": values}})
    assert [[one.counts for one in trace.frames] for trace in told.exceptions] == [
        [True],
        [True],
        [],
    ]


def test_the_fingerprint_rule_that_matched_is_told_with_its_line() -> None:
    rule = "error.type:ValueError -> one"
    told = explained(error(OWN), fingerprinting=f"# first\n{rule}").rule
    assert told is not None
    assert (told.text, told.line) == (rule, 2)


def test_only_the_thread_that_is_grouped_by_counts() -> None:
    threads = [
        {"id": "1", "crashed": True, "stacktrace": {"frames": [OWN]}},
        {"id": "2", "stacktrace": {"frames": [frame("idle", module="shop")]}},
    ]
    event = event_of({"platform": "python", "threads": {"values": threads}})
    told = Explanation(event)
    counts = [
        told.of_trace(thread["stacktrace"]).frames[0].counts
        for thread in event["threads"]["values"]
    ]
    assert counts == [True, False]


def test_what_a_rule_takes_out_of_the_app_is_folded_and_not_opened() -> None:
    calls = [OWN, frame("a", module="vendor.a"), frame("b", module="vendor.b")]
    rules = "module:vendor.* -app"
    texts = GroupingTexts(enhancements=rules)
    event = event_of(error(*calls))
    told = Explanation(event, compile_rules("", rules), texts)
    trace = trace_of(event, Choice(), explanation=told)
    assert trace is not None
    fold, own = trace.blocks[0].frames
    assert isinstance(fold, Fold)
    assert isinstance(own, FrameView)
    assert (own.function, own.is_open, own.counts) == ("total", True, True)
