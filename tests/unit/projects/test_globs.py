"""Patterns match as a shell's do, in time in proportion to the text."""

from __future__ import annotations

import pytest

from projects.globs import BadGlob, check_globs, compile_globs


def matches(pattern: str, text: str) -> bool:
    globs = compile_globs((pattern,))
    return globs is not None and globs.match(text) is not None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*panic*", "a PaNiC\nb"),
        ("a?c", "axc"),
        ("1.2.[!3]", "1.2.4"),
        ("[a-c][c-a]", "BB"),
        (r"\*\[x", "*[x"),
        (r"\d", "D"),
        ("*.{js,ts}", "a.ts"),
        ("{a,b}*{c,d}", "bxc"),
        ("*{a,ab}c", "xabc"),
        ("*a*b*", "xxaxxbxx"),
        ("[]]", "]"),
        ("[!]", "!"),
        ("**", ""),
    ],
)
def test_matches(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("abc", "abcd"),
        ("abc", "xabc"),
        ("a?c", "ac"),
        ("1.2.[!3]", "1.2.3"),
        (r"\*x", "ax"),
        ("a.c", "abc"),
        ("*ab*ab*", "xab"),
        ("a{b,c}", "a"),
        ("", "a"),
    ],
)
def test_does_not_match(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


@pytest.mark.parametrize(
    "pattern", ["a[", "{a", "a}", "{a,b}" * 7, "a" * 513, "{a,{b}}"]
)
def test_what_is_no_pattern_is_told_and_matches_nothing(pattern: str) -> None:
    with pytest.raises(BadGlob):
        check_globs([pattern])
    assert compile_globs((pattern,)) is None


def test_many_stars_take_no_time() -> None:
    assert not matches("*a" * 100 + "b", "a" * 9000)
    assert not matches("*a?c*" * 40 + "b", "a" * 9000)
