"""Exceptions, frames, threads and breadcrumbs in all their forms."""

from __future__ import annotations

from typing import Any

import pytest

from issues.event import Exception_, Frame
from tests.unit.events import RECEIVED_AT, event_of


def values_of(exception: object, **fields: Any) -> list[Exception_]:
    return event_of(exception=exception, **fields)["exception"]["values"]


def frames_of(frames: object, platform: str = "python") -> list[Frame]:
    exception = {"type": "E", "stacktrace": {"frames": frames}}
    (value,) = values_of([exception], platform=platform)
    return value["stacktrace"]["frames"]


@pytest.mark.parametrize(
    "form",
    [
        {"values": [{"type": "E", "value": "v"}]},
        {"values": [None, {"type": "E", "value": "v"}]},
        [{"type": "E", "value": "v"}, None],
        {"type": "E", "value": "v"},
    ],
)
def test_exceptions_come_in_three_forms(form: object) -> None:
    assert values_of(form) == [{"type": "E", "value": "v"}]


def test_old_interfaces_are_read() -> None:
    trace = {"frames": [{"function": "f", "filename": "a.py"}]}
    event = event_of(
        {
            "sentry.interfaces.Exception": {
                "type": "E",
                "sentry.interfaces.Stacktrace": trace,
            },
            "sentry.interfaces.User": {"id": 1},
            "sentry.interfaces.Http": {"url": "http://x/"},
        }
    )
    (value,) = event["exception"]["values"]
    assert value["stacktrace"]["frames"][0]["function"] == "f"
    assert event["user"]["id"] == "1"
    assert event["request"]["url"] == "http://x/"


def test_a_new_field_wins_over_its_old_form() -> None:
    event = event_of({"sentry.interfaces.User": {"id": 1}, "user": {"id": 2}})
    assert event["user"]["id"] == "2"


def test_a_value_may_be_anything() -> None:
    (value,) = values_of([{"type": "E", "value": {"code": 7}}])
    assert value["value"] == '{"code":7}'
    assert values_of([{"type": "E", "value": 7}])[0]["value"] == "7"


def test_a_type_may_stand_in_the_value() -> None:
    assert values_of([{"value": "OSError: no device"}]) == [
        {"type": "OSError", "value": "no device"}
    ]
    assert values_of([{"value": "just: this"}])[0].get("type") == "just"


def test_an_exception_of_nothing_is_set_aside() -> None:
    event = event_of(exception=[{}, {"type": "E"}])
    assert len(event["exception"]["values"]) == 1
    assert event["errors"][0]["type"] == "missing_attribute"


def test_the_events_trace_goes_to_its_only_exception() -> None:
    trace = {"frames": [{"function": "f", "filename": "a.py"}]}
    event = event_of(exception=[{"type": "E"}], stacktrace=trace)
    assert "stacktrace" in event["exception"]["values"][0]
    assert "stacktrace" not in event
    assert "stacktrace" in event_of(message="x", stacktrace=trace)


def test_mechanisms_have_a_type_and_numbers_in_the_tree() -> None:
    (value,) = values_of(
        [{"type": "E", "mechanism": {"handled": None, "exception_id": "3", "data": {}}}]
    )
    assert value["mechanism"] == {"type": "generic", "exception_id": 3}


def test_a_mechanism_beside_the_values_belongs_to_the_last() -> None:
    form = {"values": [{"type": "E"}], "mechanism": {"type": "onerror"}}
    assert values_of(form)[0]["mechanism"] == {"type": "onerror"}


# Frames.


def test_well_formed_frames_stay_as_they_are() -> None:
    frame = {
        "filename": "a.py",
        "abs_path": "/srv/a.py",
        "function": "f",
        "module": "a",
        "lineno": 3,
        "pre_context": ["a", "b"],
        "context_line": "c",
        "post_context": [],
        "vars": {"x": "1", "y": None},
        "in_app": True,
    }
    assert frames_of([dict(frame), dict(frame)]) == [frame, frame]


def test_odd_frames_are_read_field_by_field() -> None:
    (frame,) = frames_of(
        [
            {
                "abs_path": "https://x.org/assets/app.js?v=1",
                "function": 7,
                "lineno": "12",
                "colno": -1,
                "pre_context": [None, "b", 5],
                "vars": ["a", {"b": 1}],
                "in_app": None,
                "module": None,
                "surprise": 1,
            }
        ],
        "javascript",
    )
    assert frame == {
        "abs_path": "https://x.org/assets/app.js?v=1",
        "filename": "/assets/app.js",
        "function": "7",
        "lineno": 12,
        "pre_context": ["", "b", "5"],
        "vars": {"0": "a", "1": {"b": 1}},
    }


@pytest.mark.parametrize("odd", [None, 7, {}, {"function": None}])
def test_frames_of_nothing_are_left_out(odd: object) -> None:
    good = {"function": "f", "filename": "a.py", "in_app": True}
    assert frames_of([odd, good, odd]) == [good]


def test_frames_of_several_shapes_may_mix() -> None:
    plain = {"function": "f", "filename": "a.py", "in_app": True}
    found = frames_of([plain, {**plain, "lineno": 3}, {**plain, "function": "g" * 300}])
    assert [len(frame["function"]) for frame in found] == [1, 1, 256]
    assert found[1]["lineno"] == 3


