"""Pages hold nothing that the content policy forbids, and escape what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("alerts", "errtrack", "ingest", "issues", "monitors", "projects", "releases")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

FORBIDDEN = {
    "inline script": r"<script(?![^>]*\bsrc=)[^>]*>",
    "inline style": r"<style\b|\sstyle=",
    "inline handler": r"\son[a-z]+=|\shx-on",
    "script address": r"javascript:",
    "escaping off": r"\|\s*safe(seq)?\b|{%\s*autoescape\s+off",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_hold_no_script_style_or_raw_text(path: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    found = [what for what, seen in FORBIDDEN.items() if re.search(seen, text, re.I)]
    assert found == []


def test_only_tag_libraries_make_markup() -> None:
    """Text becomes markup in few places, which escape what they are given."""
    makers = {
        name_of(path)
        for path in SOURCES
        if re.search(r"\bmark_safe\b|\bSafeString\(", path.read_text())
    }
    assert {name for name in makers if "/templatetags/" not in name} == set()
