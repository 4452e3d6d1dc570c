"""Short ids: what encode gives, decode reads."""

from __future__ import annotations

import doctest

import pytest

from issues import cursors, search, shortid


@pytest.mark.parametrize("number", [1, 31, 32, 1023, 1024, 2**31 - 1])
def test_a_short_id_leads_back_to_its_issue(number: int) -> None:
    assert shortid.decode(shortid.encode("my-shop", number)) == ("my-shop", number)


@pytest.mark.parametrize(
    "text", ["", "shop", "-1", "shop-", "shop-U", "shop-0", "a b-1", "shop-ZZZZZZZZZ"]
)
def test_other_text_is_no_short_id(text: str) -> None:
    assert shortid.decode(text) is None


@pytest.mark.parametrize("module", [shortid, search, cursors])
def test_the_examples_of_the_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
