"""Names are what they look like."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from projects.naming import check_name


@pytest.mark.parametrize(
    "name",
    [
        "Shop",
        "商店 2",
        "متجر",
        "\u0645\u06cc\u200c\u062e",
        "\U0001f469\u200d\U0001f4bb",
        "<b>&",
        "C++",
    ],
)
def test_names_of_every_script_are_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["a\x07b", "a\nb", "a\x7f", "invoice\u202egpj", "a\u2066b", "a\ufeffb", "a\u2028b"],
)
def test_what_hides_or_turns_text_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="no control characters"):
        check_name(name)


@pytest.mark.parametrize("name", ["", " ", "\u3000", "\u200d", "\u3164", "\u0301"])
def test_names_without_anything_to_see_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="something to see"):
        check_name(name)