def test_a_frame_may_stand_alone() -> None:
    assert frames_of({"function": "f", "filename": "a.py"})[0]["function"] == "f"


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("python", {"abs_path": "/venv/lib/python3.11/site-packages/x/a.py"}),
        ("python", {"abs_path": "/usr/lib/python3.12/threading.py"}),
        ("python", {"abs_path": "C:\\Python311\\lib\\threading.py"}),
        ("python", {"filename": "<frozen runpy>"}),
        ("node", {"filename": "/srv/node_modules/express/lib/router.js"}),
        ("node", {"filename": "node:internal/timers"}),
        ("java", {"module": "java.util.ArrayList"}),
        ("csharp", {"module": "System.Threading.Tasks.Task"}),
        ("go", {"module": "net/http"}),
        ("ruby", {"abs_path": "/usr/lib/ruby/gems/3.2.0/gems/rack-2/lib/rack.rb"}),
        ("php", {"filename": "/srv/vendor/symfony/Kernel.php"}),
        ("native", {"package": "/usr/lib/libc.so.6"}),
        ("rust", {"function": "core::panicking::panic_fmt"}),
        ("dart", {"abs_path": "package:flutter/src/widgets.dart"}),
        ("other", {"platform": "java", "module": "java.util.ArrayList"}),
    ],
)
def test_frames_of_libraries_are_not_of_the_app(
    platform: str, place: dict[str, Any]
) -> None:
    unsaid = {"function": "f", "filename": "x", **place}
    said = {**unsaid, "in_app": True}
    assert [f.get("in_app") for f in frames_of([unsaid], platform)] == [False]
    assert [f.get("in_app") for f in frames_of([said], platform)] == [True]


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("python", {"abs_path": "/srv/app/shop/cart.py", "module": "shop.cart"}),
        ("node", {"filename": "/srv/app/cart.js"}),
        ("java", {"module": "org.iot.Hub"}),
        ("csharp", {"module": "Systematic.Orders"}),
        ("go", {"module": "github.com/acme/shop"}),
        ("php", {"filename": "/srv/src/Cart.php"}),
    ],
)
def test_of_other_frames_nothing_is_said(platform: str, place: dict[str, Any]) -> None:
    (frame,) = frames_of([{"function": "f", "filename": "x", **place}], platform)
    assert "in_app" not in frame


def test_the_newest_250_frames_stay_and_50_with_details() -> None:
    frames = [
        {
            "function": f"f{number}",
            "filename": "a.py",
            "in_app": number % 2 == 0,
            "vars": {"n": "1"},
            "pre_context": ["x"],
            "context_line": "y",
            "post_context": [],
        }
        for number in range(999)
    ]
    kept = frames_of(frames)
    assert [kept[0]["function"], kept[-1]["function"]] == ["f749", "f998"]
    detailed = [frame for frame in kept if "vars" in frame]
    assert len(detailed) == 50
    assert {frame["function"] for frame in detailed} >= {"f750", "f998"}
    assert all("context_line" in frame for frame in kept)


# Threads.


def test_threads_have_text_ids_and_traces() -> None:
    trace = {"frames": [{"function": "f", "filename": "a.py", "in_app": True}]}
    event = event_of(threads=[{"id": 5, "crashed": True, "stacktrace": trace}, None])
    assert event["threads"]["values"] == [
        {"id": "5", "crashed": True, "stacktrace": trace}
    ]


# Breadcrumbs.


@pytest.mark.parametrize("form", ["values", "list", "object"])
def test_breadcrumbs_come_in_three_forms(form: str) -> None:
    crumb = {"message": "m", "timestamp": 1_795_000_000.5}
    sent = {"values": {"values": [crumb]}, "list": [crumb], "object": crumb}[form]
    kept = event_of(timestamp=1_795_435_000, breadcrumbs=sent)["breadcrumbs"]["values"]
    assert [(c["message"], c["timestamp"]) for c in kept] == [("m", 1_795_000_000.5)]


def test_breadcrumbs_are_made_fit() -> None:
    sent = [
        {
            "ty": "http",
            "level": "critical",
            "message": {"a": 1},
            "data": {"x": "y" * 3000},
        },
        {
            "category": None,
            "level": "odd",
            "data": {"a": {"b": {"c": {"d": {"e": 1}}}}},
        },
        {"timestamp": RECEIVED_AT.isoformat(), "message": "m", "data": {"n": 1}},
    ]
    first, second, third = event_of(breadcrumbs=sent)["breadcrumbs"]["values"]
    assert (first["type"], first["level"], first["message"]) == (
        "http",
        "fatal",
        '{"a":1}',
    )
    assert len(first["data"]["x"]) < 2100
    assert second["level"] == "info"
    assert "category" not in second
    assert third == {
        "timestamp": RECEIVED_AT.timestamp(),
        "message": "m",
        "data": {"n": 1},
    }


def test_the_newest_hundred_breadcrumbs_stay() -> None:
    sent = [{"message": str(number)} for number in range(150)]
    kept = event_of(breadcrumbs=sent)["breadcrumbs"]["values"]
    assert [kept[0]["message"], kept[-1]["message"]] == ["50", "149"]
