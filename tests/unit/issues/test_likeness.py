"""How alike two issues are, by what they are called and grouped by."""

from __future__ import annotations

from typing import Any

import pytest

from issues.grouping import group
from issues.likeness import Traits, likeness, traits, words_of
from issues.presentation.likeness import alike
from tests.unit.events import error, event_of, frame

TOTAL = frame("total", module="shop.cart")
ADD = frame("add", module="shop.cart")


def traits_of(payload: dict[str, Any], culprit: str = "") -> Traits:
    event = event_of(payload)
    (exception,) = event["exception"]["values"]
    parts = group(event).parts_as_json()
    return traits(
        type=exception["type"], value=exception["value"], culprit=culprit, parts=parts
    )


def test_an_issue_is_wholly_like_itself() -> None:
    one = traits_of(error(TOTAL, value="no such item"), "shop.cart in total")
    assert likeness(one, one).score == 100


def test_what_is_shared_is_told_in_words() -> None:
    one = traits_of(error(TOTAL, ADD, value="no item 17 here"), "a")
    other = traits_of(error(TOTAL, value="no item 99 there"), "a")
    told = alike(likeness(one, other))
    assert told == [
        "1 of 2 frames that count",
        "the same type",
        "the same place",
        "words: item",
    ]


def test_strangers_have_nothing_in_common() -> None:
    one = traits_of(error(TOTAL, type="KeyError", value="left"), "a")
    other = traits_of(error(ADD, type="OSError", value="right"), "b")
    assert likeness(one, other).score == 0
    assert alike(likeness(one, other)) == []


def test_the_more_is_shared_the_higher_the_score() -> None:
    one = traits_of(error(TOTAL, ADD), "a")
    near, far = traits_of(error(TOTAL, ADD), "b"), traits_of(error(TOTAL), "b")
    assert likeness(one, near).score > likeness(one, far).score > 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("user 17 not found", ["user", "not", "found"]),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is gone", ["gone"]),
        ("", []),
    ],
)
def test_variable_data_is_no_word(value: str, words: list[str]) -> None:
    assert words_of(value) == words
