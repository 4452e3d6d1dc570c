from __future__ import annotations

import doctest

from projects import moments


def test_the_examples_of_the_docstrings() -> None:
    assert doctest.testmod(moments).failed == 0
