"""Text can be read on every ground, in both themes (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "app.css"
GROUNDS = ("surface", "bg", "sunken", "hover", "accent-tint")
TEXTS = ("text", "text-2", "text-3", "accent", "error", "warning", "ok", "fatal")
# Edges of inputs and bars of graphs.
MARKS = ("edge", "bar")
TINTED = ("ok", "error", "warning", "info", "fatal")


def _tokens() -> dict[str, tuple[str, str]]:
    """Each colour as it is in the light and in the dark theme."""
    found = re.findall(r"--([\w-]+):light-dark\((#\w+),(#\w+)\)", CSS.read_text())
    return {name: (light, dark) for name, light, dark in found}


TOKENS = _tokens()


def _luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [*itertools.product(TEXTS, GROUNDS), *((name, f"{name}-tint") for name in TINTED)],
)
def test_text_stands_out(text: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), [*itertools.product(MARKS, GROUNDS)])
def test_marks_stand_out(mark: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(TOKENS[mark][theme], TOKENS[ground][theme]) >= 3


@pytest.mark.parametrize("name", ["accent-solid", "ok-solid"])
def test_white_stands_out_on_buttons(name: str) -> None:
    for colour in TOKENS[name]:
        assert contrast("#fff", colour) >= 4.5
