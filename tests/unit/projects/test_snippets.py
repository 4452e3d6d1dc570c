"""The set-up steps of every platform."""

import re

import pytest

from projects.platforms import PLATFORMS, Platform
from projects.snippets import (
    families,
    name_of,
    platform_named,
    siblings,
    steps_for,
)

DSN = "https://0123456789abcdef0123456789abcdef@errors.example.com/prefix/42"

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.slug)


@each_platform
def test_code_holds_the_dsn_or_its_parts_and_no_placeholder(platform: Platform) -> None:
    code = "\n".join(step.code for step in steps_for(platform, DSN))
    assert DSN in code or "https://errors.example.com/prefix/api/42/" in code
    assert not re.search(r"\{[A-Z]+\}", code)


@each_platform
def test_highlighted_pieces_are_the_code(platform: Platform) -> None:
    for step in steps_for(platform, DSN):
        assert "".join(text for _kind, text in step.pieces) == step.code


def test_python_snippets_compile() -> None:
    for platform in siblings(platform_named("django")):
        for step in steps_for(platform, DSN)[1:]:
            compile(step.code, step.file, "exec")


def test_slugs_are_unique() -> None:
    slugs = [platform.slug for platform in PLATFORMS]
    assert len(set(slugs)) == len(slugs)


def test_each_platform_is_reached_by_the_picker() -> None:
    reached = {
        slug
        for family in families()
        for slug in [family.slug, *(other.slug for other in siblings(family))]
    }
    assert reached == {platform.slug for platform in PLATFORMS}


def test_an_unknown_platform_shows_the_first() -> None:
    assert platform_named("cobol") is PLATFORMS[0]
    assert name_of("cobol") == "cobol"
