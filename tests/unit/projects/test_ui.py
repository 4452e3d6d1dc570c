"""Numbers, ages and bars as pages show them."""

from __future__ import annotations

import doctest

import pytest

from projects import ui


def test_the_examples_of_the_docstrings() -> None:
    assert doctest.testmod(ui).failed == 0


@pytest.mark.parametrize("n", [0, 1, 999, 12_345, 10**7])
def test_a_compact_number_has_at_most_three_digits(n: int) -> None:
    assert sum(character.isdigit() for character in ui.compact(n)) <= 3


def test_a_bucket_that_is_not_empty_shows_beside_a_high_one() -> None:
    drawn = ui.spark([0, 1, 100_000], width=160, height=28, gap=2)
    assert drawn.bars == "M80 28v-2M134 28v-28"


def test_a_sparkline_of_nothing_is_drawn_too() -> None:
    assert ui.spark([], width=160, height=28, gap=2).highest == 0
    assert ui.bars([], top=0, width=100, height=10, gap=1) == ""


@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\u200b", "\x1b", "\u2066"])
def test_nothing_hides_in_text(hidden: str) -> None:
    assert hidden not in ui.visible(f"a{hidden}b")
    assert f"U+{ord(hidden):04X}" in ui.visible(f"a{hidden}b")


def test_ordinary_text_stays_as_it_is() -> None:
    for text in ("naïve café", "支付失败 🚀", "a\tb\nc", "ن م", ""):
        assert ui.visible(text) == text
