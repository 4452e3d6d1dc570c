"""What is told of a grouping: one sentence, each part, and what separates two."""

from __future__ import annotations

from typing import Any

import pytest

from issues.grouping import Part, group
from issues.grouping.comparison import Comparison, compare
from issues.grouping.v1 import library
from issues.presentation import why
from tests.unit.events import error, event_of, frame
from tests.unit.issues.test_grouping_stacks import ONE_TRACE

OWN = frame("total", module="shop.cart", filename="shop/cart.py")
SUM = frame("sum", module="shop.cart", filename="shop/cart.py")
LIBRARY = frame("run", module="celery.app", filename="celery/app.py", in_app=False)


def parts_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return group(event_of(payload)).parts_as_json()


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (error(LIBRARY, OWN), "by one frame of 2 of its stack trace"),
        (error(OWN, SUM, LIBRARY), "by 2 frames of 3 of its stack trace"),
        (error(), "by the type and the text of the exception"),
        (error(*[OWN, SUM] * 9, type="RecursionError"), "functions that recur"),
        (error(OWN, fingerprint=["a"]), "by the fingerprint that the SDK sent"),
        ({"checksum": "a"}, "by the checksum"),
        ({"message": "x"}, "by the text of the message"),
        ({"message": "x", "stacktrace": {"frames": [OWN]}}, "and by its text"),
        ({}, "nothing to group by"),
    ],
)
def test_one_sentence_says_what_counts(payload: dict[str, Any], sentence: str) -> None:
    assert sentence in why.summary(parts_of(payload))


def test_what_lies_in_a_part_that_does_not_count_does_not_count() -> None:
    told = why.reasons(parts_of(error(OWN, fingerprint=["a"])))
    assert [one.name for one in told if one.counts] == ["Fingerprint"]
    assert {one.name for one in told if not one.counts} >= {"Exception", "Frame"}


def test_each_reason_can_be_translated() -> None:
    known = why._HINTS
    constants = (value for name, value in vars(library).items() if name.isupper())
    words = [value for value in constants if isinstance(value, str)]
    assert {f"it belongs to {word}" for word in words} <= known
    traces = (payload for forms in ONE_TRACE.values() for payload in forms)
    for payload in traces:
        told = why.reasons(parts_of(payload))
        assert {one.hint for one in told if one.hint} <= known


def compared(one: dict[str, Any], other: dict[str, Any]) -> Comparison:
    return compare(*(group(event_of(payload)).parts for payload in (one, other)))


@pytest.mark.parametrize(
    ("one", "other", "component", "sentence"),
    [
        (error(OWN), error(SUM), "frame", "differ first in this part: Frame"),
        (error(OWN), error(OWN, type="KeyError"), "type", "this part: Type"),
        (error(SUM, OWN), error(OWN), "frame", "Only one of them has this part: Frame"),
        ({"message": "a"}, {"message": "b"}, "message", "this part: Message"),
        (error(OWN), {"message": "a"}, "type", "Only one of them"),
        (error(OWN), error(OWN, fingerprint=["a"]), "fingerprint", "Only one"),
        (
            error({**LIBRARY, "in_app": True}, {**OWN, "in_app": False}, SUM),
            error({**LIBRARY, "in_app": True}, {**OWN, "in_app": True}, SUM),
            "frame",
            "counts in only one of them: Frame",
        ),
    ],
)
def test_the_first_part_that_separates_is_found(
    one: dict[str, Any], other: dict[str, Any], component: str, sentence: str
) -> None:
    found = compared(one, other)
    assert found.first is not None
    row = found.rows[found.first]
    side = row.left or row.right
    assert side is not None
    assert side.component == component
    assert sentence in why.difference(found)


def test_equal_groupings_are_told_as_equal() -> None:
    found = compared(error(OWN), error(OWN, value="other words"))
    assert found.first is None
    assert "same parts" in why.difference(found)


def test_parts_survive_their_json() -> None:
    parts = group(event_of(error(LIBRARY, OWN))).parts
    assert tuple(Part.from_json(part.as_json()) for part in parts) == parts


def test_the_kind_of_data_in_a_message_separates_nothing() -> None:
    one, other = {"message": "Order 7 lost"}, {"message": "Order 3f2a9c1d lost"}
    assert compared(one, other).first is None


def test_the_trace_of_a_crashed_thread_is_counted_in_the_sentence() -> None:
    stack = {"frames": [OWN, LIBRARY]}
    threads = {"values": [{"id": 1, "crashed": True, "stacktrace": stack}]}
    sentence = why.summary(parts_of(error(threads=threads)))
    assert "by one frame of 2 of its stack trace" in sentence
