"""What a first visit loads stays small."""

from __future__ import annotations

import gzip
from pathlib import Path

import django_htmx

STATIC = Path(__file__).parents[2] / "static"
HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
MAX_CSS_BYTES = 20 * 1024
MAX_SCRIPT_BYTES = 30 * 1024


def packed(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_the_stylesheet_is_small() -> None:
    assert packed(STATIC / "app.css") <= MAX_CSS_BYTES


def test_the_scripts_are_small() -> None:
    assert packed(STATIC / "app.js", STATIC / "list.js", HTMX) <= MAX_SCRIPT_BYTES
